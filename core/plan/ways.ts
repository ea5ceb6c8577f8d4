// The ways to make zones from a template that stands on a host: each by a personal stream, or as clones of the flash zone.
import { isStream, type ArtifactFormat, type Manifest } from '../manifest.ts'
import type { Host } from '../host.ts'
import { whyNot } from './choose-artifact.ts'
import { rounded, secondsToAttachFlashZone, secondsToClone, secondsToReceive } from './expected-seconds.ts'
import type { PlannedTemplate, PlannedWay, PlannedZone } from './schema.ts'

/** A template as the zones of a plan will find it. */
export interface StandingTemplate {
  manifest: Manifest
  /** the form in which it came, or will come */
  format: ArtifactFormat
}

/** Bytes of a personal stream without the configuration and the answers that it carries, as in the demo. */
const streamBytes = 20 * 1024

/** The model is no better than this: sums that differ by less are equal, and the template is better left alone. */
const accuracy = 1.1

/** Guids of the snapshots that the version's streams give, where a personal stream can build on them. */
export function guidsOf({ artifacts }: Manifest, host: Host): string[] {
  const guids = artifacts.flatMap((artifact) =>
    artifact.guid !== undefined && isStream(artifact) && whyNot(host, artifact) === undefined
      ? [artifact.guid]
      : [],
  )
  return [...new Set(guids)]
}

interface Standing {
  standing: StandingTemplate
  host: Host
  zonesRoot: string
}

/** The zones with their ways; `standing` by template. */
export function withWays(
  zones: readonly PlannedZone[],
  templates: readonly PlannedTemplate[],
  given: Omit<Standing, 'standing'> & { standing: ReadonlyMap<string, StandingTemplate> },
): PlannedZone[] {
  const ways = new Map<PlannedZone, PlannedWay[]>()
  for (const template of templates) {
    const standing = given.standing.get(template.name)
    const own = zones.filter((zone) => zone.template === template.name)
    if (!standing) continue
    const weighed = weighWays(template, own, { ...given, standing })
    for (const [index, zone] of own.entries()) ways.set(zone, weighed[index] ?? [])
  }
  return zones.map((zone) => ({ ...zone, ways: ways.get(zone) ?? [] }))
}

/** Whether the host first tries a personal stream for the zone. */
export function isStreamed({ ways }: Pick<PlannedZone, 'ways'>): boolean {
  return ways.some(({ way, chosen }) => way === 'personal stream' && chosen)
}

/**
 * The ways for each zone of one template. The flash zone costs once for all its clones, so the zones are weighed together: all
 * that can be made by personal streams are, if that is the cheaper sum.
 */
function weighWays(
  template: PlannedTemplate,
  zones: readonly PlannedZone[],
  { standing, host, zonesRoot }: Standing,
): PlannedWay[][] {
  const policy = template.attachPolicy
  // one that is kept is attached in any case
  const flash = template.afterwards === 'keep' ? 0 : secondsToAttachFlashZone(policy)
  const weighed = zones.map((zone) => {
    const bytes = expectedBytes(template, zone)
    const against = whyNoStream(template, standing, host) ?? whyNotThere(zone.zonepath, zonesRoot)
    return { bytes, seconds: secondsToReceive(bytes, policy), against }
  })
  const possible = weighed.filter(({ against }) => against === undefined)
  const cloned = zones.length - possible.length
  const byStreams =
    possible.reduce((sum, { seconds }) => sum + seconds, 0) +
    (cloned > 0 ? flash + cloned * secondsToClone() : 0)
  const isCheaper = byStreams <= (flash + zones.length * secondsToClone()) * accuracy
  const streamed = weighed.map(({ against }) => against === undefined && isCheaper)
  return weighed.map(({ bytes, seconds, against }, index) => {
    const chosen = streamed[index] === true
    const isAttached = template.afterwards === 'keep' || streamed.slice(0, index).includes(false)
    return [
      {
        way: 'personal stream',
        bytes,
        seconds,
        usable: against === undefined,
        chosen,
        why:
          against ?? (chosen ? 'onto the snapshot of its template' : 'each zone would be updated by itself'),
      },
      {
        way: 'clone',
        bytes: 0,
        seconds: rounded(secondsToClone() + (isAttached ? 0 : flash)),
        usable: true,
        chosen: !chosen,
        why: isAttached
          ? `${template.flashZone} is attached by then`
          : `${template.flashZone} is attached for it`,
      },
    ]
  })
}

function whyNoStream(
  { name, version, guids }: PlannedTemplate,
  { manifest: { artifacts }, format }: StandingTemplate,
  host: Host,
): string | undefined {
  const streams = artifacts.filter(isStream)
  if (streams.length === 0) return `${name}@${version} has no ZFS stream`
  if (guids.length === 0) {
    const [refusal] = streams.flatMap((artifact) => whyNot(host, artifact) ?? [])
    return refusal ?? `no ZFS stream of ${name}@${version} says which snapshot it gives`
  }
  if (!isStream({ format })) return `the template comes as ${format}, no ZFS stream`
  return undefined
}

function whyNotThere(zonepath: string, zonesRoot: string): string | undefined {
  return zonepath.slice(0, zonepath.lastIndexOf('/')) === zonesRoot
    ? undefined
    : `its zonepath ${zonepath} is not in ${zonesRoot}`
}

function expectedBytes({ detachedXml }: PlannedTemplate, { zonecfg, sysidcfg = '' }: PlannedZone): number {
  return streamBytes + detachedXml.length + zonecfg.length + sysidcfg.length
}
