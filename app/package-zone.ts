// The `package` job: turns a halted, detached zone of a host into the artifacts of a version.
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { ArtifactName } from '#core/recipe/artifact-name.ts'
import { familyOfZone } from '#core/packaging/zone-family.ts'
import { wrongState } from '#core/store-errors.ts'
import { publishVersion } from './channels/publish-candidate.ts'
import { isSameTree } from './check-sent-tree.ts'
import { closeForms, indexesOf, type MadeForm } from './convert/make-forms.ts'
import { packageStreams } from './convert/package-streams.ts'
import { describeVersion } from './describe-version.ts'
import { inspectDetachedZone, type DetachedZone } from './inspect-detached-zone.ts'
import { makeLayers, type WriteLayer } from './make-layer.ts'
import type { AuditLog } from './ports/access.ts'
import type { ArtifactIndexer, SortEntries } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog, VersionRecord } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'
import type { Convert } from './ports/conversion.ts'
import type { HostRegistry, HostShell } from './ports/hosts.ts'
import type { Clock, JobQueue } from './ports/queue.ts'
import { requestRelease } from './release-snapshot.ts'
import { everySoOften, isFinalFailure, reportFinalFailure, type Report } from './report-progress.ts'
import { sendZoneDataset } from './send-zone-dataset.ts'
import type { TakenArtifact } from './take-in-artifact.ts'
import type { Entry } from '#core/entry.ts'

/** Archives of a zone's root that are in the blob store, with the index that they share. */
export interface PackagedArchives {
  artifacts: Artifact[]
  entries: AsyncIterable<Entry>
  close(): Promise<void>
}

export interface ZoneTree {
  shell: HostShell
  zoneroot: string
  brand: string
  /** which archives; default: all. At least one is made, for its index */
  formats?: readonly ArtifactName[]
  signal: AbortSignal
  /** told the bytes read so far */
  onProgress: (bytes: number) => void
}

/** What is made of the zone, and what the version is then. */
export interface Packaging {
  formats: readonly ArtifactName[]
  becomes: 'testing' | 'ready'
}

const everything: Packaging = { formats: ArtifactName.options, becomes: 'ready' }

export interface PackageNeeds {
  catalog: TemplateCatalog
  channels: ChannelStore
  audit: AuditLog
  blobs: BlobStore
  hosts: HostRegistry
  indexer: ArtifactIndexer
  queue: JobQueue
  clock: Clock
  openShell: (host: Host) => HostShell
  packageArchives: (tree: ZoneTree) => Promise<PackagedArchives>
  /** absent: no layers are made */
  writeLayer?: WriteLayer
  /** absent: no ZFS streams are made where there is no ZFS */
  convert?: Convert
  sortEntries?: SortEntries
}

/**
 * May be run again after a crash: what the version is to contain is recorded in one step at the end.
 * @throws ZoneNotFound, ZoneRunning, ZoneNotDetached, ZoneIncomplete, ZoneChanged, HostUnreachable, CommandFailed, NoSpace, WrongState
 */
export async function packageZone(
  job: JobData<'package'>,
  signal: AbortSignal,
  report: Report,
  needs: PackageNeeds,
): Promise<void> {
  const { template, version } = job
  const { catalog, clock } = needs
  const record = await catalog.getVersion(template, version)
  if (record.state === 'building') {
    try {
      await makeArtifacts(job, record, everything, signal, everySoOften(report, clock), needs)
    } catch (error) {
      // A worker that was counted as dead may have finished it meanwhile.
      if ((await catalog.findVersion(template, version))?.state !== 'ready') {
        if (isFinalFailure(error, signal)) await giveUpPackage(job, needs)
        await reportFinalFailure(error, signal, report)
        throw error
      }
    }
  } else if (record.state !== 'ready') {
    throw wrongState(template, version, record.state, 'building')
  }
  await publishVersion(await catalog.getVersion(template, version), needs)
}

/** Ends a version that nobody builds any more, and what was left of it on the host. */
export async function giveUpPackage(
  job: JobData<'package'>,
  { catalog, queue }: Pick<PackageNeeds, 'catalog' | 'queue'>,
): Promise<void> {
  const { template, version, host, zone } = job
  const record = await catalog.findVersion(template, version)
  if (record && !(await catalog.abandonBuild(template, version))) return
  await requestRelease({ template, version, madeFrom: { host, zone } }, queue)
}

/** The version that stands in state `building` gets its artifacts and their indexes, in one step at the end. */
export async function makeArtifacts(
  job: JobData<'package'>,
  record: VersionRecord,
  { formats, becomes }: Packaging,
  signal: AbortSignal,
  report: (step: string, bytes: number) => void,
  needs: PackageNeeds,
): Promise<void> {
  const host = await needs.hosts.get(job.host)
  const shell = needs.openShell(host)
  const zone = await inspectDetachedZone(shell, job.zone, host.release)
  const archives = await needs.packageArchives({
    shell,
    zoneroot: zone.zoneroot,
    brand: zone.brand,
    formats,
    signal,
    onProgress: (bytes) => report('archives', bytes),
  })
  const streams: TakenArtifact[] = []
  const written: MadeForm[] = []
  try {
    const origin = await originOf(record.manifest, needs.catalog)
    if (formats.includes('zfs'))
      streams.push(...(await sendStreams(shell, job, zone, origin, signal, report, needs)))
    const sent = await Promise.all(streams.map((stream) => withSameTree(stream, archives, zone)))
    if (formats.includes('zfs') && streams.length === 0)
      written.push(...(await writtenStreams(record.manifest, zone, archives, signal, report, needs)))
    const layers = await layersOf(origin, archives, signal, report, needs)
    const own = written.map(({ artifact }) => artifact)
    const artifacts = [...archives.artifacts, ...sent, ...own, ...layers]
    const manifest = manifestOf(record.manifest, host, zone, artifacts)
    const indexes = new Map([
      ...archives.artifacts.map(({ sha256 }) => [sha256, archives.entries] as const),
      ...streams.map(({ artifact, entries }) => [artifact.sha256, entries] as const),
      ...indexesOf(written),
    ])
    await assertBuilding(job, needs.catalog)
    await needs.catalog.putVersion({ manifest, state: becomes }, indexes)
  } finally {
    await Promise.all([archives, ...streams].map((taken) => taken.close()))
    await closeForms(written)
  }
}

/** The artifact, which names an archive when that has the same tree. */
async function withSameTree(
  stream: TakenArtifact,
  { artifacts: [archive], entries }: PackagedArchives,
  { brand }: DetachedZone,
): Promise<Artifact> {
  const { artifact } = stream
  if (!archive || !artifact.zfs) return artifact
  if (!(await isSameTree(stream, { artifact: archive, entries }, brand))) return artifact
  return { ...artifact, zfs: { ...artifact.zfs, sameTreeAs: archive.sha256 } }
}

function sendStreams(
  shell: HostShell,
  { version }: JobData<'package'>,
  zone: DetachedZone,
  origin: Manifest | undefined,
  signal: AbortSignal,
  report: (step: string, bytes: number) => void,
  needs: PackageNeeds,
): Promise<TakenArtifact[]> {
  return sendZoneDataset(
    {
      shell,
      zone,
      version,
      origin,
      signal,
      onProgress: (bytes) => report('zfs', bytes),
      onRefused: (why) => report(`no zfs: ${why}`, 0),
    },
    needs,
  )
}

/** Where the zone lies in no ZFS, its streams are made of its archive: hosts get them all the same. */
async function writtenStreams(
  manifest: Manifest,
  { detachedXml }: DetachedZone,
  archives: PackagedArchives,
  signal: AbortSignal,
  report: (step: string, bytes: number) => void,
  { convert, sortEntries, ...needs }: PackageNeeds,
): Promise<MadeForm[]> {
  if (!convert || !sortEntries) return []
  return packageStreams(
    {
      manifest,
      archives,
      detachedXml,
      signal,
      onProgress: (bytes) => report('zfs', bytes),
      onRefused: (why) => report(`no zfs: ${why}`, 0),
    },
    { ...needs, convert, sortEntries },
  )
}

/** None is no failure: the full forms are there. The step's name says why. */
async function layersOf(
  origin: Manifest | undefined,
  { artifacts, entries }: PackagedArchives,
  signal: AbortSignal,
  report: (step: string, bytes: number) => void,
  { catalog, writeLayer }: PackageNeeds,
): Promise<Artifact[]> {
  if (!origin || !writeLayer) return []
  const outcome = await makeLayers({ origin, artifacts, entries, signal }, { catalog, writeLayer })
  if ('layers' in outcome) return outcome.layers
  report(`no layer: ${outcome.skipped}`, 0)
  return []
}

/** Somebody may have deleted it meanwhile. */
async function assertBuilding(
  { template, version }: JobData<'package'>,
  catalog: TemplateCatalog,
): Promise<void> {
  const { state } = await catalog.getVersion(template, version)
  if (state !== 'building') throw wrongState(template, version, state, 'building')
}

async function originOf({ origin }: Manifest, catalog: TemplateCatalog): Promise<Manifest | undefined> {
  return origin && (await catalog.getVersion(origin.template, origin.version)).manifest
}

/** The row that was made when the job was asked for, filled with what the zone says of itself. */
function manifestOf(planned: Manifest, host: Host, zone: DetachedZone, artifacts: Artifact[]): Manifest {
  const [first] = artifacts
  if (!first) throw new Error(`zone ${zone.name} gave no artifact`)
  const described = describeVersion({
    template: planned.template,
    version: planned.version,
    facts: {
      brand: zone.brand,
      osFamily: familyOfZone(zone.brand, host.release),
      osRelease: zone.osRelease,
      arch: host.arch,
      notes: planned.notes,
    },
    artifact: first,
    detachedXml: zone.detachedXml,
    origin: planned.origin,
    createdBy: planned.createdBy,
    createdAt: new Date(planned.createdAt),
  })
  return {
    ...described,
    artifacts,
    madeBy: planned.madeBy,
    ...(planned.madeFrom && { madeFrom: planned.madeFrom }),
  }
}
