// Captures the zones of a host, and lays them to rest so that their files hold still.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import type { Host, OsRelease } from '#core/host.ts'
import { CapturedZone } from '#core/manifest.ts'
import { archiveCommand, SHUT_DOWN_SECONDS } from '#core/system-archive/commands.ts'
import type { ZoneFinding } from '#core/system-archive/finding.ts'
import { activeZones, keptFindings } from '#core/system-archive/judge-host.ts'
import { readCaptured } from '#core/system-archive/read-captured.ts'
import type { HostShell } from '../ports/hosts.ts'
import type { Tell } from '../report-progress.ts'
import type { FoundZone } from './survey-host.ts'

/** Work on one host that may be stopped and tells how far it is. */
export interface HostRun {
  host: Host
  shell: HostShell
  signal: AbortSignal
  tell: Tell
}

/** of one zone: its shutdown, or what detach reads of its packages */
const ZONE_TIMEOUT_MS = 30 * 60_000

/** @throws ArchiveRefused for one that no manifest can carry */
export function captureZone(
  zone: FoundZone,
  release: OsRelease,
  findings: readonly ZoneFinding[],
): CapturedZone {
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

/** Halts what runs, and detaches what is installed. @throws ZonesRunning when a zone was booted meanwhile */
export async function restZones(
  zones: readonly FoundZone[],
  captured: readonly CapturedZone[],
  { host, shell, signal, tell }: HostRun,
): Promise<void> {
  const options = { signal, timeoutMs: Math.max(zones.length, 1) * ZONE_TIMEOUT_MS }
  const running = activeZones(zones).map(({ name }) => name)
  if (running.length > 0) {
    tell('halt', 0)
    const how = host.release === 'illumos' ? 'zoneadm' : 'zlogin'
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
