// An index as it is compared with that of a conversion: files by their place, every name of a file with what it shares.
import { nameByName } from '../archive/encode-name.ts'
import { pathInZone } from '../archive/zone-path.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveLayout } from '../manifest.ts'

/** An entry under each of its names alone; `names` are all names of a file that has several. */
export interface TreeLine extends Entry {
  names?: readonly string[]
}

/**
 * The entries in their order. `places` says which of them count: those of the zone, whatever lies beside it in a zonepath, or
 * all as they are. `entries` is read twice; memory grows with the hard links alone.
 */
export async function* treeLines(
  entries: () => AsyncIterable<Entry>,
  places: ArchiveLayout,
): AsyncGenerator<TreeLine> {
  const groups = new Map<string, { names: string[]; first: Entry | undefined }>()
  const place = (path: string) => pathInZone(nameByName(path), places)
  for await (const { type, path, link } of entries()) {
    if (type !== 'hardlink' || link === undefined) continue
    const group = groups.get(link) ?? { names: namesOf(place(link)), first: undefined }
    group.names.push(...namesOf(place(path)))
    groups.set(link, group)
  }
  for (const { names } of groups.values()) names.sort()
  for await (const entry of entries()) {
    const path = place(entry.path)
    const group = groups.get(entry.type === 'hardlink' ? (entry.link ?? '') : entry.path)
    if (group && entry.type !== 'hardlink') group.first = entry
    // some archives have the root itself, others do not
    if (path !== undefined && path !== '.') yield lineOf(entry, path, group)
  }
}

function namesOf(path: string | undefined): string[] {
  return path === undefined ? [] : [path]
}

function lineOf(
  entry: Entry,
  path: string,
  group: { names: readonly string[]; first: Entry | undefined } | undefined,
): TreeLine {
  if (!group?.first) return { ...entry, path }
  const { type, size, sha256, link } = group.first
  const shared = { type, size, ...(sha256 !== undefined && { sha256 }), ...(link !== undefined && { link }) }
  // GNU tar has further names of a symlink, a device or a fifo as hard links too; other forms have each as one of its own
  const names = type !== 'file' || group.names.length < 2 ? {} : { names: group.names }
  const { link: _first, ...rest } = entry
  return { ...rest, path, ...shared, ...names }
}
