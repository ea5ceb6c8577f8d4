// What JumpStart's installer is told about a host, and whether that is enough to install it.
import { ProvisionError } from '../errors.ts'
import { isAtLeast, type Host } from '../host.ts'
import { checkedOf } from '../jumpstart/checked.ts'
import {
  assertInstallProfile,
  clientWordsOf,
  holdingProfile,
} from '../jumpstart/documents/install-profile.ts'
import type { JumpStartDirectory } from '../jumpstart/directory.ts'
import { ownDirectory } from '../jumpstart/documents/host-rules.ts'
import { factsOf } from '../jumpstart/facts.ts'
import { FlashSettings, renderFlashProfile } from '../jumpstart/flash-profile.ts'
import { outcomeFor } from '../jumpstart/outcome.ts'
import { zoneDocument } from '../identity/zone-document.ts'
import { OF_THE_SERVER, type Rule } from '../jumpstart/rules/rules.ts'
import type { Manifest } from '../manifest.ts'
import type { Profile, ProfileJumpStart } from '../profile.ts'
import { renderHostSysidcfg } from '../sysidcfg/host-sysidcfg.ts'
import type { Plan, PlannedJumpStart, PlannedSystem, PlannedZone } from './schema.ts'
import { stageSteps } from './stage-steps.ts'
import { whoBringsSystem } from './who-brings-system.ts'

interface JumpStartInput {
  host: Host
  profile: Profile
  jumpstart: ProfileJumpStart
  /** absent: nobody has stored rules */
  directory: JumpStartDirectory | undefined
}

/**
 * The plan of a host that JumpStart installs; `manifests` by template.
 * @throws what planJumpStart does, ZonecfgCommandsInvalid for a zone whose settings do not fit its template's configuration
 */
export function planForJumpStart(
  plan: Plan,
  input: JumpStartInput,
  manifests: ReadonlyMap<string, Manifest>,
): Plan {
  const { host, jumpstart } = input
  const zones =
    jumpstart.zones === 'install' ? plan.zones.map((zone) => staged(zone, host, manifests)) : plan.zones
  return {
    ...plan,
    jumpstart: planJumpStart(input, plan.system),
    zonesCome: jumpstart.zones,
    zones,
    steps: stageSteps({ ...plan, zones }, jumpstart.zones),
  }
}

/** The zone with the configuration that the finish script writes beside its zoneroot. */
function staged(zone: PlannedZone, { release }: Host, manifests: ReadonlyMap<string, Manifest>): PlannedZone {
  const manifest = manifests.get(zone.template)
  if (!manifest) return zone
  try {
    return { ...zone, detachedXml: zoneDocument({ manifest, zone, release }) }
  } catch (cause) {
    if (!(cause instanceof ProvisionError)) throw cause
    throw new ProvisionError(cause.kind, cause.code, `zone ${zone.name}: ${cause.message}`, { cause })
  }
}

/**
 * What the installer gets.
 * @throws PlanConflict, NoInstallProfile, InstallProfileInvalid, NoRuleMatches, RuleBroken, SysidcfgValue
 */
function planJumpStart(input: JumpStartInput, system: PlannedSystem | undefined): PlannedJumpStart {
  const { host, profile, jumpstart } = input
  if (host.release === 'illumos') {
    throw conflict(
      'PlanConflict',
      `host ${host.name} is illumos, which JumpStart does not install: expected a release of Solaris 10`,
    )
  }
  const flashProfile = system && flashProfileOf(system, host, jumpstart)
  const installProfile =
    jumpstart.installProfile ?? flashProfile ?? (system && holdingProfileFor(host, system))
  if (installProfile !== undefined) assertInstallProfile(installProfile)
  const directory = input.directory ?? ownDirectory(installProfile)
  const doubt = checkRules(host, profile, directory, installProfile)
  const { text: sysidcfg, touch } = renderHostSysidcfg(host, profile.sysid)
  return {
    revision: directory.revision,
    ...(doubt !== undefined && { doubt }),
    sysidcfg,
    touch,
    ...(installProfile !== undefined && { installProfile }),
  }
}

/** flash_install, for a system that comes as a flash archive. @throws PlanConflict for a pool that the host's installer does not make */
function flashProfileOf(
  system: PlannedSystem,
  { name, release }: Host,
  { flash }: ProfileJumpStart,
): string | undefined {
  if (whoBringsSystem({ system }) !== 'installer') return undefined
  const { urlPath, pool } = system
  const settings = FlashSettings.parse(flash ?? {})
  if (settings.root === 'zfs' && !isAtLeast(release, 's10u8'))
    throw conflict(
      'PlanConflict',
      `the profile's flash archive goes into a pool, host ${name} is ${release}: expected s10u8 or later, or root: ufs`,
    )
  return renderFlashProfile({ host: name, urlPath, pool, settings })
}

/** A system that is received needs a pool, and roots of ZFS came with 10/08. @throws PlanConflict */
function holdingProfileFor({ name, release }: Host, system: PlannedSystem): string {
  if (!isAtLeast(release, 's10u6')) {
    throw conflict(
      'PlanConflict',
      `${system.template}@${system.version} goes into a pool, host ${name} is ${release}: expected s10u6 or later, whose installer makes one`,
    )
  }
  return holdingProfile(system)
}

/** Of the rules that the host may get, as far as its record tells, one must install it; why it may not. @throws NoRuleMatches, RuleBroken, NoInstallProfile */
function checkRules(
  { name, ...host }: Host,
  profile: Profile,
  directory: JumpStartDirectory,
  installProfile: string | undefined,
): string | undefined {
  const which = directory.revision === 0 ? 'the rules' : `the rules of revision ${directory.revision}`
  const checked = checkedOf(directory)
  const { rule, fault, doubt } = outcomeFor(checked, factsOf({ name, ...host }), (one) =>
    faultOf(one, profile, installProfile),
  )
  if (fault === undefined) return doubt
  if (!rule) throw conflict('NoRuleMatches', `none of ${which} matches host ${name}: its installer would ask`)
  const code = checked.brokenRules.has(rule.line) ? 'RuleBroken' : 'NoInstallProfile'
  throw conflict(code, `host ${name} gets line ${rule.line} of ${which}: ${fault}`)
}

/** Why the rule installs nothing; undefined when it does. */
function faultOf(
  { begin, profile: column }: Rule,
  { name }: Profile,
  installProfile: string | undefined,
): string | undefined {
  const wanted = `expected jumpstart.installProfile or a system in profile ${name}, or a rule that names an install profile`
  if (column === '-') return `its profile is -, so the installer asks; ${wanted}`
  const isOurs = column === OF_THE_SERVER.profile || (column === '=' && begin === OF_THE_SERVER.begin)
  if (!isOurs) return undefined
  if (installProfile === undefined) return `there is no install profile to be had; ${wanted}`
  const [word] = column === '=' ? [] : clientWordsOf(installProfile)
  return (
    word && `the install profile names $${word}, which begin fills in: expected the profile column to be =`
  )
}

function conflict(code: string, message: string): ProvisionError {
  return new ProvisionError('conflict', code, message)
}
