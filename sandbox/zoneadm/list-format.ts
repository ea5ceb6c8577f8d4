// The lines of `zoneadm list`, by release (zones.md 1.4).
import type { OsRelease } from '#core/host.ts'
import { isSolaris10, releaseHas } from './release.ts'

export interface ListedZone {
  /** absent unless the zone is ready or more */
  id?: number
  name: string
  state: string
  zonepath: string
  uuid: string
  brand: string
  ipType: 'shared' | 'excl'
  debugid: string
}

/** `list -v`: the header and a line for each zone; fields are padded, never cut. */
export function renderVerboseList(zones: readonly ListedZone[], release: OsRelease): string {
  const branded = releaseHas(release, 's10u4')
  const line = (id: string, name: string, state: string, path: string, brand: string, ip: string) =>
    branded
      ? `${id.padStart(4)} ${name.padEnd(16)} ${state.padEnd(10)} ${path.padEnd(30)} ${brand.padEnd(8)} ${ip.padEnd(6)}\n`
      : `${id.padStart(4)} ${name.padEnd(16)} ${state.padEnd(14)} ${path.padEnd(30)}\n`
  return [
    line('ID', 'NAME', 'STATUS', 'PATH', 'BRAND', 'IP'),
    ...zones.map((zone) =>
      line(zone.id?.toString() ?? '-', zone.name, zone.state, zone.zonepath, zone.brand, zone.ipType),
    ),
  ].join('')
}

/** `list -p`: five fields up to 11/06, seven from 8/07, eight on OmniOS; a colon in the path is `\:`. */
export function renderParsableList(zones: readonly ListedZone[], release: OsRelease): string {
  return zones
    .map((zone) => {
      const fields = [
        zone.id?.toString() ?? '-',
        zone.name,
        zone.state,
        zone.zonepath.replaceAll(':', '\\:'),
        zone.uuid,
      ]
      if (releaseHas(release, 's10u4')) fields.push(zone.brand, zone.ipType === 'excl' ? 'excl' : 'shared')
      if (!isSolaris10(release)) fields.push(zone.debugid)
      return `${fields.join(':')}\n`
    })
    .join('')
}
