/** The tree of a zoneroot while it changes: lookups as the shell's `test` makes them. */
import type { ZonerootEntry } from './zoneroot-entry.ts'

/** as many as kernels follow */
const MAX_LINKS = 40

export class ZonerootTree {
  readonly #entries = new Map<string, ZonerootEntry>()
  /** names in each directory */
  readonly #names = new Map<string, Set<string>>()

  constructor(entries: Iterable<ZonerootEntry>) {
    for (const entry of entries) this.set(entry)
  }

  /** The entry itself: a last symbolic link is not followed, and neither are those on the way. */
  at(path: string): ZonerootEntry | undefined {
    return path === '.' ? root : this.#entries.get(path)
  }

  set(entry: ZonerootEntry): void {
    if (entry.path === '.') return
    this.#entries.set(entry.path, entry)
    const parent = parentOf(entry.path)
    const names = this.#names.get(parent) ?? new Set()
    names.add(nameOf(entry.path))
    this.#names.set(parent, names)
  }

  /** With all below it. */
  delete(path: string): void {
    for (const gone of [...this.below(path), path]) {
      this.#entries.delete(gone)
      this.#names.delete(gone)
    }
    this.#names.get(parentOf(path))?.delete(nameOf(path))
  }

  /** Paths in the directory. */
  children(directory: string): string[] {
    return [...(this.#names.get(directory) ?? [])].map((name) => join(directory, name))
  }

  /** Every path below it. */
  below(path: string): string[] {
    const found = this.children(path)
    for (let index = 0; index < found.length; index++) found.push(...this.children(found[index] ?? ''))
    return found
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

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function join(directory: string, name: string): string {
  return directory === '.' ? name : `${directory}/${name}`
}
