// The decompressors of node:zlib for blocks of ZFS streams.
import { constants, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { Inflaters } from '#core/zfs/decompress.ts'

/** Both ignore what follows the end of the compressed data: blocks are padded with zeros. */
export const inflaters: Inflaters = {
  inflate: (bytes, maxBytes) => inflateSync(bytes, { maxOutputLength: maxBytes }),
  zstd: (bytes, maxBytes) =>
    zstdDecompressSync(bytes, {
      maxOutputLength: maxBytes,
      params: { [constants.ZSTD_d_windowLogMax]: windowLog(maxBytes) },
    }),
}

/** The smallest zstd knows, and the largest block of a pool. */
const [MIN_WINDOW_LOG, MAX_WINDOW_LOG] = [10, 24]

/** Who compresses a block knows its length: a window beyond that would only take memory. */
function windowLog(bytes: number): number {
  return Math.min(Math.max(Math.ceil(Math.log2(bytes)), MIN_WINDOW_LOG), MAX_WINDOW_LOG)
}
