// Who is told how a build ended: the webhooks of its recipe. Once at most, and never a reason to fail.
import type { Build, BuildFailure } from '#core/build/build.ts'
import { messageOf } from './build-failure.ts'
import type { BuildLog } from './build-log.ts'
import type { BuildNeeds } from './needs.ts'
import { readRecipe } from './open-work.ts'

export async function notify(
  build: Build,
  outcome: { state: 'done' | 'failed'; failure?: BuildFailure },
  needs: Pick<BuildNeeds, 'post' | 'recipes' | 'blobs' | 'builds'>,
  log?: BuildLog,
): Promise<void> {
  const event = outcome.state === 'done' ? 'published' : 'failed'
  try {
    const { recipe } = await readRecipe(build, needs)
    const { id, template, version, host, reason } = build
    const body = { event, build: id, template, version, host, reason, ...outcome }
    const wanted = recipe.notify.filter(({ on }) => on.includes(event))
    await Promise.all(
      wanted.map(({ webhook }) =>
        needs.post(webhook, body).catch((error: unknown) => {
          log?.say(`notify: ${new URL(webhook).host} was not told: ${messageOf(error)}`)
        }),
      ),
    )
  } catch (error) {
    log?.say(`notify: ${messageOf(error)}`)
  }
}
