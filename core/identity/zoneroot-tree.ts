// The tree of a zoneroot while it changes: lookups as the shell's `test` makes them.
import type { ZonerootEntry } from './zoneroot-entry.ts'
import { nameOf, parentOf, ZonerootIndex } from './zoneroot-index.ts'

/** as many as kernels follow */
const MAX_LINKS = 40

export class ZonerootTree {
  readonly #index: ZonerootIndex
  /** undefined: it is gone */
  readonly #changed = new Map<string, ZonerootEntry | undefined>()
  /** of directories in which names came or went: all that they have */
  readonly #names = new Map<string, Set<string>>()

  /** An index is not changed. */
  constructor(entries: Iterable<ZonerootEntry>) {
    this.#index = entries instanceof ZonerootIndex ? entries : new ZonerootIndex(entries)
  }

  /** The entry itself: a last symbolic link is not followed, and neither are those on the way. */
  at(path: string): ZonerootEntry | undefined {
    if (path === '.') return root
    return this.#changed.has(path) ? this.#changed.get(path) : this.#index.at(path)
  }

  set(entry: ZonerootEntry): void {
    if (entry.path === '.') return
    this.#changed.set(entry.path, entry)
    this.#ownNames(parentOf(entry.path)).add(nameOf(entry.path))
  }

  /** Deletes a path with all below it. */
  delete(path: string): void {
    for (const gone of [...this.below(path), path]) {
      this.#changed.set(gone, undefined)
      this.#names.set(gone, new Set())
    }
    this.#ownNames(parentOf(path)).delete(nameOf(path))
  }

  /** Paths in the directory. */
  children(directory: string): string[] {
    return [...(this.#names.get(directory) ?? this.#index.names(directory) ?? [])].map((name) =>
      join(directory, name),
    )
  }

  /** Every path below it. */
  below(path: string): string[] {
    const found = this.children(path)
    for (let index = 0; index < found.length; index++) found.push(...this.children(found[index] ?? ''))
    return found
  }

  #ownNames(directory: string): Set<string> {
    const names = this.#names.get(directory) ?? new Set(this.#index.names(directory))
    this.#names.set(directory, names)
    return names
  }

  /** What a process in the zone finds there: links are followed, and none leads out of the zoneroot. */
  resolve(path: string): ZonerootEntry | undefined {
    const left = path.split('/').toReversed()
    let at = '.'
    let links = 0
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      if (name === '' || name === '.') continue
      if (name === '..') {
        at = parentOf(at)
        continue
      }
      const entry = this.at(join(at, name))
      if (!entry) return undefined
      if (entry.type !== 'symlink') {
        at = entry.path
        continue
      }
      links += 1
      if (links > MAX_LINKS) return undefined
      const target = entry.target ?? ''
      if (target.startsWith('/')) at = '.'
      left.push(...target.split('/').toReversed())
    }
    return this.at(at)
  }

  /** The directory on the way to `path` that is a symbolic link; undefined when none is. */
  linkOnTheWay(path: string): string | undefined {
    for (let at = parentOf(path); at !== '.'; at = parentOf(at)) {
      if (this.at(at)?.type === 'symlink') return at
    }
    return undefined
  }
}

const root: ZonerootEntry = { path: '.', type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 }

function join(directory: string, name: string): string {
  return directory === '.' ? name : `${directory}/${name}`
}
