// SUNWdetached.xml: a zone's configuration as it travels with its zonepath (zones.md 3.3).
import { existsSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { ZoneConfig } from '#core/zone/config.ts'
import { renderZoneXml } from '#core/zone/xml.ts'
import { readZoneDocument, writeWhole } from '../zone-store.ts'

function manifestPath(zonepath: string): string {
  return path.join(zonepath, 'SUNWdetached.xml')
}

function attachedPath(zonepath: string): string {
  return path.join(zonepath, 'SUNWattached.xml')
}

export function hasManifest(zonepath: string): boolean {
  return existsSync(manifestPath(zonepath))
}

/** @throws ZoneXmlInvalid, ZoneXmlTooLarge */
export function readManifest(zonepath: string): ZoneConfig {
  return readZoneDocument(manifestPath(zonepath))
}

export function renderManifest(config: ZoneConfig): string {
  return renderZoneXml(config, { detached: true })
}

export function writeManifest(config: ZoneConfig): void {
  writeWhole(manifestPath(config.zonepath), renderManifest(config))
}

export function removeManifest(zonepath: string): void {
  rmSync(manifestPath(zonepath), { force: true })
}

/** After a successful attach neither form is left; after `attach -F` the manifest is kept under another name. */
export function retireManifest(zonepath: string, forced: boolean): void {
  if (forced && hasManifest(zonepath)) {
    renameSync(manifestPath(zonepath), attachedPath(zonepath))
    return
  }
  removeManifest(zonepath)
  rmSync(attachedPath(zonepath), { force: true })
}
