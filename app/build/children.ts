// A new version makes the builds necessary of what is built from it.
import type { Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import { TemplateRef } from '#core/names.ts'
import { messageOf } from './build-failure.ts'
import type { RequestNeeds } from './needs.ts'
import { requestBuild } from './request-build.ts'

/**
 * Asks for a build of every recipe whose origin is a channel that now points at what `build` made; may be run again. A child that
 * cannot be asked for is said, and the others are.
 */
export async function requestChildren(
  build: Build,
  needs: RequestNeeds,
  say: (line: string) => Promise<void>,
): Promise<void> {
  const { channels } = await needs.catalog.getTemplate(build.template)
  for (const name of await needs.recipes.list()) {
    try {
      const { recipe } = await needs.recipes.load(name)
      const origin = recipe.origin === undefined ? undefined : TemplateRef.parse(recipe.origin)
      if (origin?.template !== build.template || channels[origin.selector] !== build.version) continue
      const child = await requestBuild(
        {
          name,
          force: false,
          children: true,
          reason: `origin ${build.template}@${build.version} was rebuilt`,
          parent: build.id,
          actor: build.createdBy,
        },
        needs,
      )
      await say(`${name} is rebuilt: build ${child.id} on ${child.host}`)
    } catch (error) {
      await say(`${name} is not rebuilt: ${whyNot(error)}`)
    }
  }
}

/** A file that nobody has given is no fault of the build that asks. */
function whyNot(error: unknown): string {
  if (!(error instanceof ProvisionError) || error.code !== 'MediumMissing') return messageOf(error)
  const { name, what } = error.details ?? {}
  return typeof name === 'string' && typeof what === 'string'
    ? `media/${name} is missing: ${what}`
    : error.message
}
