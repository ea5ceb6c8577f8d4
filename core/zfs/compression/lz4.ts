// LZ4 blocks as ZFS stores them: the length of the block in four bytes, most significant first, and the block (zfs-stream.md 3).
import { damaged } from './damaged.ts'

const MIN_MATCH = 4
/** no byte of an LZ4 block makes more than this many */
const MAX_RATIO = 255

/** @throws CorruptStream unless the payload makes exactly `logicalBytes` */
export function decompressLz4(payload: Uint8Array, logicalBytes: number): Uint8Array {
  if (payload.byteLength < 4) throw damaged('lz4', 'it ends before its length')
  const length = new DataView(payload.buffer, payload.byteOffset).getUint32(0)
  const end = 4 + length
  if (end > payload.byteLength || length * MAX_RATIO < logicalBytes) {
    throw damaged(
      'lz4',
      `${length} bytes are announced for ${logicalBytes} in a payload of ${payload.byteLength}`,
    )
  }
  const output = new Uint8Array(logicalBytes)
  let from = 4
  let to = 0

  /** A length of 15 goes on in the next bytes, for as long as they are 255. */
  const extended = (start: number): number => {
    let sum = start
    for (let byte = 255; start === 15 && byte === 255;) {
      if (from >= end) throw damaged('lz4', 'it ends within a length')
      byte = payload[from++] ?? 0
      sum += byte
    }
    return sum
  }

  while (from < end) {
    const token = payload[from++] ?? 0
    const literals = extended(token >> 4)
    if (from + literals > end || to + literals > logicalBytes) throw damaged('lz4', 'literals pass its end')
    output.set(payload.subarray(from, from + literals), to)
    from += literals
    to += literals
    if (from === end) break
    if (from + 2 > end) throw damaged('lz4', 'it ends within a distance')
    const distance = (payload[from] ?? 0) | ((payload[from + 1] ?? 0) << 8)
    from += 2
    const matched = extended(token & 15) + MIN_MATCH
    if (distance === 0 || distance > to)
      throw damaged('lz4', `a match lies ${distance} bytes before its byte ${to}`)
    if (to + matched > logicalBytes) throw damaged('lz4', 'a match passes its end')
    repeat(output, to, distance, matched)
    to += matched
  }
  if (to !== logicalBytes) throw damaged('lz4', `it makes ${to} bytes, expected ${logicalBytes}`)
  return output
}

/** Copies `length` bytes from `distance` before `to`; the two may overlap. */
export function repeat(output: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length) output.copyWithin(to, to - distance, to - distance + length)
  else for (let index = to; index < to + length; index++) output[index] = output[index - distance] ?? 0
}
