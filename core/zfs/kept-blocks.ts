// The blocks of one object that is metadata: a directory, another ZAP, a symlink. They stay in memory, plain.
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

  /** Forgets the blocks that begin in the `length` bytes from `offset` on. */
  clear(offset: number, length: number): void {
    if (this.map.size === 0) return
    const offsets = (this.#offsets ??= this.#sorted())
    for (const at of offsets.cut(offset, offset + length)) {
      this.#bytes -= this.map.get(at)?.byteLength ?? 0
      this.map.delete(at)
    }
  }

  #sorted(): SortedList<number> {
    const offsets = new SortedList<number>((offset) => offset)
    for (const offset of this.map.keys()) offsets.insert(offset)
    return offsets
  }
}
