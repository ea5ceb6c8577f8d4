/** Fixed numbers of ZAP blocks (zfs-stream.md 6.1, 6.3), for who reads and who writes them. */

export const BlockType = {
  micro: 0x8000000000000003n,
  header: 0x8000000000000001n,
  leaf: 0x8000000000000000n,
} as const

export const FAT_MAGIC = 0x2f52ab2abn
export const LEAF_MAGIC = 0x2ab1eaf

export const MICRO_HEADER_BYTES = 64
export const MICRO_ENTRY_BYTES = 64
/** NUL included */
export const MICRO_NAME_BYTES = 50
export const MAX_MICRO_BLOCK_BYTES = 16 * 1024 * 1024

export const MAX_FAT_BLOCK_BYTES = 128 * 1024
export const MAX_NAME_BYTES = 1023

export const CHUNK_BYTES = 24
/** data bytes of an array chunk */
export const ARRAY_BYTES = 21
export const ChunkType = { array: 251, entry: 252, free: 253 } as const
/** the number that ends a chain of chunks */
export const NO_CHUNK = 0xffff
export const LEAF_HEADER_BYTES = 48

/** How a leaf block of `blockBytes`, a power of two, is divided. */
export function leafLayout(blockBytes: number): { hashSlots: number; chunksAt: number; chunks: number } {
  const hashSlots = blockBytes / 32
  return {
    hashSlots,
    chunksAt: LEAF_HEADER_BYTES + 2 * hashSlots,
    chunks: Math.floor((blockBytes - 2 * hashSlots) / CHUNK_BYTES) - 2,
  }
}
