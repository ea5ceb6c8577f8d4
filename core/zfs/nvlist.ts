// Lists of named values in XDR, as packages and extended attributes carry them (zfs-stream.md 14). Big-endian in every stream.
import { decodeName } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'

export type NvValue = boolean | number | bigint | string | Uint8Array | NvList | readonly NvValue[]
/** Names that are no UTF-8 as `\xE9` (core/archive/member.ts). */
export type NvList = ReadonlyMap<string, NvValue>

const XDR = 1
const MAX_DEPTH = 16
const MAX_PAIRS = 200_000
/** sizes, the name's length, type and count */
const SMALLEST_PAIR = 20

const Type = {
  boolean: 1,
  byte: 2,
  int16: 3,
  int32: 5,
  uint32: 6,
  int64: 7,
  uint64: 8,
  string: 9,
  byteArray: 10,
  int16Array: 11,
  uint32Array: 14,
  int64Array: 15,
  uint64Array: 16,
  stringArray: 17,
  list: 19,
  listArray: 20,
  booleanValue: 21,
} as const

/**
 * The list that a whole nvlist holds. Values of types that are not in zfs-stream.md 14 come as their bytes.
 * @throws CorruptStream when it is no XDR, ends early, or is nested deeper than 16 levels
 */
export function parseNvlist(bytes: Uint8Array): NvList {
  const reader = new NvReader(bytes)
  const encoding = reader.preamble()
  if (encoding !== XDR) throw wrong(`has the encoding ${encoding}`, '1 (XDR)')
  return reader.list(bytes.byteLength, 0)
}

class NvReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #pairs = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** encoding, byte order of who made it, two zeros */
  preamble(): number {
    return this.#u32(this.#bytes.byteLength) >>> 24
  }

  /** Pairs up to the empty one; then the reader stands behind it. */
  list(end: number, depth: number): NvList {
    if (depth >= MAX_DEPTH) throw wrong('is nested', `at most ${MAX_DEPTH} levels`)
    this.#skip(8, end)
    const pairs = new Map<string, NvValue>()
    for (;;) {
      const start = this.#at
      const size = this.#u32(end)
      const decodedSize = this.#u32(end)
      if (size === 0 && decodedSize === 0) return pairs
      this.#pairs += 1
      if (this.#pairs > MAX_PAIRS) throw wrong('has more pairs', `at most ${MAX_PAIRS}`)
      if (size < SMALLEST_PAIR || start + size > end)
        throw wrong(`has a pair of ${size} bytes`, 'one that fits')
      const pairEnd = start + size
      const name = this.#text(pairEnd)
      pairs.set(name, this.#value(pairEnd, depth))
      this.#at = pairEnd
    }
  }

  #value(end: number, depth: number): NvValue {
    const type = this.#u32(end)
    const count = this.#u32(end)
    switch (type) {
      case Type.boolean:
        return true
      case Type.booleanValue:
        return this.#u32(end) !== 0
      case Type.string:
        return this.#text(end)
      case Type.byteArray:
        return this.#take(count, end)
      case Type.stringArray:
        return this.#several(count, () => this.#text(end))
      case Type.list:
        return this.list(end, depth + 1)
      case Type.listArray:
        return this.#several(count, () => this.list(end, depth + 1))
      default:
        return this.#integers(type, count, end)
    }
  }

  #integers(type: number, count: number, end: number): NvValue {
    if (type >= Type.byte && type <= Type.uint64) return this.#integer(type, end)
    if (type < Type.int16Array || type > Type.uint64Array) return this.#take(end - this.#at, end)
    // Arrays of integers say their length a second time.
    this.#skip(4, end)
    const element =
      type >= Type.int64Array ? type - Type.int64Array + Type.int64 : type - Type.int16Array + Type.int16
    return this.#several(count, () => this.#integer(element, end))
  }

  #integer(type: number, end: number): number | bigint {
    const start = this.#at
    if (type >= Type.int64) {
      this.#skip(8, end)
      return type === Type.int64 ? this.#view.getBigInt64(start) : this.#view.getBigUint64(start)
    }
    const value = this.#u32(end)
    return type === Type.int16 || type === Type.int32 ? value | 0 : value
  }

  /** Each takes bytes or throws, so that a count cannot make the list longer than what is there. */
  #several(count: number, next: () => NvValue): NvValue[] {
    const values: NvValue[] = []
    while (values.length < count) values.push(next())
    return values
  }

  #text(end: number): string {
    return decodeName(this.#take(this.#u32(end), end))
  }

  /** Bytes with their padding behind them. */
  #take(length: number, end: number): Uint8Array {
    const start = this.#at
    this.#skip(Math.ceil(length / 4) * 4, end)
    return this.#bytes.subarray(start, start + length)
  }

  #u32(end: number): number {
    const start = this.#at
    this.#skip(4, end)
    return this.#view.getUint32(start)
  }

  #skip(length: number, end: number): void {
    if (this.#at + length > end) throw wrong(`ends at byte ${end}`, `at least ${this.#at + length} bytes`)
    this.#at += length
  }
}

function wrong(said: string, expected: string): Error {
  return refusal('CorruptStream', `an nvlist of the zfs stream ${said}, expected ${expected}`)
}
