// ZLE: runs of zeros are left out, the rest stands as it is (zfs-stream.md 3).
import { damaged } from './damaged.ts'

const FIRST_OF_ZEROS = 64
/** 255 means 192 zeros */
const MAX_RATIO = 192

/** @throws CorruptStream when the payload ends before `logicalBytes` are made, or makes more */
export function decompressZle(payload: Uint8Array, logicalBytes: number): Uint8Array {
  if (payload.byteLength * MAX_RATIO < logicalBytes) {
    throw damaged('zle', `${payload.byteLength} bytes cannot make ${logicalBytes}`)
  }
  const output = new Uint8Array(logicalBytes)
  let from = 0
  let to = 0
  while (to < logicalBytes) {
    const control = payload[from++]
    if (control === undefined) throw damaged('zle', `it ends after ${to} of ${logicalBytes} bytes`)
    const isZeros = control >= FIRST_OF_ZEROS
    const length = isZeros ? control - FIRST_OF_ZEROS + 1 : control + 1
    if (to + length > logicalBytes) throw damaged('zle', 'a run passes its end')
    if (!isZeros) {
      if (from + length > payload.byteLength) throw damaged('zle', 'literals pass its end')
      output.set(payload.subarray(from, from + length), to)
      from += length
    }
    to += length
  }
  return output
}
