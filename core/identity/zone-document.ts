// The SUNWdetached.xml of a zone that nobody has configured yet: after `create -a` of it nothing is left to set.
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import type { InventoryItem, Manifest } from '../manifest.ts'
import { storedConfig } from '../plan/flash-config.ts'
import { withoutForeign } from '../plan/foreign.ts'
import { ORIGIN_ATTR } from '../plan/plan-zone.ts'
import type { PlannedZone } from '../plan/schema.ts'
import { zoneElement, type ZoneConfig } from '../zone/config.ts'
import { inventoryOf, withInventory } from '../zone/inventory.ts'
import { infoOf, replayCommands } from '../zone/replay.ts'
import { parseZoneXml, renderZoneXml } from '../zone/xml.ts'

export interface ZoneDocumentRequest {
  manifest: Manifest
  zone: PlannedZone
  /** of the host */
  release: OsRelease
  /** SUNWdetached.xml of the template's tree, where it has one */
  detachedXml?: string | undefined
}

/**
 * The flash zone's configuration as configure_flash_zone of finish-scripts/template.sh leaves it, then the profile's commands as
 * configure_zone of finish-scripts/zone.sh runs them.
 * @throws ZonecfgCommandsInvalid when the commands do not fit the template's configuration
 */
export function zoneDocument({ manifest, zone, release, detachedXml }: ZoneDocumentRequest): string {
  const template = templateOf(manifest, release, detachedXml)
  const flashZone = `flash${manifest.template}`
  const origin = `${manifest.template}@${manifest.version}`
  const flash = withOrigin({ ...withoutForeign(template.config), name: flashZone }, origin)
  const [create = '', ...rest] = zone.zonecfg.trimEnd().split('\n')
  const commands = [create, ...inheritedClashes(flash, zone.replaces, release), ...rest]
  const config = replayCommands(commands.join('\n'), { zone: zone.name, release, zones: [flash] })
  return renderZoneXml(withInventory(config, template.inventory), { detached: true })
}

interface Template {
  config: ZoneConfig
  inventory: readonly InventoryItem[]
}

/** What the tree says of itself, or else what the server knows of it. */
function templateOf(manifest: Manifest, release: OsRelease, detachedXml: string | undefined): Template {
  const known = () => ({
    config: storedConfig(manifest, manifest.template, release),
    inventory: manifest.inventory ?? [],
  })
  if (detachedXml === undefined) return known()
  try {
    const config = parseZoneXml(detachedXml)
    return { config: withInventory(config, []), inventory: inventoryOf(config) }
  } catch (error) {
    if (error instanceof ProvisionError) return known()
    throw error
  }
}

/** By this attr the host knows the zone as one of ours. */
function withOrigin(config: ZoneConfig, origin: string): ZoneConfig {
  const isOrigin = ({ tag, attributes }: ZoneConfig['elements'][number]) =>
    tag === 'attr' && attributes['name'] === ORIGIN_ATTR
  const others = config.elements.filter((element) => !isOrigin(element))
  const attr = zoneElement('attr', { name: ORIGIN_ATTR, type: 'string', value: origin })
  return { ...config, elements: [...others, attr] }
}

/** What the profile sets and the flash zone has as well must go before it can be added. */
function inheritedClashes(flash: ZoneConfig, replaces: readonly string[], release: OsRelease): string[] {
  const has = (resource: string) =>
    infoOf(flash, resource, release)
      .split('\n')
      .some((line) => line.startsWith(`${resource.split(' ')[0]}:`))
  return replaces.filter(has).map((resource) => `remove ${resource}`)
}
