// What software a zone depends on: taken at detach, compared with the host at attach (zones.md 4.1, 4.2).
import type { ZoneConfig } from '#core/zone/config.ts'

/**
 * The place of package validation: the lines by which plain attach refuses a zone whose software differs from the host's.
 * The sandbox carries no host inventory yet, so every zone passes.
 */
export function compareInventory(_manifest: ZoneConfig): string[] {
  return []
}
