// Undoes the compression of a block (zfs-stream.md 3). LZ4, LZJB and ZLE are here; zlib and zstd come from the platform.
import { refusal } from '../archive/refusals.ts'
import { damaged } from './compression/damaged.ts'
import { decompressLz4 } from './compression/lz4.ts'
import { decompressLzjb } from './compression/lzjb.ts'
import { decompressZle } from './compression/zle.ts'

/** What the platform brings. Each throws when the result would be larger than `maxBytes`, and ignores bytes behind the end. */
export interface Inflaters {
  /** a zlib stream (RFC 1950) */
  inflate(bytes: Uint8Array, maxBytes: number): Uint8Array
  /** one whole zstd frame, with its magic */
  zstd(bytes: Uint8Array, maxBytes: number): Uint8Array
}

/** Numbers in records; gzip has one for each level. */
export const Compression = {
  inherit: 0,
  off: 2,
  lzjb: 3,
  gzip1: 5,
  gzip9: 13,
  zle: 14,
  lz4: 15,
  zstd: 16,
} as const

/** of the length and the version that stand before a frame */
const ZSTD_PREFIX = 8
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd]

/** Whether a payload is the bytes themselves: it is not compressed, or compression is off (zfs-stream.md 16 item 5). */
export function isPlain(compression: number): boolean {
  return compression === Compression.inherit || compression === Compression.off
}

/**
 * Exactly `logicalBytes` bytes; a plain payload is not copied.
 * @throws CorruptStream when the payload does not make that many
 * @throws UnsupportedZfsStream for a compression that is not known
 */
export function decompressBlock(
  compression: number,
  payload: Uint8Array,
  logicalBytes: number,
  inflaters: Inflaters,
): Uint8Array {
  if (isPlain(compression)) return exactly('plain', payload.subarray(0, logicalBytes), logicalBytes)
  if (compression >= Compression.gzip1 && compression <= Compression.gzip9) {
    return inflated('gzip', () => inflaters.inflate(payload, logicalBytes), logicalBytes)
  }
  switch (compression) {
    case Compression.lzjb:
      return decompressLzjb(payload, logicalBytes)
    case Compression.zle:
      return decompressZle(payload, logicalBytes)
    case Compression.lz4:
      return decompressLz4(payload, logicalBytes)
    case Compression.zstd:
      return inflated('zstd', () => inflaters.zstd(zstdFrame(payload), logicalBytes), logicalBytes)
    default:
      throw refusal(
        'UnsupportedZfsStream',
        `the zfs stream has a block of compression ${compression}, expected lzjb, gzip, zle, lz4 or zstd: send it without -c`,
      )
  }
}

/** A frame as every other program knows it: ZFS leaves its magic out. */
function zstdFrame(payload: Uint8Array): Uint8Array {
  if (payload.byteLength < ZSTD_PREFIX) throw damaged('zstd', 'it ends before its length')
  const length = new DataView(payload.buffer, payload.byteOffset).getUint32(0)
  if (ZSTD_PREFIX + length > payload.byteLength) {
    throw damaged('zstd', `${length} bytes are announced in a payload of ${payload.byteLength}`)
  }
  const frame = new Uint8Array(ZSTD_MAGIC.length + length)
  frame.set(ZSTD_MAGIC)
  frame.set(payload.subarray(ZSTD_PREFIX, ZSTD_PREFIX + length), ZSTD_MAGIC.length)
  return frame
}

function inflated(name: string, inflate: () => Uint8Array, logicalBytes: number): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = inflate()
  } catch (error) {
    throw damaged(name, error instanceof Error ? error.message : String(error), error)
  }
  return exactly(name, bytes, logicalBytes)
}

function exactly(name: string, bytes: Uint8Array, logicalBytes: number): Uint8Array {
  if (bytes.byteLength === logicalBytes) return bytes
  throw damaged(name, `it makes ${bytes.byteLength} bytes, expected ${logicalBytes}`)
}
