// The `archive-system` job: a host's whole system with its zones, detached for the time, becomes a version.
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { CapturedZone, Manifest } from '#core/manifest.ts'
import { wrongState } from '#core/store-errors.ts'
import { alwaysEmptied } from '#core/system-archive/commands.ts'
import { heldLine, type ZoneFinding } from '#core/system-archive/finding.ts'
import { assessZones, refuseActive, refuseUnallowed } from '#core/system-archive/judge-host.ts'
import { chooseFileSystems } from '#core/system-archive/mounts.ts'
import { publishVersion } from '../channels/publish-candidate.ts'
import type { PackagedArchives } from '../package-zone.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { HostRegistry, HostShell } from '../ports/hosts.ts'
import type { Clock, JobQueue } from '../ports/queue.ts'
import {
  everySoOften,
  isFinalFailure,
  reportFinalFailure,
  type Report,
  type Tell,
} from '../report-progress.ts'
import { captureZone, restZones, type HostRun } from './capture-zones.ts'
import { holdHost, releaseHost } from './host-hold.ts'
import { surveyMounts, surveyZones, type FoundZone } from './survey-host.ts'
import type { SystemTree } from './system-tree.ts'

export interface ArchiveNeeds {
  catalog: TemplateCatalog
  channels: ChannelStore
  hosts: HostRegistry
  queue: JobQueue
  clock: Clock
  openShell: (host: Host) => HostShell
  packageSystem: (tree: SystemTree) => Promise<PackagedArchives>
  /** finish-scripts/archive.sh with its library */
  readScript: () => Promise<string>
}

/** One attempt of the job. */
interface Run extends HostRun {
  job: JobData<'archive-system'>
}

/** What a manifest can carry. */
const MAX_ZONES = 256

/**
 * May be run again after a crash: what was done to the host's zones is taken back first. They are as they were when it ends,
 * however it ends.
 * @throws ZonesRunning, ArchiveRefused, HostBusy, RepairFailed, HostUnreachable, CommandFailed, NoSpace, WrongState
 */
export async function archiveSystem(
  job: JobData<'archive-system'>,
  signal: AbortSignal,
  report: Report,
  needs: ArchiveNeeds,
): Promise<void> {
  const { template, version } = job
  const { catalog, clock } = needs
  const record = await catalog.getVersion(template, version)
  if (record.state !== 'building' && record.state !== 'ready')
    throw wrongState(template, version, record.state, 'building')
  try {
    const host = await needs.hosts.get(job.host)
    const tell = neverLess(everySoOften(report, clock))
    const notices = await onHost(record, { job, host, shell: needs.openShell(host), signal, tell }, needs)
    await publishVersion(await catalog.getVersion(template, version), needs)
    await report({ step: 'done', bytes: 0, notices })
  } catch (error) {
    if (isFinalFailure(error, signal)) await catalog.abandonBuild(template, version)
    await reportFinalFailure(error, signal, report)
    throw error
  }
}

/** What was read stays read when the next step begins. */
function neverLess(tell: Tell): Tell {
  let most = 0
  return (step, bytes) => tell(step, (most = Math.max(most, bytes)))
}

/** Holds the host, also when the version is ready: a worker that died after that has left its zones. */
async function onHost({ state, manifest }: VersionRecord, run: Run, needs: ArchiveNeeds): Promise<string[]> {
  const { job, host, shell } = run
  await holdHost(job, host.name, { ...needs, shell })
  let made: { notices: string[] } | { error: unknown }
  try {
    made = { notices: state === 'ready' ? [] : await makeVersion(manifest, run, needs) }
  } catch (error) {
    made = { error }
  }
  run.tell('attach', 0)
  // not by the job's signal: a worker that is told to stop leaves no zone detached
  const released = await releaseHost(host.name, { shell }).catch((error: unknown) => ({ error }))
  if ('error' in made) throw withRepair(made.error, released)
  if ('error' in released) throw released.error
  return [...made.notices, ...released]
}

/** What stopped the archive, and that zones stand as it left them, when that failed too. */
function withRepair(error: unknown, released: string[] | { error: unknown }): unknown {
  if (!('error' in released) || !(error instanceof ProvisionError)) return error
  const { error: second } = released
  const more = second instanceof Error ? second.message : String(second)
  const { kind, code, message, details } = error
  return new ProvisionError(kind, code, `${message}; ${more}`, { cause: error, ...(details && { details }) })
}

async function makeVersion(planned: Manifest, run: Run, needs: ArchiveNeeds): Promise<string[]> {
  const { job, host, shell } = run
  run.tell('look', 0)
  const zones = await surveyZones(shell)
  const findings = await judgeZones(zones, run)
  const captured = zones.map((zone) => captureZone(zone, host.release, findings))
  await restZones(zones, captured, run)
  const filled = captured.filter(({ name }) => zones.some((zone) => zone.name === name && zone.hasFiles))
  const archives = await readSystem(filled, run, needs)
  try {
    const { state } = await needs.catalog.getVersion(job.template, job.version)
    if (state !== 'building') throw wrongState(job.template, job.version, state, 'building')
    const manifest = manifestOf(planned, host, captured, archives)
    const indexes = new Map(archives.artifacts.map(({ sha256 }) => [sha256, archives.entries] as const))
    await needs.catalog.putVersion({ manifest, state: 'ready' }, indexes)
  } finally {
    await archives.close()
  }
  return captured.flatMap(({ name, warnings, held }) => [
    ...warnings.map((line) => `zone ${name}: ${line}`),
    ...held.map((finding) => `zone ${name}, allowed: ${heldLine(finding)}`),
  ])
}

/** @throws ZonesRunning, ArchiveRefused */
async function judgeZones(zones: readonly FoundZone[], { job, host, shell }: Run): Promise<ZoneFinding[]> {
  if (zones.length > MAX_ZONES)
    throw new ProvisionError(
      'conflict',
      'ArchiveRefused',
      `host ${host.name} has ${zones.length} zones, expected ${MAX_ZONES} at most`,
    )
  refuseActive(zones, job)
  const findings = assessZones(zones, {
    release: host.release,
    mounts: await surveyMounts(shell),
    excluded: [...alwaysEmptied([]), ...job.exclude],
  })
  refuseUnallowed(findings, job.allow)
  return findings
}

async function readSystem(
  filled: readonly CapturedZone[],
  { job, shell, signal, tell }: Run,
  { packageSystem }: ArchiveNeeds,
): Promise<PackagedArchives> {
  const { taken, emptied } = chooseFileSystems(
    await surveyMounts(shell),
    filled.map(({ zonepath }) => zonepath),
    [...alwaysEmptied(filled), ...job.exclude],
  )
  return packageSystem({
    shell,
    fileSystems: taken,
    emptied,
    signal,
    onProgress: (bytes) => tell('archive', bytes),
  })
}

function manifestOf(
  planned: Manifest,
  host: Host,
  capturedZones: CapturedZone[],
  { artifacts }: PackagedArchives,
): Manifest {
  return { ...planned, osRelease: host.release, arch: host.arch, capturedZones, artifacts }
}
