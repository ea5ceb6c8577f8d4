// The `archive-system` job: a host's whole system with its zones, detached for the time, becomes a version.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import { CapturedZone, type Manifest } from '#core/manifest.ts'
import { wrongState } from '#core/store-errors.ts'
import { alwaysEmptied, archiveCommand, SHUT_DOWN_SECONDS } from '#core/system-archive/commands.ts'
import { heldLine, type Finding } from '#core/system-archive/finding.ts'
import {
  activeZones,
  assessZones,
  keptFindings,
  refuseActive,
  refuseUnallowed,
} from '#core/system-archive/judge-host.ts'
import { chooseFileSystems } from '#core/system-archive/mounts.ts'
import { readCaptured } from '#core/system-archive/read-captured.ts'
import { publishVersion } from '../channels/publish-candidate.ts'
import type { PackagedArchives } from '../package-zone.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { HostRegistry, HostShell } from '../ports/hosts.ts'
import type { Clock, JobQueue } from '../ports/queue.ts'
import { everySoOften, type Report } from '../report-progress.ts'
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

type Job = JobData<'archive-system'>
type Tell = (step: string, bytes: number) => void

/** What a manifest can carry. */
const MAX_ZONES = 256

/** of one zone: its shutdown, or what detach reads of its packages */
const ZONE_TIMEOUT_MS = 30 * 60_000

/**
 * May be run again after a crash: what was done to the host's zones is taken back first. They are as they were when it ends,
 * however it ends.
 * @throws ZonesRunning, ArchiveRefused, HostBusy, RepairFailed, HostUnreachable, CommandFailed, NoSpace, WrongState
 */
export async function archiveSystem(
  job: Job,
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
    const notices = await onHost(job, record, signal, neverLess(everySoOften(report, clock)), needs)
    await publishVersion(await catalog.getVersion(template, version), needs)
    await report({ step: 'done', bytes: 0, notices })
  } catch (error) {
    if (!signal.aborted && error instanceof ProvisionError && error.kind !== 'unavailable') {
      await catalog.abandonBuild(template, version)
      await report({ step: 'failed', bytes: 0, code: error.code })
    }
    throw error
  }
}

/** What was read stays read when the next step begins. */
function neverLess(tell: Tell): Tell {
  let most = 0
  return (step, bytes) => tell(step, (most = Math.max(most, bytes)))
}

/** Holds the host, also when the version is ready: a worker that died after that has left its zones. */
async function onHost(
  job: Job,
  record: VersionRecord,
  signal: AbortSignal,
  tell: Tell,
  needs: ArchiveNeeds,
): Promise<string[]> {
  const host = await needs.hosts.get(job.host)
  const shell = needs.openShell(host)
  await holdHost(job, host.name, { ...needs, shell })
  let made: { notices: string[] } | { error: unknown }
  try {
    const isReady = record.state === 'ready'
    made = {
      notices: isReady ? [] : await makeVersion(job, record.manifest, host, shell, signal, tell, needs),
    }
  } catch (error) {
    made = { error }
  }
  tell('attach', 0)
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

async function makeVersion(
  job: Job,
  planned: Manifest,
  host: Host,
  shell: HostShell,
  signal: AbortSignal,
  tell: Tell,
  needs: ArchiveNeeds,
): Promise<string[]> {
  tell('look', 0)
  const zones = await surveyZones(shell)
  if (zones.length > MAX_ZONES)
    throw new ProvisionError(
      'conflict',
      'ArchiveRefused',
      `host ${host.name} has ${zones.length} zones, expected ${MAX_ZONES} at most`,
    )
  refuseActive(zones, job)
  const excluded = [...alwaysEmptied([]), ...job.exclude]
  const findings = assessZones(zones, {
    release: host.release,
    mounts: await surveyMounts(shell),
    excluded,
  })
  refuseUnallowed(findings, job.allow)
  const captured = zones.map((zone) => captureOf(zone, host, findings))
  await restZones(zones, captured, host, shell, signal, tell)
  const filled = captured.filter(({ name }) => zones.some((zone) => zone.name === name && zone.hasFiles))
  const archives = await readSystem(job, filled, shell, signal, tell, needs)
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

/** @throws ZonesRunning when a zone was booted meanwhile */
async function restZones(
  zones: readonly FoundZone[],
  captured: readonly CapturedZone[],
  { release }: Host,
  shell: HostShell,
  signal: AbortSignal,
  tell: Tell,
): Promise<void> {
  const options = { signal, timeoutMs: Math.max(zones.length, 1) * ZONE_TIMEOUT_MS }
  const running = activeZones(zones).map(({ name }) => name)
  if (running.length > 0) {
    tell('halt', 0)
    const how = release === 'illumos' ? 'zoneadm' : 'zlogin'
    const words = [how, String(SHUT_DOWN_SECONDS), ...running.toReversed()]
    await shell.run(archiveCommand('halt', ...words), options)
  }
  tell('detach', 0)
  for (const { name, zonecfg } of captured)
    await shell.run(archiveCommand('keep', `${name}.cfg`), { signal, input: zonecfg })
  await shell.run(archiveCommand('keep', 'order'), { signal, input: orderText(captured) })
  const installed = captured.filter(({ state }) => state === 'installed').map(({ name }) => name)
  if (installed.length > 0) await shell.run(archiveCommand('detach', ...installed), options)
}

/** For a restore by hand: a line a zone, in the order in which they boot. */
function orderText(captured: readonly CapturedZone[]): string {
  return captured
    .map(
      ({ name, state, wasRunning, autoboot, zonepath }) =>
        `${name} ${state} ${wasRunning ? 'running' : 'halted'} autoboot=${autoboot} ${zonepath}\n`,
    )
    .join('')
}

async function readSystem(
  { exclude }: Job,
  filled: readonly CapturedZone[],
  shell: HostShell,
  signal: AbortSignal,
  tell: Tell,
  { packageSystem }: ArchiveNeeds,
): Promise<PackagedArchives> {
  const { taken, emptied } = chooseFileSystems(
    await surveyMounts(shell),
    filled.map(({ zonepath }) => zonepath),
    [...alwaysEmptied(filled), ...exclude],
  )
  return packageSystem({
    shell,
    fileSystems: taken,
    emptied,
    signal,
    onProgress: (bytes) => tell('archive', bytes),
  })
}

function captureOf(zone: FoundZone, { release }: Host, findings: readonly Finding[]): CapturedZone {
  const { name, state, zonepath, zonecfg, brand } = zone
  const config = readCaptured(zone, release)
  const known = 'problem' in config ? undefined : config
  const { data, error } = CapturedZone.safeParse({
    name,
    state: state === 'configured' ? 'configured' : 'installed',
    wasRunning: state === 'running',
    zonepath,
    brand: brand ?? known?.properties.brand ?? 'native',
    autoboot: known?.autoboot ?? /^set autoboot="?true/m.test(zonecfg),
    zonecfg,
    ...keptFindings(name, findings),
  })
  if (data) return data
  throw new ProvisionError(
    'conflict',
    'ArchiveRefused',
    `zone ${JSON.stringify(name)} cannot travel: ${z.prettifyError(error)}`,
  )
}

function manifestOf(
  planned: Manifest,
  host: Host,
  capturedZones: CapturedZone[],
  { artifacts }: PackagedArchives,
): Manifest {
  return { ...planned, osRelease: host.release, arch: host.arch, capturedZones, artifacts }
}
