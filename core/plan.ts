// Decides what will happen on a host: from its record, its profile and the versions that the profile's templates stand for.
import { ProvisionError } from './errors.ts'
import { isAtLeast, type Host } from './host.ts'
import { maskInstallProfile } from './jumpstart/documents/mask-install-profile.ts'
import { MASK } from './mask-profile.ts'
import type { Artifact, ArtifactFormat, Manifest } from './manifest.ts'
import type { Profile, ProfileJumpStart, ProfileSystem, ProfileZone } from './profile.ts'
import { artifactUrlPath } from './plan/artifact-url.ts'
import type { JumpStartDirectory } from './jumpstart/directory.ts'
import { FlashSettings, renderFlashProfile } from './jumpstart/flash-profile.ts'
import { detachedXml, foreignResources } from './plan/flash-config.ts'
import { weighForms, type OnHost } from './plan/forms.ts'
import { bringsArchivesTree } from './plan/same-tree.ts'
import { forJumpStart } from './plan/plan-jumpstart.ts'
import { planKayak } from './plan/plan-kayak.ts'
import { planSteps } from './plan/plan-steps.ts'
import { planSystem } from './plan/plan-system.ts'
import { planZone } from './plan/plan-zone.ts'
import { renderPlanText } from './plan/render-plan.ts'
import type {
  Plan,
  PlannedCanary,
  PlannedDelta,
  PlannedJumpStart,
  PlannedSystem,
  PlannedTemplate,
} from './plan/schema.ts'
import { guidsOf, withWays, type StandingTemplate } from './plan/ways.ts'
import { maskSysidcfg } from './sysidcfg/render.ts'

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
export function makePlan({
  host,
  profile,
  versions,
  there = new Map(),
  baseUrl,
  now,
  directory,
}: PlanInput): Plan {
  const templates: PlannedTemplate[] = []
  const standing = new Map<string, StandingTemplate>()
  const unweighed = profile.zones.map((zone) => {
    const { manifest, origin } = versions.get(zone.template) ?? {}
    if (!manifest) {
      throw new ProvisionError(
        'missing',
        'VersionNotFound',
        `zone ${zone.name} wants ${zone.template}, which is no known version`,
      )
    }
    if (manifest.kind === 'system') {
      throw conflict(
        `zone ${zone.name} wants ${zone.template}, which is a whole system: expected a template of kind zone; the profile's system is where it belongs`,
      )
    }
    const { template, format } = planTemplate(zone, { manifest, origin }, { host, profile, there })
    standing.set(template.name, { manifest, format })
    const same = templates.find(({ name }) => name === template.name)
    if (same) shareTemplate(same, template, zone)
    else templates.push(template)
    return planZone(zone, { profile, manifest, hostRelease: host.release })
  })
  const zones = withWays(unweighed, templates, { standing, host, zonesRoot: profile.zonesRoot })
  const system = profile.system && planTheSystem(profile.system, { host, profile, versions })
  const flashZone = templates.find(({ flashZone: name }) => zones.some((zone) => zone.name === name))
  if (flashZone)
    throw conflict(`the name ${flashZone.flashZone} is needed for the zone of template ${flashZone.name}`)
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
  if (!profile.jumpstart) return plan
  const manifests = new Map([...versions.values()].map(({ manifest }) => [manifest.template, manifest]))
  return forJumpStart(plan, {
    host,
    profile,
    jumpstart: profile.jumpstart,
    directory,
    flashProfile: system && flashProfileOf(system, host, profile.jumpstart),
    manifests,
  })
}

/** For a system that comes as a flash archive. @throws PlanConflict for a pool that the host's installer does not make */
function flashProfileOf(
  { format, urlPath, pool }: PlannedSystem,
  { name, release }: Host,
  { flash }: ProfileJumpStart,
): string | undefined {
  if (format !== 'flar') return undefined
  const settings = FlashSettings.parse(flash ?? {})
  if (settings.root === 'zfs' && !isAtLeast(release, 's10u8'))
    throw conflict(
      `the profile's flash archive goes into a pool, host ${name} is ${release}: expected s10u8 or later, or root: ufs`,
    )
  return renderFlashProfile({ host: name, urlPath, pool, settings })
}

/** The plan for reading, with hashes and passwords hidden. */
export function maskPlan(plan: Plan): Plan {
  return {
    ...plan,
    ...(plan.system && { system: maskSystem(plan.system) }),
    ...(plan.jumpstart && {
      jumpstart: maskJumpStart(plan.jumpstart),
    }),
    ...(plan.kayak && { kayak: { ...plan.kayak, rootPassword: MASK } }),
    zones: plan.zones.map((zone) => ({
      ...zone,
      ...(zone.sysidcfg !== undefined && { sysidcfg: maskSysidcfg(zone.sysidcfg) }),
      ...(zone.rootPassword !== undefined && { rootPassword: MASK }),
    })),
  }
}

function maskJumpStart({ sysidcfg, installProfile, ...jumpstart }: PlannedJumpStart): PlannedJumpStart {
  return {
    ...jumpstart,
    sysidcfg: maskSysidcfg(sysidcfg),
    ...(installProfile !== undefined && { installProfile: maskInstallProfile(installProfile, MASK) }),
  }
}

function maskSystem(system: PlannedSystem): PlannedSystem {
  return {
    ...system,
    ...(system.sysidcfg !== undefined && { sysidcfg: maskSysidcfg(system.sysidcfg) }),
    rootPassword: MASK,
  }
}

/** The plan for people: ordered steps, bytes to transfer, the files as they will be written; secrets masked unless wanted. */
export function renderPlan(plan: Plan, { maskSecrets = true } = {}): string {
  return renderPlanText(maskSecrets ? maskPlan(plan) : plan)
}

/** An URL that a configuration file of curl or wget can hold as it is. @throws BaseUrlInvalid */
export function plainUrl(text: string): string {
  if (!/^https?:\/\/[A-Za-z0-9.:[\]_-]+(\/[A-Za-z0-9._~/-]*)?$/.test(text)) {
    throw new ProvisionError(
      'invalid',
      'BaseUrlInvalid',
      `the server's URL is ${JSON.stringify(text)}, expected http(s)://host[:port][/path]`,
    )
  }
  return text.replace(/\/+$/, '')
}

function canariesOf(versions: PlanInput['versions']): PlannedCanary[] {
  return [...versions.values()].flatMap(({ manifest: { template, version }, canary }) =>
    canary ? [{ template, version, ...canary }] : [],
  )
}

/** What will come over the network, if the host is as the server knows it. */
export function bytesToTransfer({ choices, size }: PlannedTemplate): number {
  return choices.find(({ chosen }) => chosen)?.bytes ?? size
}

function planTemplate(
  zone: ProfileZone,
  { manifest, origin }: { manifest: Manifest; origin: Manifest | undefined },
  { host, profile, there }: { host: Host; profile: Profile; there: ReadonlyMap<string, OnHost> },
): { template: PlannedTemplate; format: ArtifactFormat } {
  const { template: name, version, brand, osFamily } = manifest
  const { full, deltas, choices, format: comesAs } = weighForms(manifest, host, zone.form, there, origin)
  const { format, compression, layout, sha256, size } = full
  const flashZone = `flash${name}`
  const path = `${profile.flashRoot}/${name}`
  const urlPathOf = (artifact: Artifact) => artifactUrlPath(artifact, manifest)
  const template: PlannedTemplate = {
    name,
    version,
    brand,
    osFamily,
    format,
    compression,
    ...(layout !== undefined && { layout }),
    sha256,
    size,
    digests: zone.form === 'auto' ? manifest.artifacts.map((artifact) => artifact.sha256) : [sha256],
    deltas: deltas.flatMap((artifact) => planDelta(artifact, manifest, origin, profile, urlPathOf(artifact))),
    choices,
    guids: guidsOf(manifest, host),
    foreign: foreignResources(manifest, host.release),
    urlPath: urlPathOf(full),
    flashZone,
    path,
    attachPolicy: zone.attachPolicy,
    backout: zone.backout,
    afterwards: zone.flashZone,
    detachedXml: detachedXml(manifest, { zone: flashZone, zonepath: path, release: host.release }),
  }
  return { template, format: comesAs }
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

function planDelta(
  { format, compression, sha256, size, fromGuid }: Artifact,
  { origin: from }: Manifest,
  origin: Manifest | undefined,
  profile: Profile,
  urlPath: string,
): PlannedDelta[] {
  if (!from || (format !== 'zfs-incremental' && format !== 'layer')) return []
  const onto = origin?.artifacts.filter((one) => bringsArchivesTree(one, origin)) ?? []
  return [
    {
      format,
      compression,
      sha256,
      size,
      urlPath,
      origin: from,
      originPath: `${profile.flashRoot}/${from.template}`,
      ...(fromGuid !== undefined && { fromGuid }),
      onto: format === 'layer' ? onto.map((one) => one.sha256) : [],
    },
  ]
}

/** A template has one place on a host, so the zones that are cloned from it must agree. One that keeps it, keeps it for all. */
function shareTemplate(same: PlannedTemplate, other: PlannedTemplate, zone: ProfileZone): void {
  const differing = (['version', 'sha256', 'attachPolicy'] as const).find((key) => same[key] !== other[key])
  if (differing !== undefined || same.backout.join() !== other.backout.join()) {
    const what = differing ?? 'backout'
    throw conflict(
      `zone ${zone.name} wants template ${same.name} with ${what} ${String(other[what])}, another zone with ${String(same[what])}`,
    )
  }
  if (other.afterwards === 'keep') same.afterwards = 'keep'
}

function conflict(message: string): ProvisionError {
  return new ProvisionError('conflict', 'PlanConflict', message)
}
