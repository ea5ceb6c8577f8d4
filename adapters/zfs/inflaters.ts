/** The decompressors of node:zlib for blocks of ZFS streams. */
import { inflateSync, zstdDecompressSync } from 'node:zlib'
import type { Inflaters } from '#core/zfs/decompress.ts'

/** Both ignore what follows the end of the compressed data: blocks are padded with zeros. */
export const inflaters: Inflaters = {
  inflate: (bytes, maxBytes) => inflateSync(bytes, { maxOutputLength: maxBytes }),
  zstd: (bytes, maxBytes) => zstdDecompressSync(bytes, { maxOutputLength: maxBytes }),
}
