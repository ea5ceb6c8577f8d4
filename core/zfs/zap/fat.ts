// Fat ZAPs: a header with a pointer table, embedded or in blocks of its own, and leaves (zfs-stream.md 6.3).
import { checkEntryCount, corruptZap, viewOf, type ZapEntry, type ZapOptions } from './entry.ts'
import { FAT_MAGIC, MAX_FAT_BLOCK_BYTES } from './layout.ts'
import { readLeaf, type ZapLeaf } from './leaf.ts'

/** block by number, all of one size; undefined where there is none */
type BlockAt = (number: bigint) => Uint8Array | undefined

/**
 * Reads every leaf that the pointer table leads to, once.
 * @throws CorruptStream, TooManyEntries
 */
export function readFatZap(
  header: Uint8Array,
  blocks: ReadonlyMap<number, Uint8Array>,
  options: ZapOptions,
): ZapEntry[] {
  const blockBytes = header.byteLength
  checkBlocks(blockBytes, blocks, options.where)
  const view = viewOf(header)
  const magic = view.getBigUint64(8, options.littleEndian)
  if (magic !== FAT_MAGIC) throw corruptZap(options.where, `${magic} is not the magic of a fat zap`)

  const blockAt: BlockAt = (number) => blocks.get(Number(number) * blockBytes)
  const shift = Number(view.getBigUint64(32, options.littleEndian))
  const entries: ZapEntry[] = []
  const leaves = new Map<bigint, ZapLeaf>()
  let index = 0n
  for (const number of pointers(view, blockAt, options)) {
    let leaf = leaves.get(number)
    if (leaf === undefined) {
      const block = number === 0n ? undefined : blockAt(number)
      if (block === undefined) throw corruptZap(options.where, `its leaf block ${number} is missing`)
      leaf = readLeaf(block, Number(number), options)
      leaves.set(number, leaf)
      checkEntryCount(entries.length + leaf.entries.length, options)
      for (const entry of leaf.entries) entries.push(entry)
    }
    checkPrefix(leaf, index, shift, `${options.where}, zap leaf ${number}`)
    index += 1n
  }
  const expected = view.getBigUint64(72, options.littleEndian)
  if (expected !== BigInt(entries.length)) {
    throw corruptZap(options.where, `its leaves hold ${entries.length} entries, its header says ${expected}`)
  }
  return entries
}

function checkBlocks(blockBytes: number, blocks: ReadonlyMap<number, Uint8Array>, where: string): void {
  if (blockBytes < 512 || blockBytes > MAX_FAT_BLOCK_BYTES || (blockBytes & (blockBytes - 1)) !== 0) {
    throw corruptZap(
      where,
      `a fat zap block of ${blockBytes} bytes, expected a power of two from 512 to ${MAX_FAT_BLOCK_BYTES}`,
    )
  }
  for (const [offset, block] of blocks) {
    if (offset % blockBytes !== 0 || block.byteLength !== blockBytes) {
      throw corruptZap(
        where,
        `a block of ${block.byteLength} bytes at ${offset}, expected all to have the ${blockBytes} of the first`,
      )
    }
  }
}

/** The block numbers in the pointer table, from the header's second half or from blocks of their own. */
function* pointers(view: DataView, blockAt: BlockAt, { littleEndian, where }: ZapOptions): Generator<bigint> {
  const blockBytes = view.byteLength
  const first = view.getBigUint64(16, littleEndian)
  const count = view.getBigUint64(24, littleEndian)
  const shift = view.getBigUint64(32, littleEndian)
  const bytes = count === 0n ? BigInt(blockBytes / 2) : count * BigInt(blockBytes)
  // 48: a shift beyond the bits of a block's number is no table, and 2^shift must stay small enough to be written down
  if (shift > 48n || bytes !== 8n << shift) {
    throw corruptZap(where, `a pointer table of ${bytes} bytes for 2^${shift} pointers, expected 8 for each`)
  }
  if (count === 0n) {
    if (first !== 0n) throw corruptZap(where, `a pointer table of no blocks at block ${first}, expected 0`)
    yield* words(view, blockBytes / 2, littleEndian)
    return
  }
  for (let number = first; number < first + count; number++) {
    const block = blockAt(number)
    if (block === undefined) throw corruptZap(where, `block ${number} of its pointer table is missing`)
    yield* words(viewOf(block), 0, littleEndian)
  }
}

function* words(view: DataView, start: number, littleEndian: boolean): Generator<bigint> {
  for (let at = start; at < view.byteLength; at += 8) yield view.getBigUint64(at, littleEndian)
}

/** Pointer `index` stands for the hashes that begin with these `shift` bits, and so must the leaf it leads to. */
function checkPrefix({ prefix, prefixLength }: ZapLeaf, index: bigint, shift: number, where: string): void {
  if (prefixLength > shift || index >> BigInt(shift - prefixLength) !== prefix) {
    throw corruptZap(
      where,
      `prefix ${prefix} of ${prefixLength} bits does not belong to pointer ${index} of 2^${shift}`,
    )
  }
}
