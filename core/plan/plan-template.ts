// One template of a plan: the form that comes to the host, what it builds on, and the zone that it becomes there.
import { ProvisionError } from '../errors.ts'
import type { Host } from '../host.ts'
import type { Artifact, ArtifactFormat, Manifest } from '../manifest.ts'
import type { Profile, ProfileZone } from '../profile.ts'
import { artifactUrlPath } from './artifact-url.ts'
import { detachedXml, foreignResources } from './flash-config.ts'
import { weighForms, type OnHost } from './forms.ts'
import { bringsArchivesTree } from './same-tree.ts'
import type { PlannedDelta, PlannedTemplate } from './schema.ts'
import { guidsOf } from './ways.ts'

interface ForTemplate {
  manifest: Manifest
  origin?: Manifest | undefined
  host: Host
  profile: Profile
  /** templates that the host keeps, by name */
  there: ReadonlyMap<string, OnHost>
}

/** `format`: of what comes to the host, which may be a delta. @throws NoUsableArtifact */
export function planTemplate(
  zone: ProfileZone,
  { manifest, origin, host, profile, there }: ForTemplate,
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

/** A template has one place on a host, so the zones that are cloned from it must agree. One that keeps it, keeps it for all. @throws PlanConflict */
export function shareTemplate(same: PlannedTemplate, other: PlannedTemplate, zone: ProfileZone): void {
  const differing = (['version', 'sha256', 'attachPolicy'] as const).find((key) => same[key] !== other[key])
  if (differing !== undefined || same.backout.join() !== other.backout.join()) {
    const what = differing ?? 'backout'
    throw new ProvisionError(
      'conflict',
      'PlanConflict',
      `zone ${zone.name} wants template ${same.name} with ${what} ${String(other[what])}, another zone with ${String(same[what])}`,
    )
  }
  if (other.afterwards === 'keep') same.afterwards = 'keep'
}

/** What will come over the network, if the host is as the server knows it. */
export function bytesToTransfer({ choices, size }: PlannedTemplate): number {
  return choices.find(({ chosen }) => chosen)?.bytes ?? size
}
