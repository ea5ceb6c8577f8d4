// Entries of a zoneroot by their path and by their directory. It stays as it is; a ZonerootTree keeps changes over it.
import type { StreamTree } from '../zfs/tree.ts'
import { zonerootEntries, type ZonerootEntry } from './zoneroot-entry.ts'

export class ZonerootIndex {
  readonly #entries = new Map<string, ZonerootEntry>()
  /** names in each directory */
  readonly #names = new Map<string, Set<string>>()

  constructor(entries: Iterable<ZonerootEntry>) {
    for (const entry of entries) {
      const { path } = entry
      if (path === '.') continue
      this.#entries.set(path, entry)
      const parent = parentOf(path)
      const names = this.#names.get(parent)
      if (names) names.add(nameOf(path))
      else this.#names.set(parent, new Set([nameOf(path)]))
    }
  }

  at(path: string): ZonerootEntry | undefined {
    return this.#entries.get(path)
  }

  names(directory: string): ReadonlySet<string> | undefined {
    return this.#names.get(directory)
  }

  [Symbol.iterator](): Iterator<ZonerootEntry> {
    return this.#entries.values()
  }
}

const indexes = new WeakMap<StreamTree, ZonerootIndex>()

/** The index of the tree's zoneroot; made once for as long as the tree is there, since many zones are made from one. */
export function zonerootIndex(tree: StreamTree): ZonerootIndex {
  const index = indexes.get(tree) ?? new ZonerootIndex(zonerootEntries(tree))
  indexes.set(tree, index)
  return index
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
