// The ways to bring a version to a host: what is there already, what builds on an origin that is there, or all of it.
import type { Host } from '../host.ts'
import type { Sha256 } from '../digest.ts'
import { formName, isStream, type Artifact, type ArtifactFormat, type Manifest } from '../manifest.ts'
import type { ProfileZone } from '../profile.ts'
import { bySpeed, chooseArtifact, whyNot } from './choose-artifact.ts'
import { secondsToFetch } from './expected-seconds.ts'
import { bringsArchivesTree } from './same-tree.ts'
import type { PlannedChoice } from './schema.ts'

/** A template that a host keeps, as far as its installs have told. */
export interface OnHost {
  version: string
  /** how it came there */
  format: ArtifactFormat
  /** of the artifact that came; absent in the words of older installs */
  sha256?: Sha256
}

export interface Weighed {
  /** what is fetched when no delta will do */
  full: Artifact
  /** in the order in which the host tries them */
  deltas: Artifact[]
  choices: PlannedChoice[]
  /** the form in which the host has it, or will */
  format: ArtifactFormat
}

/**
 * With `auto` the host may take a delta that is smaller than the full form; which one is chosen here is what will happen if the
 * host is as the server knows it. A wanted form is that form. `origin` is that of the version, where it is still there.
 * @throws NoUsableArtifact
 */
export function weighForms(
  manifest: Manifest,
  host: Host,
  form: ProfileZone['form'],
  there: ReadonlyMap<string, OnHost>,
  origin?: Manifest,
): Weighed {
  const full = chooseArtifact(manifest, host, form)
  const smaller = manifest.artifacts.filter(
    (artifact) =>
      isDelta(artifact) && form === 'auto' && artifact.size < full.size && !whyNot(host, artifact),
  )
  const lacks = (delta: Artifact) => whyOriginLacks(manifest, delta, there, origin)
  const deltas = (['zfs-incremental', 'layer'] as const).flatMap((kind) => {
    const kindred = smaller.filter(({ format }) => format === kind).toSorted(bySpeed)
    // the host gets one of each kind: the one that fits what it has, else the best of them
    return kindred.find((delta) => lacks(delta) === undefined) ?? kindred[0] ?? []
  })
  const held = there.get(manifest.template)
  const isThere = held?.version === manifest.version && (form === 'auto' || held.format === full.format)
  const chosen = isThere ? undefined : (deltas.find((delta) => lacks(delta) === undefined) ?? full)
  const choices = manifest.artifacts.map((artifact): PlannedChoice => {
    const against =
      whyNot(host, artifact) ??
      (isDelta(artifact) ? lacks(artifact) : undefined) ??
      (form !== 'auto' && artifact !== full ? `the profile wants ${form}` : undefined)
    return {
      form: formName(artifact, manifest),
      sha256: artifact.sha256,
      bytes: artifact.size,
      usable: against === undefined,
      chosen: artifact === chosen,
      why: against ?? reasonFor(manifest, artifact, chosen),
      seconds: secondsToFetch(artifact),
    }
  })
  const present: PlannedChoice = {
    form: 'already there',
    bytes: 0,
    usable: isThere,
    chosen: isThere,
    why: isThere ? 'its last install left it there' : whyNotThere(manifest, there),
    seconds: 0,
  }
  const format = chosen?.format ?? held?.format ?? full.format
  return { full, deltas, choices: [present, ...choices], format }
}

function isDelta({ format }: Artifact): boolean {
  return format === 'zfs-incremental' || format === 'layer'
}

/** Why the host, as it is known, cannot build on the origin; undefined: it can. */
function whyOriginLacks(
  { origin: from }: Manifest,
  { format, fromGuid }: Artifact,
  there: ReadonlyMap<string, OnHost>,
  origin: Manifest | undefined,
): string | undefined {
  if (!from) return 'the version has no origin'
  const held = there.get(from.template)
  const name = `${from.template}@${from.version}`
  if (held?.version !== from.version) return `origin ${name} is not known to be there`
  if (format === 'zfs-incremental') {
    if (!isStream(held)) return `origin ${name} came as ${held.format}, no ZFS stream`
    const guid = origin?.artifacts.find(({ sha256 }) => sha256 === held.sha256)?.guid
    return guid === undefined || fromGuid === undefined || guid === fromGuid
      ? undefined
      : `origin ${name} came with the snapshot ${guid}, it starts from ${fromGuid}`
  }
  if (!isStream(held)) return undefined
  const streams = origin?.artifacts.filter((artifact) => artifact.format === held.format) ?? []
  const isSame = streams.some((stream) => origin && bringsArchivesTree(stream, origin))
  return isSame
    ? undefined
    : `origin ${name} came as a ZFS stream, which may have another tree than its archives`
}

function reasonFor({ origin }: Manifest, artifact: Artifact, chosen: Artifact | undefined): string {
  if (chosen === undefined) return 'not needed'
  if (artifact === chosen) {
    if (isDelta(artifact)) return `origin ${origin?.template}@${origin?.version} is there`
    return artifact.format === 'zfs'
      ? 'a later version can come as an increment'
      : 'the first to be there of those it can take'
  }
  if (secondsToFetch(artifact) > secondsToFetch(chosen)) return 'slower'
  if (artifact.size >= chosen.size) return 'larger'
  return 'possible, but the host takes ZFS streams'
}

function whyNotThere({ template, version }: Manifest, there: ReadonlyMap<string, OnHost>): string {
  const held = there.get(template)
  return held ? `${template}@${held.version} is there` : `${template}@${version} is not known to be there`
}
