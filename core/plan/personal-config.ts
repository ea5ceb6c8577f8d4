// The configuration that a personal stream brings to its zone: `zonecfg create -a` reads it, then the profile's settings follow.
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import type { Manifest } from '../manifest.ts'
import { zoneElement, type ZoneConfig, type ZoneElement } from '../zone/config.ts'
import { inventoryOf, withInventory } from '../zone/inventory.ts'
import { parseZoneXml, renderZoneXml } from '../zone/xml.ts'
import { withoutForeign } from './foreign.ts'
import { storedConfig } from './flash-config.ts'
import { ORIGIN_ATTR } from './plan-zone.ts'
import type { PlannedZone } from './schema.ts'

/**
 * Text of the SUNWdetached.xml of one zone: what its template's configuration passes on, without what belongs to the host it was
 * made on and what the profile sets anew, with the attr that says where the zone comes from. `own` is the text of the file of
 * that name in the template; what is no zone document there, or is missing, is made up for by the manifest.
 */
export function personalDetachedXml(
  manifest: Manifest,
  zone: Pick<PlannedZone, 'name' | 'zonepath' | 'template' | 'version' | 'replaces'>,
  { release, own }: { release: OsRelease; own?: string | undefined },
): string {
  const said = own === undefined ? undefined : readOwn(own)
  const config = withoutForeign(said ?? storedConfig(manifest, zone.name, release))
  const inventory = said ? inventoryOf(said) : (manifest.inventory ?? [])
  const replaced = new Set([...zone.replaces, `attr name="${ORIGIN_ATTR}"`])
  const kept = config.elements.filter((element) => !replaced.has(keyOf(element)))
  const origin = zoneElement('attr', {
    name: ORIGIN_ATTR,
    type: 'string',
    value: `${zone.template}@${zone.version}`,
  })
  const whole: ZoneConfig = {
    ...config,
    name: zone.name,
    zonepath: zone.zonepath,
    autoboot: false,
    elements: [...kept, origin],
  }
  return renderZoneXml(withInventory(whole, inventory), { detached: true })
}

function readOwn(text: string): ZoneConfig | undefined {
  try {
    return parseZoneXml(text)
  } catch (error) {
    if (error instanceof ProvisionError) return undefined
    throw error
  }
}

/** As PlannedZone's `replaces` names a resource. */
function keyOf({ tag, attributes }: ZoneElement): string {
  if (tag === 'filesystem') return `fs dir="${attributes['directory'] ?? ''}"`
  return `${tag} name="${attributes['name'] ?? ''}"`
}
