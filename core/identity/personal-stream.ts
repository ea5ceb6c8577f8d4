// The increment that makes a clone of a template one zone of one host: all that is its identity, in a few kilobytes.
import type { OsRelease } from '../host.ts'
import type { Manifest } from '../manifest.ts'
import type { PlannedZone } from '../plan/schema.ts'
import type { ObjectSet } from '../zfs/object-set.ts'
import type { StreamTree } from '../zfs/tree.ts'
import type { IdentityMaterial } from './material.ts'

export interface PersonalStreamRequest {
  /** the template's snapshot as the host has received it */
  base: ObjectSet
  /** its tree, a zonepath */
  tree: StreamTree
  manifest: Manifest
  zone: PlannedZone
  /** of the host: how its zonecfg writes the configuration */
  release: OsRelease
  /** the same material gives the same stream */
  material: IdentityMaterial
  /** contents of a small file of the tree, by its path: `root/etc/shadow` */
  readFile: (path: string) => Promise<Uint8Array>
  /** time of the snapshot and of all that is written */
  now: Date
}

/** Renders the whole increment: clone flag set, `zoneflash/ZONE@identity`, its guid made of the base's and of what is in it. */
export type RenderPersonalStream = (request: PersonalStreamRequest) => Promise<Uint8Array>
