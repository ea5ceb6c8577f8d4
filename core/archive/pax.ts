// Decodes the records of a pax extended header: `length key=value\n`, the length counting itself (POSIX.1-2001 pax).
import { refusal } from './refusals.ts'

const EQUALS = 0x3d
const NEWLINE = 0x0a
const BLANK = 0x20

/** Keys to values, values as bytes. @throws CorruptStream; `at` is the offset in the stream */
export function decodePax(bytes: Uint8Array, at: number): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>()
  let position = 0
  while (position < bytes.byteLength) {
    // Solaris pads the body with NULs up to its announced size.
    if (bytes[position] === 0 && bytes.subarray(position).every((byte) => byte === 0)) break
    const blank = bytes.indexOf(BLANK, position)
    const length = blank < 0 ? NaN : decimal(bytes.subarray(position, blank))
    const end = position + length
    const equals = bytes.indexOf(EQUALS, blank)
    if (
      !(length > 0) ||
      end > bytes.byteLength ||
      bytes[end - 1] !== NEWLINE ||
      equals < 0 ||
      equals >= end
    ) {
      throw refusal('CorruptStream', `pax header at byte ${at} has a malformed record`)
    }
    records.set(String.fromCharCode(...bytes.subarray(blank + 1, equals)), bytes.slice(equals + 1, end - 1))
    position = end
  }
  return records
}

function decimal(bytes: Uint8Array): number {
  const text = String.fromCharCode(...bytes.subarray(0, 10))
  return /^[0-9]{1,9}$/.test(text) && bytes.byteLength < 10 ? Number(text) : NaN
}
