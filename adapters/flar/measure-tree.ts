// What is in a tree that becomes an archive section, by lstat alone.
import { CPIO_MAX_SIZE, CPIO_MAX_SIZE_EVERYWHERE } from '#core/archive/cpio-writer.ts'
import { bytesOnDisk } from '#core/flar/disk-bytes.ts'
import { fitsCpioTime } from '#core/conversion/cpio-times.ts'
import { wholeSeconds, type Files, type LocalFile } from './local-tree.ts'

export interface MeasuredTree {
  /** names that are taken */
  entries: number
  /** bytes that they need on a disk */
  unarchivedBytes: number
  /** how many names an inode has in the tree, where it has several */
  links: ReadonlyMap<string, number>
  /** the first file that cpio cannot hold, and why */
  tooMuchForCpio: { path: string; why: string } | undefined
  /** the first file that cpio holds, but not every program of that name reads, and why */
  tooMuchForOldCpio: { path: string; why: string } | undefined
  /** left out: device nodes and sockets belong to who runs */
  devices: number
  sockets: number
}

/** A file of a type that flash archives take. */
export type TakenFile = LocalFile & { type: Exclude<LocalFile['type'], 'socket' | 'block' | 'character'> }

export function isTaken(file: LocalFile): file is TakenFile {
  return file.type !== 'socket' && file.type !== 'block' && file.type !== 'character'
}

/** The inode of a file that has several names. */
export function sharedInode({ type, stats }: LocalFile): string | undefined {
  return type === 'file' && stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : undefined
}

/** What must be known of the listed files before the first of them is written. */
export async function measureTree(files: Files): Promise<MeasuredTree> {
  const links = new Map<string, number>()
  const count = {
    entries: 0,
    devices: 0,
    sockets: 0,
    disk: 0,
  }
  let tooMuchForCpio: MeasuredTree['tooMuchForCpio']
  let tooMuchForOldCpio: MeasuredTree['tooMuchForOldCpio']
  for await (const file of files) {
    if (!isTaken(file)) {
      count[file.type === 'socket' ? 'sockets' : 'devices'] += 1
      continue
    }
    const { type, stats, path } = file
    const size = type === 'file' || type === 'symlink' ? Number(stats.size) : 0
    const inode = sharedInode(file)
    const before = inode === undefined ? 0 : (links.get(inode) ?? 0)
    if (inode !== undefined) links.set(inode, before + 1)
    count.entries += 1
    if (before === 0) count.disk += bytesOnDisk(size)
    const why = tooMuch(size, wholeSeconds(stats))
    if (why !== undefined) tooMuchForCpio ??= { path, why }
    else if (size > CPIO_MAX_SIZE_EVERYWHERE)
      tooMuchForOldCpio ??= { path, why: `has ${size} bytes, old programs of cpio read less than 2 GiB` }
  }
  return {
    entries: count.entries,
    unarchivedBytes: Math.max(1, count.disk),
    links,
    tooMuchForCpio,
    tooMuchForOldCpio,
    devices: count.devices,
    sockets: count.sockets,
  }
}

function tooMuch(size: number, mtime: number): string | undefined {
  if (size > CPIO_MAX_SIZE) return `has ${size} bytes, cpio holds less than 4 GiB`
  return fitsCpioTime(mtime) ? undefined : `has the time ${mtime}, cpio holds those of 1970 to 2106`
}
