// Which paths an archive has had, and as what: two million of them in some tens of megabytes.

/** What stands at a path; 0 is reserved for an empty slot. */
export const PathKind = { file: 1, directory: 2, symlink: 3, other: 4 } as const
export type PathKind = (typeof PathKind)[keyof typeof PathKind]

/**
 * An open-addressing table of 64-bit hashes, each with a number from 1 to 255. Two paths with one hash would be taken for the same; whoever makes such a pair
 * only gets his own archive refused, as every use of this table refuses on a match.
 */
export class PathTable<V extends number = PathKind> {
  #high = new Uint32Array(1024)
  #low = new Uint32Array(1024)
  #kinds = new Uint8Array(1024)
  #count = 0

  get(path: string): V | undefined {
    const [high, low] = hash64(path)
    const kind = this.#kinds[this.#find(high, low)]
    return kind === 0 ? undefined : (kind as V)
  }

  set(path: string, kind: V): void {
    if (this.#count * 2 > this.#kinds.length) this.#grow()
    const [high, low] = hash64(path)
    this.#put(high, low, kind)
  }

  #put(high: number, low: number, kind: number): void {
    const slot = this.#find(high, low)
    if (this.#kinds[slot] === 0) this.#count += 1
    this.#high[slot] = high
    this.#low[slot] = low
    this.#kinds[slot] = kind
  }

  /** The slot that holds this hash, or the empty one where it belongs. */
  #find(high: number, low: number): number {
    const mask = this.#kinds.length - 1
    let slot = low & mask
    while (this.#kinds[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  #grow(): void {
    const [high, low, kinds] = [this.#high, this.#low, this.#kinds]
    this.#high = new Uint32Array(high.length * 2)
    this.#low = new Uint32Array(low.length * 2)
    this.#kinds = new Uint8Array(kinds.length * 2)
    this.#count = 0
    for (const [slot, kind] of kinds.entries()) {
      if (kind !== 0) this.#put(high[slot] ?? 0, low[slot] ?? 0, kind)
    }
  }
}

/** Two 32-bit lanes, mixed at the end as MurmurHash3 does. */
function hash64(text: string): [high: number, low: number] {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return [high >>> 0, low >>> 0]
}
