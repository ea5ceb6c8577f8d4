// Times that cpio has no place for: its seconds since 1970 are 32 bits without a sign (jumpstart.md 4.3).
import { pathInZone } from '../archive/zone-path.ts'
import type { Entry } from '../entry.ts'
import { ProvisionError } from '../errors.ts'
import type { ArchiveLayout } from '../manifest.ts'

const LAST_SECOND = 0xffffffff

/** `mtime` in seconds since the epoch. */
export function fitsCpioTime(mtime: number): boolean {
  return mtime >= 0 && mtime <= LAST_SECOND
}

/** Looks at what an archive of the zone would hold. @throws CannotConvert with the first path whose time cpio cannot hold */
export async function assertTimesFitCpio(
  entries: AsyncIterable<Entry>,
  layout: ArchiveLayout,
): Promise<void> {
  for await (const { path, mtime } of entries) {
    const place = pathInZone(path, layout)
    if (place === undefined || place === '.' || fitsCpioTime(mtime)) continue
    throw new ProvisionError(
      'conflict',
      'CannotConvert',
      `${JSON.stringify(path)} has the time ${mtime}, cpio has 0 (1970) to ${LAST_SECOND} (2106), expected tar or zfs`,
    )
  }
}
