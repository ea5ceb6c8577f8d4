// An index as a comparison needs it: files by their place in the zone, every name of a file with its contents.
import { pathInZone } from '../archive/zone-path.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveLayout } from '../manifest.ts'

/** What a hard link borrows from the name that has the data. */
type Contents = Pick<Entry, 'size'> & { sha256?: string }

/**
 * The entries in the order of the archive. `entries` is read twice: which files have further names is known only at the end.
 * Memory grows with the hard links alone.
 */
export async function* filesOf(
  entries: () => AsyncIterable<Entry>,
  layout: ArchiveLayout,
): AsyncGenerator<Entry> {
  const targets = new Map<string, Contents | undefined>()
  for await (const { type, link } of entries())
    if (type === 'hardlink' && link !== undefined) targets.set(link, undefined)
  for await (const entry of entries()) {
    const file = entry.type === 'hardlink' ? withContents(entry, targets) : entry
    if (targets.has(entry.path)) targets.set(entry.path, contentsOf(file))
    const path = pathInZone(entry.path, layout)
    // some archives have the root itself, others do not: it is not compared
    if (path !== undefined && path !== '.') yield { ...file, path }
  }
}

/** A target comes before the links to it. */
function withContents(entry: Entry, targets: ReadonlyMap<string, Contents | undefined>): Entry {
  const { link, ...rest } = entry
  const contents = link === undefined ? undefined : targets.get(link)
  return contents === undefined ? entry : { ...rest, type: 'file', ...contents }
}

function contentsOf({ size, sha256 }: Entry): Contents {
  return { size, ...(sha256 !== undefined && { sha256 }) }
}
