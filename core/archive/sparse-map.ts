// Expands a sparse file of GNU tar's format 1.0: a map of decimal lines, padded to a block, in front of the data (GNU tar manual, D.2).
import { refusal } from './refusals.ts'
import { TAR_BLOCK } from './tar-header.ts'

/** A piece of the file: bytes as stored, or how many zeros. */
export type SparsePiece = Uint8Array | number

/** A map longer than this describes no file that anyone keeps in a zone. */
const MAX_MAP_BYTES = 64 * 1024 * 1024
const NEWLINE = 0x0a

export class SparseExpander {
  readonly #path: string
  readonly #size: number
  #map: number[] = []
  /** numbers the map has in all, known after its first line */
  #wanted: number | undefined
  #digits = ''
  #mapBytes = 0
  #padding = 0
  #inMap = true
  #next = 0
  /** where the file has been filled up to */
  #position = 0
  #left = 0

  /** `size` is the file's real length. */
  constructor(path: string, size: number) {
    this.#path = path
    this.#size = size
  }

  /** What the stored `bytes` say of the file, in order. @throws CorruptStream */
  *push(bytes: Uint8Array): Generator<SparsePiece, undefined> {
    let rest = bytes
    if (this.#inMap) rest = this.#readMap(rest)
    while (rest.byteLength > 0) {
      if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, rest.byteLength)
        this.#padding -= skipped
        rest = rest.subarray(skipped)
        continue
      }
      const hole = this.#enterSegment()
      if (hole > 0) yield hole
      const data = rest.subarray(0, this.#left)
      if (data.byteLength === 0) throw this.#corrupt('has more data than its map says')
      this.#left -= data.byteLength
      this.#position += data.byteLength
      rest = rest.subarray(data.byteLength)
      yield data
    }
    return undefined
  }

  /** The zeros at the end. @throws CorruptStream when data is missing */
  finish(): number {
    while (this.#left === 0 && this.#next < this.#map.length && (this.#map[this.#next + 1] ?? 0) === 0)
      this.#next += 2
    if (this.#inMap || this.#left > 0 || this.#next < this.#map.length)
      throw this.#corrupt('has less data than its map says')
    return this.#size - this.#position
  }

  /** Goes to the next segment with data when the last is used up; returns the zeros before it. */
  #enterSegment(): number {
    let hole = 0
    while (this.#left === 0 && this.#next < this.#map.length) {
      const [offset = 0, length = 0] = this.#map.slice(this.#next, this.#next + 2)
      this.#next += 2
      if (offset < this.#position || offset + length > this.#size)
        throw this.#corrupt('has a map out of order')
      hole += offset - this.#position
      this.#position = offset
      this.#left = length
    }
    return hole
  }

  #readMap(bytes: Uint8Array): Uint8Array {
    for (const [index, byte] of bytes.entries()) {
      this.#mapBytes += 1
      if (byte !== NEWLINE) {
        if (byte < 0x30 || byte > 0x39 || this.#digits.length > 15 || this.#mapBytes > MAX_MAP_BYTES)
          throw this.#corrupt('has a map that is no list of numbers')
        this.#digits += String.fromCharCode(byte)
        continue
      }
      const value = Number(this.#digits)
      this.#digits = ''
      if (this.#wanted === undefined) this.#wanted = 2 * value
      else this.#map.push(value)
      if (this.#map.length < this.#wanted) continue
      this.#inMap = false
      this.#padding = (TAR_BLOCK - (this.#mapBytes % TAR_BLOCK)) % TAR_BLOCK
      return bytes.subarray(index + 1)
    }
    return bytes.subarray(bytes.byteLength)
  }

  #corrupt(what: string): Error {
    return refusal('CorruptStream', `the sparse file ${JSON.stringify(this.#path)} ${what}`)
  }
}
