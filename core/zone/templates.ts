// The read-only template documents of /etc/zones, by release: what `create` and `create -b` copy (zones.md 2.7).
import type { OsRelease } from '../host.ts'
import { emptyZoneConfig, zoneElement, type ZoneConfig } from './config.ts'

const sparseRoot = ['/lib', '/platform', '/sbin', '/usr']

/** Template name → document: `SUNWdefault.xml` and `SUNWblank.xml` as the system delivers them. */
export function zoneTemplates(release: OsRelease): Record<'SUNWdefault' | 'SUNWblank', ZoneConfig> {
  const blank = emptyZoneConfig('blank')
  if (release === 'illumos') {
    const properties = { brand: 'lipkg', 'ip-type': 'exclusive' }
    return { SUNWdefault: { ...emptyZoneConfig('default'), properties }, SUNWblank: { ...blank, properties } }
  }
  const elements = sparseRoot.map((directory) => zoneElement('inherited-pkg-dir', { directory }))
  return { SUNWdefault: { ...emptyZoneConfig('default'), elements }, SUNWblank: blank }
}
