// The host that zoneadm acts on, and one zone of it.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { OsRelease } from '#core/host.ts'
import type { IndexEntry, IndexState } from '#core/zone/index-file.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import type { KernelState } from '../kernel-state.ts'
import { openZoneStore, type ZoneStore } from '../zone-store.ts'

export type ZoneState = IndexState | KernelState['state']

export interface ZonesHost {
  release: OsRelease
  store: ZoneStore
}

const SandboxFile = z.object({ release: OsRelease })

/** The sandbox host that this process runs in. */
export function openZonesHost(): ZonesHost {
  const { release } = SandboxFile.parse(JSON.parse(readFileSync('/etc/sandbox.json', 'utf8')))
  return { release, store: openZoneStore('/') }
}

/** A zone's state as `zoneadm list` prints it: the kernel's word counts before the index. */
export function zoneState({ store }: ZonesHost, entry: IndexEntry): ZoneState {
  return store.kernelState(entry.name)?.state ?? entry.state
}

/** The zone's brand; a document without one is native. */
export function brandOf(config: ZoneConfig): string {
  return config.properties.brand || 'native'
}

/** Solaris 10 zones execute on Solaris only, here their boot is acted out; lx zones run. */
export function isLx(config: ZoneConfig): boolean {
  return brandOf(config) === 'lx'
}
