// Which host builds a recipe.
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import { findBrand } from '#core/recipe/rules/brand.ts'
import type { Recipe } from '#core/recipe/schema.ts'
import type { HostRegistry } from '../ports/hosts.ts'

/**
 * The named host, or the only one that builds and can have zones of the recipe's brand.
 * @throws HostNotFound, HostDoesNotBuild, HostCannotBuild, BuildHostNeeded
 */
export async function chooseHost(
  recipe: Recipe,
  name: string | undefined,
  hosts: HostRegistry,
): Promise<Host> {
  if (name !== undefined) return namedHost(recipe, await hosts.get(name))
  const building = (await hosts.list()).filter(({ builds, transport }) => builds && transport !== undefined)
  const able = building.filter((host) => canBuild(recipe, host))
  const [only, ...others] = able
  if (only && others.length === 0) return only
  if (only)
    throw new ProvisionError(
      'conflict',
      'BuildHostNeeded',
      `${able.map((host) => host.name).join(', ')} build, expected one of them: say --on HOST, or buildHost in the recipe`,
    )
  if (building.length > 0) throw cannotBuild(recipe, building)
  throw new ProvisionError(
    'conflict',
    'BuildHostNeeded',
    'no host builds, expected one: `zoneflash host set HOST --builds 1`',
  )
}

function namedHost(recipe: Recipe, host: Host): Host {
  if (!host.builds || host.transport === undefined) {
    const lack = host.builds ? 'has no transport' : 'does not build'
    throw new ProvisionError(
      'conflict',
      'HostDoesNotBuild',
      `host ${host.name} ${lack}, expected one with a transport and builds: \`zoneflash host set ${host.name} --builds 1\``,
    )
  }
  if (!canBuild(recipe, host)) throw cannotBuild(recipe, [host])
  return host
}

/** Solaris 10 has native zones and those of its own compatibility brands, illumos all others (zones.md 2.5). */
function canBuild(recipe: Recipe, { release }: Host): boolean {
  const needed = findBrand(recipe.brand)?.release
  return needed === undefined || (needed === 'illumos') === (release === 'illumos')
}

function cannotBuild({ name, brand }: Recipe, hosts: readonly Host[]): ProvisionError {
  const expected = findBrand(brand)?.release === 'illumos' ? 'illumos' : 's10u3 … s10u11'
  const which = hosts.map((host) => `host ${host.name} is of release ${host.release}`).join(', ')
  return new ProvisionError(
    'conflict',
    'HostCannotBuild',
    `recipe ${name} makes a zone of brand ${brand}, and ${which}, expected a host of release ${expected} that builds`,
  )
}
