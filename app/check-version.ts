// The hygiene check of a version that is already here: with what its recipe, if there is one, lets pass.
import type { HygieneException } from '#core/recipe/schema.ts'
import { checkHygiene, type Hygiene } from './check-hygiene.ts'
import type { ReadFiles } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { RecipeShelf } from './ports/recipes.ts'

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
  readFiles: ReadFiles
  recipes: RecipeShelf
}

export interface CheckedVersion extends Hygiene {
  template: string
  version: string
}

/** @throws VersionNotFound, HygieneUnavailable, IndexIncomplete, RecipeInvalid */
export async function checkVersion(
  wanted: { template: string; version: string; signal?: AbortSignal },
  needs: Needs,
): Promise<CheckedVersion> {
  const { manifest } = await needs.catalog.getVersion(wanted.template, wanted.version)
  const { template, version, madeFrom } = manifest
  const from = manifest.origin
  const origin = from && (await needs.catalog.findVersion(from.template, from.version))?.manifest
  const exceptions = await exceptionsFor(template, needs.recipes)
  const ownNames = madeFrom ? [madeFrom.zone] : []
  const hygiene = await checkHygiene({ manifest, origin, exceptions, ownNames, signal: wanted.signal }, needs)
  const lost =
    from && !origin
      ? [`setuid files could not be compared: the origin ${from.template}@${from.version} is not here`]
      : []
  return { template, version, findings: hygiene.findings, notices: [...lost, ...hygiene.notices] }
}

/** Exceptions of the recipe as it is now: the one that a version was built by is not kept with it. */
async function exceptionsFor(template: string, recipes: RecipeShelf): Promise<readonly HygieneException[]> {
  if (!(await recipes.list()).includes(template)) return []
  return (await recipes.load(template)).recipe.hygiene
}
