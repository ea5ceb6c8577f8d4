/** The blocks of one object that is metadata: a directory, another ZAP, a symlink. They stay in memory, plain. */
import { SortedList } from './sorted-list.ts'

export class KeptBlocks {
  /** by offset in the object; never written into */
  readonly map: Map<number, Uint8Array>
  /** of `map`, in order; made when it is first needed */
  #offsets: SortedList<number> | undefined
  #bytes = 0

  constructor(blocks: ReadonlyMap<number, Uint8Array> = new Map()) {
    this.map = new Map(blocks)
    for (const block of this.map.values()) this.#bytes += block.byteLength
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Blocks must not overlap, but for one in the place of another. */
  set(offset: number, block: Uint8Array): void {
    this.#bytes += block.byteLength - (this.map.get(offset)?.byteLength ?? 0)
    this.map.set(offset, block)
    this.#offsets?.insert(offset)
  }

  /** Zeros from `offset` on. Blocks that lie inside are forgotten. */
  clear(offset: number, length: number): void {
    if (this.map.size === 0 || length === 0) return
    const end = offset + length
    const offsets = (this.#offsets ??= this.#sorted())
    const before = offsets.before(offset)
    if (before !== undefined) this.#zero(before, offset, end)
    const inside = offsets.cut(offset, end)
    const last = inside.at(-1)
    for (const at of inside) if (at !== last) this.#forget(at)
    if (last === undefined) return
    if (last + (this.map.get(last)?.byteLength ?? 0) <= end) return this.#forget(last)
    this.#zero(last, offset, end)
    offsets.insert(last)
  }

  #sorted(): SortedList<number> {
    const offsets = new SortedList<number>((offset) => offset)
    for (const offset of this.map.keys()) offsets.insert(offset)
    return offsets
  }

  #forget(offset: number): void {
    this.#bytes -= this.map.get(offset)?.byteLength ?? 0
    this.map.delete(offset)
  }

  /** Replaces the block at `at` by one with zeros where it lies between `start` and `end`. */
  #zero(at: number, start: number, end: number): void {
    const block = this.map.get(at)
    if (block === undefined || at + block.byteLength <= start) return
    this.map.set(at, block.slice().fill(0, Math.max(0, start - at), end - at))
  }
}
