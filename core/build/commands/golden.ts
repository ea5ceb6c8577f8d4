// The golden zone: configured, installed or cloned, booted, shut down, scrubbed, detached.
import { SysidSettings } from '../../sysidcfg/settings.ts'
import { renderSysidcfg } from '../../sysidcfg/render.ts'
import { byServer, run, runWith, type Action } from '../action.ts'
import type { BuildPlan, BuildZone } from '../plan.ts'
import { mediumPath } from './media.ts'
import { configure, inZone, removeZone, tool, zoneadm } from './tools.ts'
import { unpackActions } from './unpack.ts'

/** Before what was cut off is begun anew. */
export function startOverActions(plan: BuildPlan): Action[] {
  return [removeZone(plan, plan.golden)]
}

export function createActions(plan: BuildPlan): Action[] {
  const { golden, recipe, origin } = plan
  const own = [
    `set zonepath=${golden.path}`,
    'set autoboot=false',
    ...recipe.zonecfg.trimEnd().split('\n').filter(Boolean),
  ]
  if (origin)
    return [
      ...importActions(plan),
      // only an installed zone can be cloned, and it is looked at for its configuration
      configure(plan, golden, [`create -t ${origin.zone.name}`, ...own], origin.zone),
    ]
  return [configure(plan, golden, [...createBrand(recipe.brand), ...own])]
}

/** As core/recipe/rules/zonecfg.ts checks the recipe's commands. */
function createBrand(brand: string): string[] {
  return brand === 'native' ? ['create'] : ['create -b', `set brand=${brand}`]
}

/** Another build of this host may be making the same zone: who has waited for that looks again whether it is there. */
export function holdImportActions(plan: BuildPlan, zone: BuildZone): Action[] {
  const { minutes } = plan.recipe
  return [run(tool(plan, 'hold', zone.name, String(minutes.package * 60)), minutes.package + 1)]
}

/** The origin's zone made of its packaged artifact, where this host did not make it. */
function importActions(plan: BuildPlan): Action[] {
  const { origin } = plan
  if (origin?.import === undefined) return []
  const { zone, import: tree } = origin
  return [
    byServer(`the zone of ${tree.what} is not on this host: it is made of what was packaged`),
    ...holdImportActions(plan, zone),
    removeZone(plan, zone),
    ...unpackActions(plan, zone, tree, 'origin'),
    configure(plan, zone, [`create -a ${zone.path}`, 'set autoboot=false']),
    run(tool(plan, 'let_go', zone.name)),
  ]
}

export function installActions(plan: BuildPlan): Action[] {
  const { golden, recipe, origin } = plan
  const { minutes } = recipe
  if (!origin) {
    const words = recipe.source?.install ?? []
    const medium = recipe.source?.medium
    const place = medium === undefined ? '' : mediumPath(plan, medium)
    return [
      run(
        zoneadm(golden, 'install', ...words.map((word) => word.replaceAll('{medium}', place))),
        minutes.install,
      ),
    ]
  }
  const from = origin.snapshot === undefined ? [] : ['-s', origin.snapshot]
  return [
    run(tool(plan, 'origin', origin.zone.name), minutes.install),
    run(zoneadm(golden, 'clone', ...from, origin.zone.name), minutes.install),
    run(tool(plan, 'release_origin'), 15),
  ]
}

export function bootActions(plan: BuildPlan, zone: BuildZone = plan.golden): Action[] {
  return [...firstBootAnswers(plan, zone), run(zoneadm(zone, 'boot'), plan.recipe.minutes.boot)]
}

/** Solaris 10 asks at its first boot; the others ask nothing. */
function firstBootAnswers(plan: BuildPlan, zone: BuildZone): Action[] {
  const { family, release, recipe } = plan
  if (family !== 'solaris10') return []
  // without a password of the recipe's nobody can log in as root with one: NP is no hash of anything
  const settings = SysidSettings.parse({ rootPassword: 'NP', ...definedOf(recipe.sysidcfg) })
  const { text, touch } = renderSysidcfg(settings, { hostname: labelOf(zone.name), release })
  return [runWith(tool(plan, 'sysidcfg', zone.name, zone.path, ...touch), text, { secret: true })]
}

function definedOf<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** A zone's name may hold what a hostname may not. */
export function labelOf(zone: string): string {
  return zone.replaceAll(/[^A-Za-z0-9-]/g, '-').replaceAll(/^-+|-+$/g, '')
}

export function waitActions(plan: BuildPlan, zone: BuildZone = plan.golden): Action[] {
  const { minutes } = plan.recipe
  const wait = tool(plan, 'wait_until_up', zone.name, plan.family, String(minutes.boot * 60))
  return [
    run(wait, minutes.boot + 1),
    // it may hold the hash of root's password, and nobody reads it again
    ...(plan.family === 'solaris10' ? [run(inZone(zone, 'rm -f /etc/sysidcfg'))] : []),
  ]
}

/** What a zone gets to shut down by itself; databases close theirs in time. */
const SHUT_DOWN_SECONDS = 300

export function haltActions(plan: BuildPlan): Action[] {
  const how = plan.release === 'illumos' ? 'zoneadm' : 'zlogin'
  const seconds = String(SHUT_DOWN_SECONDS)
  return [run(tool(plan, 'shut_down', plan.golden.name, seconds, how), SHUT_DOWN_SECONDS / 60 + 5)]
}

export function scrubActions(plan: BuildPlan): Action[] {
  return [run(tool(plan, 'scrub', plan.golden.name, plan.golden.path, plan.family), 30)]
}

export function detachActions(plan: BuildPlan): Action[] {
  return [run(zoneadm(plan.golden, 'detach'), 15)]
}
