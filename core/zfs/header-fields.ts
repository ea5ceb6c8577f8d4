// The fields of one 312-byte record header, each range-checked as it is read (zfs-stream.md 1, 16 items 3 and 24).
import { refusal } from '../archive/refusals.ts'
import type { Checksum } from './fletcher4.ts'
import type { RecordPlace } from './records.ts'

export const RECORD_HEADER = 312
/** where the running checksum stands in every header but BEGIN's */
export const CHECKSUM_OFFSET = 280

const ALL_ONES = 0xffff_ffff_ffff_ffffn
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const MAX_OBJECT = 2n ** 48n - 1n

/** `record 3 at byte 936` */
export function shownPlace({ number, at }: RecordPlace): string {
  return `record ${number} at byte ${at}`
}

export class HeaderFields {
  readonly #view: DataView
  readonly #littleEndian: boolean
  readonly #place: RecordPlace

  constructor(bytes: Uint8Array, littleEndian: boolean, place: RecordPlace) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEADER)
    this.#littleEndian = littleEndian
    this.#place = place
  }

  u8(offset: number): number {
    return this.#view.getUint8(offset)
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset, this.#littleEndian)
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(offset, this.#littleEndian)
  }

  guid(offset: number): string {
    return this.u64(offset).toString()
  }

  /** Four sums stored at `offset`. */
  checksum(offset: number): Checksum {
    return [this.u64(offset), this.u64(offset + 8), this.u64(offset + 16), this.u64(offset + 24)]
  }

  /** Whether every byte from `start` to before `end` is zero. */
  isZero(start: number, end: number): boolean {
    for (let offset = start; offset < end; offset++) if (this.u8(offset) !== 0) return false
    return true
  }

  /** An object number. @throws CorruptStream unless 1 to 2^48-1 */
  object(offset: number): number {
    const object = this.u64(offset)
    if (object >= 1n && object <= MAX_OBJECT) return Number(object)
    throw this.wrong(`names object ${object}`, 'a number from 1 to 2^48-1')
  }

  /** A 64-bit number. @throws CorruptStream from 2^53 on */
  number(offset: number, what: string): number {
    const value = this.u64(offset)
    if (value <= MAX_SAFE) return Number(value)
    throw this.wrong(`has ${what} ${value}`, 'less than 2^53')
  }

  /** A byte offset with the length of what lies there. @throws CorruptStream when the end is beyond 2^53 */
  range(offsetAt: number, lengthAt: number): { offset: number; length: number } {
    const offset = this.number(offsetAt, 'the offset')
    const length = this.number(lengthAt, 'the length')
    if (Number.isSafeInteger(offset + length)) return { offset, length }
    throw this.wrong(`has the offset ${offset} with the length ${length}`, 'an end below 2^53')
  }

  /** How many from `start` on: Infinity for all-ones and for whatever passes 2^53. */
  count(offset: number, start: number): number {
    const count = this.u64(offset)
    return count === ALL_ONES || count + BigInt(start) > MAX_SAFE ? Infinity : Number(count)
  }

  /** @throws CorruptStream above `limit` */
  bounded(value: number, limit: number, what: string): number {
    if (value <= limit) return value
    throw this.wrong(`has ${what} of ${value} bytes`, `at most ${limit}`)
  }

  wrong(said: string, expected: string): Error {
    return refusal('CorruptStream', `zfs stream ${said} in ${shownPlace(this.#place)}, expected ${expected}`)
  }
}
