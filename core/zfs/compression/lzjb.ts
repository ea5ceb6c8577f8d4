// LZJB, the oldest compression of ZFS: a control byte, then eight literals or matches (zfs-stream.md 3).
import { damaged } from './damaged.ts'
import { repeat } from './lz4.ts'

const MIN_MATCH = 3
/** a match of two bytes makes at most 66 */
const MAX_RATIO = 33

/** @throws CorruptStream when the payload ends before `logicalBytes` are made */
export function decompressLzjb(payload: Uint8Array, logicalBytes: number): Uint8Array {
  if (payload.byteLength * MAX_RATIO < logicalBytes) {
    throw damaged('lzjb', `${payload.byteLength} bytes cannot make ${logicalBytes}`)
  }
  const output = new Uint8Array(logicalBytes)
  let from = 0
  let to = 0
  const next = (): number => {
    const byte = payload[from++]
    if (byte === undefined) throw damaged('lzjb', `it ends after ${to} of ${logicalBytes} bytes`)
    return byte
  }
  while (to < logicalBytes) {
    const control = next()
    for (let bit = 0; bit < 8 && to < logicalBytes; bit++) {
      const first = next()
      if ((control & (1 << bit)) === 0) {
        output[to++] = first
        continue
      }
      const distance = ((first & 3) << 8) | next()
      if (distance === 0 || distance > to)
        throw damaged('lzjb', `a match lies ${distance} bytes before its byte ${to}`)
      const matched = Math.min((first >> 2) + MIN_MATCH, logicalBytes - to)
      repeat(output, to, distance, matched)
      to += matched
    }
  }
  return output
}
