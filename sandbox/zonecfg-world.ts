// What zonecfg reads and writes on a sandbox host: its documents, its index, detached zones below its root.
import { existsSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { OsRelease } from '#core/host.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import type { ZonecfgWorld } from '#core/zone/language/world.ts'
import { zoneTemplates } from '#core/zone/templates.ts'
import { readZoneDocument, type ZoneStore } from './zone-store.ts'

/** The host behind `store`, for a session of zonecfg. The templates of the release exist also before they are delivered. */
export function zonecfgWorld(store: ZoneStore, release: OsRelease): ZonecfgWorld {
  const templates: Readonly<Record<string, ZoneConfig>> = zoneTemplates(release)
  return {
    readConfig: (name) => {
      if (store.hasConfig(name)) return store.readConfig(name)
      return Object.hasOwn(templates, name) ? templates[name] : undefined
    },
    readDetached: (zonepath) => {
      const manifest = path.join(store.root, zonepath, 'SUNWdetached.xml')
      const zoneroot = statSync(path.join(store.root, zonepath, 'root'), { throwIfNoEntry: false })
      return zoneroot?.isDirectory() && existsSync(manifest) ? readZoneDocument(manifest) : undefined
    },
    stateOf: (zone) => store.kernelState(zone)?.state ?? store.findEntry(zone)?.state,
    save: (config, previousName) => {
      if (previousName !== undefined && store.findEntry(previousName)) store.rename(previousName, config)
      else store.writeConfig(config)
      store.setZonepath(config.name, config.zonepath)
    },
    destroy: (zone) => store.remove(zone),
    writeFile: (file, text) => writeFileSync(file, text),
  }
}
