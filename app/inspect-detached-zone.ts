// Looks at a zone on its host and refuses one that is not halted and detached.
import { ProvisionError } from '#core/errors.ts'
import type { OsRelease } from '#core/host.ts'
import { checkDetached, parseZoneLine, type ZoneLine } from '#core/packaging/zone-line.ts'
import { parseOsRelease } from '#core/packaging/zone-family.ts'
import { brandOf } from '#core/zone/releases.ts'
import { parseZoneXml } from '#core/zone/xml.ts'
import type { HostShell } from './ports/hosts.ts'

const ZONEADM = '/usr/sbin/zoneadm'

export interface DetachedZone {
  name: string
  zonepath: string
  zoneroot: string
  brand: string
  osRelease: string
  detachedXml: string
}

/** @throws ZoneNotFound, ZoneRunning, ZoneNotDetached, ZoneIncomplete, ZoneXmlInvalid, HostUnreachable */
export async function inspectDetachedZone(
  shell: HostShell,
  name: string,
  release: OsRelease,
): Promise<DetachedZone> {
  const line = await zoneLine(shell, name)
  const { zonepath } = line
  const detachedXml = await readIfThere(shell, `${zonepath}/SUNWdetached.xml`)
  checkDetached(line, detachedXml !== undefined)
  const brand = brandOf(parseZoneXml(detachedXml ?? ''), release)
  const zoneroot = `${zonepath}/root`
  const osRelease = brand === 'lx' ? await linuxRelease(shell, zoneroot) : release
  return { name, zonepath, zoneroot, brand, osRelease, detachedXml: detachedXml ?? '' }
}

/** @throws ZoneNotFound */
export async function zonepathOf(shell: HostShell, zone: string): Promise<string> {
  return (await zoneLine(shell, zone)).zonepath
}

async function zoneLine(shell: HostShell, zone: string): Promise<ZoneLine> {
  const output = await shell.run([ZONEADM, '-z', zone, 'list', '-p']).catch((cause: unknown) => {
    if (!(cause instanceof ProvisionError) || !/No such zone/.test(cause.message)) throw cause
    throw new ProvisionError('missing', 'ZoneNotFound', `there is no zone ${zone} on the host`, { cause })
  })
  return parseZoneLine(output)
}

/** os-release is often a link into usr/lib, which from outside is to be read there. */
async function linuxRelease(shell: HostShell, zoneroot: string): Promise<string> {
  const text =
    (await readIfThere(shell, `${zoneroot}/usr/lib/os-release`)) ??
    (await readIfThere(shell, `${zoneroot}/etc/os-release`)) ??
    ''
  return parseOsRelease(text) ?? 'linux'
}

async function readIfThere(shell: HostShell, file: string): Promise<string | undefined> {
  return shell.run(['cat', file]).catch((error: unknown) => {
    if (error instanceof ProvisionError && error.code === 'CommandFailed') return undefined
    throw error
  })
}
