// What a layer must take away and bring, from the sorted lines of two indexes.
import type { EntryType } from '../entry.ts'

/** More changes than this are no small difference any more. */
export const MAX_CHANGES = 500_000

/** One entry of one side; lines sorted by their bytes bring the same path's together, the older first. */
export interface SideLine {
  path: string
  side: 'old' | 'new'
  type: EntryType
  size: number
  signature: string
}

/** No path and no field contains a tab. */
export function renderSideLine({ path, side, type, size, signature }: SideLine): string {
  return `${path}\t${side === 'old' ? 0 : 1}\t${type}\t${size}\t${signature}`
}

export function parseSideLine(line: string): SideLine {
  const [path = '', side, type, size, ...signature] = line.split('\t')
  return {
    path,
    side: side === '0' ? 'old' : 'new',
    type: type as EntryType,
    size: Number(size),
    signature: signature.join('\t'),
  }
}

/** Grows while the lines come. */
export class LayerMerge {
  /** to be removed, with all below: what is gone, and what is replaced and no directory on both sides */
  readonly remove: string[] = []
  /** to be brought, with the directories on the way, whose own settings they bring */
  readonly bring = new Set<string>()
  /** of the contents that are brought, and of all */
  changedBytes = 0
  totalBytes = 0
  readonly #removed = new Set<string>()
  #old: SideLine | undefined

  add(line: SideLine): void {
    if (line.side === 'old') {
      this.#settleOld()
      this.#old = line
      return
    }
    const old = this.#old?.path === line.path ? this.#old : undefined
    if (old) this.#old = undefined
    else this.#settleOld()
    this.totalBytes += line.size
    if (old?.signature === line.signature) return
    if (old && !(old.type === 'directory' && line.type === 'directory')) this.#remove(line.path)
    this.#bring(line)
  }

  finish(): void {
    this.#settleOld()
  }

  get changes(): number {
    return this.remove.length + this.bring.size
  }

  #settleOld(): void {
    if (this.#old) this.#remove(this.#old.path)
    this.#old = undefined
  }

  #bring({ path, size }: SideLine): void {
    this.changedBytes += size
    this.bring.add(path)
    for (const parent of parentsOf(path)) {
      if (this.bring.has(parent)) break
      this.bring.add(parent)
    }
  }

  #remove(path: string): void {
    for (const parent of parentsOf(path)) if (this.#removed.has(parent)) return
    this.#removed.add(path)
    this.remove.push(path)
  }
}

/** The directories above, nearest first. */
function* parentsOf(path: string): Generator<string> {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    yield path.slice(0, slash)
  }
}
