// Looks at the zones and file systems of a host whose system is to be archived, and changes nothing.
import { ProvisionError } from '#core/errors.ts'
import { parseZoneLine } from '#core/packaging/zone-line.ts'
import type { SurveyedZone } from '#core/system-archive/assess-zone.ts'
import { detachedCommand, mountsCommand } from '#core/system-archive/commands.ts'
import { parseMounts, type Mount } from '#core/system-archive/mounts.ts'
import { requoteExport } from '#core/system-archive/requote-export.ts'
import type { HostShell } from '../ports/hosts.ts'

export interface FoundZone extends SurveyedZone {
  /** absent on releases before brands */
  brand: string | undefined
  /** installed, or detached by somebody before: what lies in its zonepath travels */
  hasFiles: boolean
}

/**
 * Running zones in the order in which they booted, then the others as the host lists them.
 * @throws CommandFailed, CommandOutput, HostUnreachable
 */
export async function surveyZones(shell: HostShell): Promise<FoundZone[]> {
  const list = await shell.run(['/usr/sbin/zoneadm', 'list', '-cp'])
  const lines = list.split('\n').filter((line) => line !== '')
  const zones: FoundZone[] = []
  for (const line of lines) {
    const { name, state, zonepath, brand } = parseZoneLine(line)
    if (name === 'global') continue
    const exported = await shell.run(['/usr/sbin/zonecfg', '-z', name, 'export'])
    const hasFiles = state !== 'configured' || (await shell.run(detachedCommand(zonepath))).trim() === 'yes'
    zones.push({ name, state, zonepath, brand, hasFiles, zonecfg: replayable(exported) })
  }
  return zones
}

/** As it was printed where a value has no other spelling: that is told as a row of its own. */
function replayable(exported: string): string {
  try {
    return requoteExport(exported)
  } catch (error) {
    if (error instanceof ProvisionError) return exported
    throw error
  }
}

/** What is mounted in the global zone. @throws CommandFailed, HostUnreachable */
export async function surveyMounts(shell: HostShell): Promise<Mount[]> {
  return parseMounts(await shell.run(mountsCommand))
}
