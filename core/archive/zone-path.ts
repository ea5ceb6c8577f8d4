// Where a file of an archive lies in its zone.
import type { ArchiveLayout } from '../manifest.ts'

/** Relative to the zone's root, `.` for the root itself; undefined for what lies beside it in a zonepath. */
export function pathInZone(path: string, layout: ArchiveLayout): string | undefined {
  if (layout === 'zoneroot') return path
  if (path === 'root') return '.'
  return path.startsWith('root/') ? path.slice('root/'.length) : undefined
}
