// Whether a build would give again what is there.
import { isDeepStrictEqual } from 'node:util'
import type { Build, BuildInputs } from '#core/build/build.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'

/** Builds that are looked at, newest first, for one whose version is still there. */
const LOOK_BACK = 50

/** The template's newest build whose version is ready, if it had these inputs. One that was revoked or deleted does not count. */
export async function findSame(
  template: string,
  inputs: BuildInputs,
  { builds, catalog }: { builds: BuildStore; catalog: TemplateCatalog },
): Promise<Build | undefined> {
  for (const build of await builds.list({ template, states: ['done'], limit: LOOK_BACK })) {
    const version = await catalog.findVersion(template, build.version)
    if (version?.state !== 'ready') continue
    return isDeepStrictEqual(inOrder(build.inputs), inOrder(inputs)) ? build : undefined
  }
  return undefined
}

/** Why a build is skipped, for people. */
export function becauseOf({ template, version, inputs }: Build): string {
  const origin = inputs.origin && `origin ${inputs.origin.template}@${inputs.origin.version}`
  const media = inputs.media.length > 0 ? `${inputs.media.length} media` : undefined
  const same = [`recipe ${inputs.recipe.slice(0, 12)}`, origin, media].filter(Boolean).join(', ')
  return `skipped, because ${template}@${version} is made of the same inputs (${same}) and is ready; --force builds it again`
}

/** The order of media says nothing; absent and undefined are the same. */
function inOrder({ recipe, origin, media }: BuildInputs): unknown {
  return [
    recipe,
    origin ? [origin.template, origin.version, origin.sha256] : [],
    media.map(({ name, kind, sha256 }) => [name, kind, sha256].join('\n')).toSorted(),
  ]
}
