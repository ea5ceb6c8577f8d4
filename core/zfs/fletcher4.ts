// Fletcher-4 over 32-bit words in stream byte order, the running checksum of ZFS send streams (zfs-stream.md 2).
import { addWords, type AddWords } from './fletcher4-plain.ts'
import { assembleFletcher4 } from './fletcher4-wasm.ts'

/** Four 64-bit sums. */
export type Checksum = readonly [bigint, bigint, bigint, bigint]

/** Some three times as fast as the plain form where the platform has it. */
const fastest: AddWords = assembleFletcher4() ?? addWords

export class Fletcher4 {
  readonly #littleEndian: boolean
  readonly #add: AddWords
  readonly #sums = new Uint8Array(32)
  /** the beginning of a word whose end has not come yet */
  readonly #word = new Uint8Array(4)
  #fill = 0

  constructor(littleEndian: boolean, add: AddWords = fastest) {
    this.#littleEndian = littleEndian
    this.#add = add
  }

  update(bytes: Uint8Array): void {
    let start = 0
    while (this.#fill > 0 && start < bytes.byteLength) this.#addByte(bytes[start++] ?? 0)
    const end = start + ((bytes.byteLength - start) & ~3)
    if (end > start) {
      const words = start === 0 && end === bytes.byteLength ? bytes : bytes.subarray(start, end)
      this.#add(this.#sums, words, this.#littleEndian)
    }
    for (let at = end; at < bytes.byteLength; at++) this.#addByte(bytes[at] ?? 0)
  }

  /** The sums so far. All that was given must be whole words by now. */
  value(): Checksum {
    const view = new DataView(this.#sums.buffer)
    const sum = (index: number) => view.getBigUint64(8 * index, true)
    return [sum(0), sum(1), sum(2), sum(3)]
  }

  #addByte(byte: number): void {
    this.#word[this.#fill++] = byte
    if (this.#fill < 4) return
    this.#fill = 0
    this.#add(this.#sums, this.#word, this.#littleEndian)
  }
}
