// What the archive section of a flash archive will have, by the index of its tree alone: its archiver and its bytes.
import type { Archiver } from '../flar/archiver.ts'
import { CPIO_HEADER, CPIO_TRAILER, cpioPadding } from '../archive/cpio-header.ts'
import { CPIO_MAX_SIZE_EVERYWHERE } from '../archive/cpio-writer.ts'
import { parseDevice } from '../archive/devices.ts'
import { encodeName } from '../archive/encode-name.ts'
import { TAR_BLOCK } from '../archive/tar-header.ts'
import { tarMember, tarTrailer } from '../archive/tar-writer.ts'
import { pathInZone } from '../archive/zone-path.ts'
import type { Entry } from '../entry.ts'
import { bytesOnDisk } from '../flar/disk-bytes.ts'
import type { ArchiveLayout } from '../manifest.ts'
import { fitsCpioTime } from './cpio-times.ts'

export interface FlarSizes {
  /** pax where cpio, or an old program of it, cannot hold a file's size or time (jumpstart.md 4.3) */
  archiver: Archiver
  /** bytes of the archive section. A guess where the index shows bytes of a name that are no text */
  archived: number
  /** bytes that the files need on a disk, at least 1 */
  unarchived: number
}

/** Sizes of what lies in the zone; `entries` in any order. */
export async function measureFlar(entries: AsyncIterable<Entry>, layout: ArchiveLayout): Promise<FlarSizes> {
  const sizes = { cpio: 0, tar: 0, unarchived: 0 }
  let fitsCpio = true
  for await (const entry of entries) {
    const path = pathInZone(entry.path, layout)
    if (path === undefined || path === '.') continue
    const name = encodeName(path, -1)
    const link = entry.link === undefined ? undefined : encodeName(linkInZone(entry, layout), -1)
    fitsCpio &&= entry.size <= CPIO_MAX_SIZE_EVERYWHERE && fitsCpioTime(entry.mtime)
    sizes.cpio += cpioBytes(name, entry.type === 'symlink' ? (link?.byteLength ?? 0) : entry.size)
    sizes.tar += tarBytes(entry, name, link)
    if (entry.type !== 'hardlink') sizes.unarchived += bytesOnDisk(entry.size)
  }
  const cpio = sizes.cpio + cpioBytes(new TextEncoder().encode(CPIO_TRAILER), 0)
  return {
    archiver: fitsCpio ? 'cpio' : 'pax',
    archived: fitsCpio ? Math.ceil(cpio / 512) * 512 : sizes.tar + tarTrailer(sizes.tar).byteLength,
    unarchived: Math.max(1, sizes.unarchived),
  }
}

function linkInZone({ type, link = '' }: Entry, layout: ArchiveLayout): string {
  return type === 'hardlink' ? (pathInZone(link, layout) ?? link) : link
}

function cpioBytes(name: Uint8Array, data: number): number {
  const head = CPIO_HEADER + name.byteLength + 1
  return head + cpioPadding(head) + data + cpioPadding(data)
}

function tarBytes(
  { type, mode, uid, gid, size, mtime, device }: Entry,
  path: Uint8Array,
  link: Uint8Array | undefined,
): number {
  const header = tarMember({
    path,
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    ...(link && { link }),
    ...(device !== undefined && { device: parseDevice(device) }),
  })
  return header.byteLength + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
}
