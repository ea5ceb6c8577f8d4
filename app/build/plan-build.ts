// What a build would be made of and where: everything that can be refused is refused before there is a build.
import { randomUUID } from 'node:crypto'
import type { BuildInputs } from '#core/build/build.ts'
import { versionRevoked } from '#core/channel/errors.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import { TemplateRef } from '#core/names.ts'
import type { Medium, Recipe } from '#core/recipe/schema.ts'
import type { NewBuild } from '../ports/builds.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { LoadedRecipe, MediaShelf } from '../ports/recipes.ts'
import { chooseHost } from './choose-host.ts'
import type { RequestNeeds } from './needs.ts'

export interface WantedBuild {
  /** of the build; default: a new one */
  id?: string | undefined
  /** the recipe's, and so the template's, name */
  name: string
  host?: string | undefined
  force: boolean
  children: boolean
  reason: string
  parent?: string | undefined
  actor: string
}

export interface PlannedBuild {
  recipe: LoadedRecipe
  host: Host
  /** all but its version's name, and without the inputs that made media add */
  build: Omit<NewBuild, 'version'>
}

/**
 * Stores nothing.
 * @throws RecipeNotFound, RecipeInvalid, BuildHostNeeded, HostNotFound, HostDoesNotBuild, HostCannotBuild, OriginNotBuilt, OriginNotReady, VersionRevoked, MediumMissing
 */
export async function planBuild(wanted: WantedBuild, needs: RequestNeeds): Promise<PlannedBuild> {
  const loaded = await needs.recipes.load(wanted.name)
  const { recipe } = loaded
  const host = await chooseHost(recipe, wanted.host ?? recipe.buildHost, needs.hosts)
  const origin = await originOf(recipe, needs)
  const media = await Promise.all(
    recipe.media.filter(({ make }) => make === undefined).map((medium) => givenMedium(medium, needs.media)),
  )
  const inputs: BuildInputs = { recipe: loaded.digest, ...(origin && { origin }), media }
  const id = wanted.id ?? randomUUID()
  return {
    recipe: loaded,
    host,
    build: {
      id,
      template: wanted.name,
      host: host.name,
      zone: `${wanted.name}-${id.slice(0, 8)}`,
      state: 'waiting',
      inputs,
      reason: wanted.reason,
      force: wanted.force,
      ...(wanted.parent !== undefined && { parent: wanted.parent }),
      children: wanted.children,
      createdBy: wanted.actor,
      createdAt: needs.clock.now().toISOString(),
    },
  }
}

/** The exact version that the recipe's origin means now. */
async function originOf(
  recipe: Recipe,
  { catalog, channels }: Pick<RequestNeeds, 'catalog' | 'channels'>,
): Promise<BuildInputs['origin']> {
  if (recipe.origin === undefined) return undefined
  const { template, selector } = TemplateRef.parse(recipe.origin)
  const { manifest, state } = await findOrigin(recipe, template, selector, catalog)
  const [artifact] = manifest.artifacts
  const block = await channels.blockOf(template, manifest.version)
  if (block) throw versionRevoked(template, manifest.version, block, selector)
  if (state === 'ready' && artifact) return { template, version: manifest.version, sha256: artifact.sha256 }
  throw new ProvisionError(
    'conflict',
    'OriginNotReady',
    `${recipe.name} is built from ${recipe.origin}, which is ${template}@${manifest.version} and ${state}, expected it ready`,
  )
}

async function findOrigin(
  { name, origin }: Recipe,
  template: string,
  selector: string,
  catalog: TemplateCatalog,
): Promise<VersionRecord> {
  try {
    return await catalog.getVersion(template, selector)
  } catch (cause) {
    if (!(cause instanceof ProvisionError) || cause.kind !== 'missing') throw cause
    throw new ProvisionError(
      'conflict',
      'OriginNotBuilt',
      `${name} is built from ${origin}, which does not exist: build ${template} first`,
      { cause },
    )
  }
}

async function givenMedium({ name, what }: Medium, media: MediaShelf): Promise<BuildInputs['media'][number]> {
  const found = await media.find(name)
  if (found) return { name, kind: 'given', sha256: found.sha256 }
  // The shelf itself says where it looked.
  const missing = await media.open(name).then(
    (stream) => stream.destroy(),
    (error: unknown) => error,
  )
  if (!(missing instanceof ProvisionError)) throw missing
  throw new ProvisionError(missing.kind, missing.code, `${missing.message}: ${what}`, {
    details: { name, what },
  })
}
