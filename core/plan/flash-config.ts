// The configuration with which a template is attached, where its archive brings no SUNWdetached.xml.
import { ProvisionError } from '../errors.ts'
import { OsRelease } from '../host.ts'
import type { Manifest } from '../manifest.ts'
import { foreignLines, withoutForeign } from './foreign.ts'
import { emptyZoneConfig, type ZoneConfig } from '../zone/config.ts'
import { withInventory } from '../zone/inventory.ts'
import { replayCommands } from '../zone/replay.ts'
import { renderZoneXml } from '../zone/xml.ts'

/** Text of a SUNWdetached.xml: the stored zonecfg export without what belongs to its host, then the inventory. */
export function detachedXml(
  manifest: Manifest,
  { zone, zonepath, release }: { zone: string; zonepath: string; release: OsRelease },
): string {
  const config = withoutForeign(storedConfig(manifest, zone, release))
  const own = { ...config, name: zone, zonepath, autoboot: false }
  return renderZoneXml(withInventory(own, manifest.inventory ?? []), { detached: true })
}

/** The same as `zoneadm detach` would have written it where the template was made; undefined when that is not known. */
export function storedDetachedXml(manifest: Manifest): string | undefined {
  if (manifest.zonecfg === undefined) return undefined
  const named = OsRelease.safeParse(manifest.osRelease)
  const newest = manifest.osFamily === 'solaris10' ? 's10u11' : 'illumos'
  const config = storedConfig(manifest, manifest.template, named.success ? named.data : newest)
  if (config.zonepath === '') return undefined
  return renderZoneXml(withInventory(config, manifest.inventory ?? []), { detached: true })
}

/** What the plan says about the parts of the configuration that belong to the host the template was made on. */
export function foreignResources(manifest: Manifest, release: OsRelease): string[] {
  return foreignLines(storedConfig(manifest, 'flash', release))
}

/** An export does not quote its global values (zones.md 2.9), so one may not replay; the brand is then all that is known. */
export function storedConfig(manifest: Manifest, zone: string, release: OsRelease): ZoneConfig {
  // native is what a zone without the attribute is, also to releases that do not know it
  const minimal: ZoneConfig = {
    ...emptyZoneConfig(zone),
    properties: manifest.brand === 'native' ? {} : { brand: manifest.brand },
  }
  if (manifest.zonecfg === undefined) return minimal
  try {
    return replayCommands(manifest.zonecfg, { zone, release })
  } catch (error) {
    if (error instanceof ProvisionError) return minimal
    throw error
  }
}
