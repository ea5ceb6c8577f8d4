// Items in the order of a number each: inserting, removing a range and finding stay fast in whatever order they come.

const CHUNK_ITEMS = 256

export class SortedList<T> {
  readonly #key: (item: T) => number
  /** in order, none empty */
  #chunks: T[][] = []
  #size = 0

  /** `key` must not change while an item is in the list, and be its own for each. */
  constructor(key: (item: T) => number) {
    this.#key = key
  }

  get size(): number {
    return this.#size
  }

  /** Puts the item in its place, or in the place of the one with its key. */
  insert(item: T): void {
    const key = this.#key(item)
    const which = Math.max(0, this.#chunkOf(key))
    const chunk = this.#chunks[which]
    if (chunk === undefined) {
      this.#chunks.push([item])
      this.#size += 1
      return
    }
    const at = this.#lowerBound(chunk, key)
    const there = chunk[at]
    const replaced = there !== undefined && this.#key(there) === key
    chunk.splice(at, replaced ? 1 : 0, item)
    if (!replaced) this.#size += 1
    if (chunk.length > CHUNK_ITEMS) this.#chunks.splice(which + 1, 0, chunk.splice(CHUNK_ITEMS / 2))
  }

  /** The last item whose key is below `key`. */
  before(key: number): T | undefined {
    let which = this.#chunkOf(key)
    if (which < 0) return undefined
    let at = this.#lowerBound(this.#chunks[which] ?? [], key) - 1
    if (at < 0) at = (this.#chunks[--which]?.length ?? 0) - 1
    return this.#chunks[which]?.[at]
  }

  get(key: number): T | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)]
    if (chunk === undefined) return undefined
    const item = chunk[this.#lowerBound(chunk, key)]
    return item !== undefined && this.#key(item) === key ? item : undefined
  }

  /** Takes out the items with keys from `from` to below `to`, and returns them in order. */
  cut(from: number, to: number): T[] {
    const removed: T[] = []
    if (!(from < to)) return removed
    const first = Math.max(0, this.#chunkOf(from))
    let which = first
    for (; which < this.#chunks.length; which++) {
      const chunk = this.#chunks[which] ?? []
      const start = this.#lowerBound(chunk, from)
      const end = this.#lowerBound(chunk, to)
      for (const item of chunk.splice(start, end - start)) removed.push(item)
      // What is left behind the range ends it; a chunk that is left empty goes with its neighbours below.
      if (chunk.length > start) break
    }
    if (removed.length > 0) this.#dropEmpty(first, which)
    this.#size -= removed.length
    return removed
  }

  /** Items with keys of `from` and above, in order. The list must not change meanwhile. */
  *from(from: number): Generator<T> {
    const first = Math.max(0, this.#chunkOf(from))
    for (let which = first; which < this.#chunks.length; which++) {
      const chunk = this.#chunks[which] ?? []
      for (let at = which === first ? this.#lowerBound(chunk, from) : 0; at < chunk.length; at++) {
        const item = chunk[at]
        if (item !== undefined) yield item
      }
    }
  }

  /** The last chunk that begins at `key` or before; -1 when all begin behind it. */
  #chunkOf(key: number): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const [head] = this.#chunks[middle] ?? []
      if (head !== undefined && this.#key(head) <= key) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Where the first item with a key of `key` or more stands, or would. */
  #lowerBound(chunk: readonly T[], key: number): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const item = chunk[middle]
      if (item !== undefined && this.#key(item) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  #dropEmpty(first: number, last: number): void {
    const touched = this.#chunks.slice(first, last + 1)
    const kept = touched.filter((chunk) => chunk.length > 0)
    if (kept.length < touched.length) this.#chunks.splice(first, touched.length, ...kept)
  }
}
