// The captured zones of a system as finish-scripts/restore-zones.sh reads them, and a script of its own with them in it.
import type { AttachPolicy } from '../attach-policy.ts'
import type { CapturedZone, OsFamily } from '../manifest.ts'
import { shellQuote } from '../shell-quote.ts'
import { heldLine, isAllowed, type ArchiveRow } from './finding.ts'
import { mapCaptured, type InterfaceMap } from './map-interfaces.ts'

export interface RestoreOptions {
  osFamily: OsFamily
  interfaceMap: InterfaceMap
  /** archive rows that somebody has looked after on this host */
  allow?: readonly ArchiveRow[]
  attach?: AttachPolicy
}

/** Files of finish-scripts/ that the script holds, in order. */
export const restoreFiles = ['lib.sh', 'zone.sh', 'restore-zones.sh'] as const

/**
 * `zf_captured_count` and the functions `zf_captured_1` …, which set z_name, z_path, z_state, z_was_running, z_autoboot,
 * z_attach, z_interfaces, z_sources, z_held and z_zonecfg.
 * @throws ZonecfgValueInvalid, ShellValueInvalid
 */
export function renderCapturedZones(zones: readonly CapturedZone[], options: RestoreOptions): string[] {
  return [
    `zf_captured_count=${zones.length}`,
    '',
    ...zones.flatMap((zone, index) => capturedFunction(zone, index + 1, options)),
  ]
}

/** @throws what renderCapturedZones does */
export function renderRestoreScript(
  { template, version, zones }: { template: string; version: string; zones: readonly CapturedZone[] },
  options: RestoreOptions,
  library: string,
): string {
  return [
    '#!/bin/sh',
    `# Restores the zones of the system ${template}@${version}. Run it as root on the host that was installed with it.`,
    '# shellcheck disable=SC2003,SC2006,SC2016,SC2034,SC2154,SC2162,SC2172,SC2317 # Solaris 10 has no newer words; values stay quoted',
    '',
    ...renderCapturedZones(zones, options),
    library.trimEnd(),
    '',
    'restore_main',
    '',
  ].join('\n')
}

function capturedFunction(zone: CapturedZone, number: number, options: RestoreOptions): string[] {
  const { interfaceMap, osFamily, allow = [], attach = 'strict' } = options
  const held = zone.held.filter((finding) => !isAllowed(finding, allow))
  const { commands, interfaces, sources } = mapCaptured(zone, interfaceMap, osFamily)
  const values = {
    z_name: zone.name,
    z_path: zone.zonepath,
    z_state: zone.state,
    z_was_running: zone.wasRunning ? 'yes' : '',
    z_autoboot: String(zone.autoboot),
    z_attach: attach,
    z_interfaces: interfaces.join(' '),
    z_sources: sources.join('\n'),
    z_held: held.map(heldLine).join('\n'),
    z_zonecfg: commands.trimEnd(),
  }
  return [
    `zf_captured_${number}() {`,
    ...Object.entries(values).map(([name, value]) => `  ${name}=${shellQuote(value)}`),
    '}',
    '',
  ]
}
