// What a build has left running because its host was out of reach when it ended.
import { isOver } from '#core/build/build.ts'
import type { JobData } from '#core/jobs.ts'
import type { BuildNeeds } from './needs.ts'
import { openWork } from './open-work.ts'

/** The `stop` job; may be run again. @throws what the host says: it is tried again then, and asked for again */
export async function stopLeft(
  { build: id }: JobData<'stop'>,
  signal: AbortSignal,
  needs: BuildNeeds,
): Promise<void> {
  const build = await needs.builds.get(id)
  if (!isOver(build.state) || !build.needsStop) return
  const work = await openWork(build, undefined, needs)
  try {
    await needs.steps.stop(work.context(1, signal))
    await needs.builds.setStopped(id)
    work.log.say('== stopped')
  } finally {
    await work.log.close()
  }
}
