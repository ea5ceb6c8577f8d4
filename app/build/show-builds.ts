// Builds as they are shown: one that waits says for whom.
import type { Build } from '#core/build/build.ts'
import type { BuildStore } from '../ports/builds.ts'

export type ShownBuild = Build & { waitingFor?: string[] }

/** The builds that run on the host of one that waits. */
export async function showBuilds(
  builds: readonly Build[],
  { builds: store }: { builds: BuildStore },
): Promise<ShownBuild[]> {
  if (!builds.some(({ state }) => state === 'waiting')) return [...builds]
  const running = await store.list({ states: ['running'] })
  return builds.map((build) => {
    if (build.state !== 'waiting') return build
    // it may have begun itself between the two looks
    const others = running.filter(({ host, id }) => host === build.host && id !== build.id)
    const before = others.map(({ id }) => id)
    return before.length > 0 ? { ...build, waitingFor: before } : build
  })
}
