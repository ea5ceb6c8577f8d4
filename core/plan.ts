// Decides what will happen on a host: from its record, its profile and the versions that the profile's templates stand for.
import { ProvisionError } from './errors.ts'
import type { Host } from './host.ts'
import type { Manifest } from './manifest.ts'
import type { Profile, ProfileSystem, ProfileZone } from './profile.ts'
import type { JumpStartDirectory } from './jumpstart/directory.ts'
import type { OnHost } from './plan/forms.ts'
import { plainUrl } from './plan/plain-url.ts'
import { planForJumpStart } from './plan/plan-jumpstart.ts'
import { planKayak } from './plan/plan-kayak.ts'
import { planSteps } from './plan/plan-steps.ts'
import { planSystem } from './plan/plan-system.ts'
import { bytesToTransfer, planTemplate, shareTemplate } from './plan/plan-template.ts'
import { planZone } from './plan/plan-zone.ts'
import type { Plan, PlannedCanary, PlannedSystem, PlannedTemplate } from './plan/schema.ts'
import { withWays, type StandingTemplate } from './plan/ways.ts'

export { Plan } from './plan/schema.ts'

/** A version that a plan rests on. */
export interface PlannedVersion {
  manifest: Manifest
  origin?: Manifest | undefined
  /** the host gets it in the place of `instead`, which other hosts get for the channel */
  canary?: { channel: string; instead: string } | undefined
}

export interface PlanInput {
  host: Host
  profile: Profile
  /** the version behind each `template` text of the profile's zones, e.g. `mysql@stable` */
  versions: ReadonlyMap<string, PlannedVersion>
  /** templates that the host keeps, by name, as far as its installs have told */
  there?: ReadonlyMap<string, OnHost>
  /** how hosts reach the server */
  baseUrl: string
  now: Date
  /** of JumpStart, where somebody has stored one */
  directory?: JumpStartDirectory | undefined
}

/** Solaris imports all service manifests at a first boot, which takes minutes. */
const waitSeconds = 900

/** @throws PlanConflict, NoUsableArtifact, VersionNotFound, SysidcfgValue, ZonecfgValueInvalid, BaseUrlInvalid */
export function makePlan(input: PlanInput): Plan {
  const { host, profile, versions, baseUrl, now, directory } = input
  const { zones, templates } = planZones(input)
  const system = profile.system && planTheSystem(profile.system, input)
  const kayak = planKayak(profile, host)
  const plan: Plan = {
    format: 1,
    host: host.name,
    profile: profile.name,
    createdAt: now.toISOString(),
    baseUrl: plainUrl(baseUrl),
    flashRoot: profile.flashRoot,
    zonesRoot: profile.zonesRoot,
    waitSeconds,
    bytes: templates.reduce((sum, template) => sum + bytesToTransfer(template), system?.size ?? 0),
    templates,
    ...(system && { system }),
    ...(kayak && { kayak }),
    canaries: canariesOf(versions),
    zones,
    steps: planSteps(templates, zones, system),
  }
  const { jumpstart } = profile
  if (!jumpstart) return plan
  const manifests = new Map([...versions.values()].map(({ manifest }) => [manifest.template, manifest]))
  return planForJumpStart(plan, { host, profile, jumpstart, directory }, manifests)
}

/** The zones, and what they are cloned from: each template once. */
function planZones({
  host,
  profile,
  versions,
  there = new Map(),
}: PlanInput): Pick<Plan, 'zones' | 'templates'> {
  const templates: PlannedTemplate[] = []
  const standing = new Map<string, StandingTemplate>()
  const unweighed = profile.zones.map((zone) => {
    const { manifest, origin } = versionOf(zone, versions)
    const { template, format } = planTemplate(zone, { manifest, origin, host, profile, there })
    standing.set(template.name, { manifest, format })
    const same = templates.find(({ name }) => name === template.name)
    if (same) shareTemplate(same, template, zone)
    else templates.push(template)
    return planZone(zone, { profile, manifest, hostRelease: host.release })
  })
  const zones = withWays(unweighed, templates, { standing, host, zonesRoot: profile.zonesRoot })
  const taken = templates.find(({ flashZone: name }) => zones.some((zone) => zone.name === name))
  if (taken) throw conflict(`the name ${taken.flashZone} is needed for the zone of template ${taken.name}`)
  return { zones, templates }
}

/** @throws VersionNotFound, PlanConflict for a version that is no zone */
function versionOf({ name, template }: ProfileZone, versions: PlanInput['versions']): PlannedVersion {
  const version = versions.get(template)
  if (!version) {
    throw new ProvisionError(
      'missing',
      'VersionNotFound',
      `zone ${name} wants ${template}, which is no known version`,
    )
  }
  if (version.manifest.kind !== 'system') return version
  throw conflict(
    `zone ${name} wants ${template}, which is a whole system: expected a template of kind zone; the profile's system is where it belongs`,
  )
}

function canariesOf(versions: PlanInput['versions']): PlannedCanary[] {
  return [...versions.values()].flatMap(({ manifest: { template, version }, canary }) =>
    canary ? [{ template, version, ...canary }] : [],
  )
}

function planTheSystem(
  system: ProfileSystem,
  { host, profile, versions }: Pick<PlanInput, 'host' | 'profile' | 'versions'>,
): PlannedSystem {
  const manifest = versions.get(system.template)?.manifest
  if (manifest) return planSystem({ system, host, profile, manifest })
  throw new ProvisionError(
    'missing',
    'VersionNotFound',
    `the profile's system is ${system.template}, which is no known version`,
  )
}

function conflict(message: string): ProvisionError {
  return new ProvisionError('conflict', 'PlanConflict', message)
}
