// Micro ZAPs: one block of 64-byte entries, each a short name and one number (zfs-stream.md 6.1).
import { checkEntryCount, corruptZap, viewOf, type ZapEntry, type ZapOptions } from './entry.ts'
import { MAX_MICRO_BLOCK_BYTES, MICRO_ENTRY_BYTES, MICRO_HEADER_BYTES, MICRO_NAME_BYTES } from './layout.ts'

const NAME_AT = 14

/** @throws CorruptStream, TooManyEntries */
export function readMicroZap(block: Uint8Array, options: ZapOptions): ZapEntry[] {
  if (block.byteLength % 512 !== 0 || block.byteLength > MAX_MICRO_BLOCK_BYTES) {
    throw corruptZap(
      options.where,
      `a micro zap block of ${block.byteLength} bytes, expected a multiple of 512 up to ${MAX_MICRO_BLOCK_BYTES}`,
    )
  }
  const view = viewOf(block)
  const entries: ZapEntry[] = []
  for (let at = MICRO_HEADER_BYTES; at < block.byteLength; at += MICRO_ENTRY_BYTES) {
    const nameAt = at + NAME_AT
    if (block[nameAt] === 0) continue
    const end = block.indexOf(0, nameAt)
    if (end === -1 || end >= nameAt + MICRO_NAME_BYTES) {
      throw corruptZap(options.where, `the name at byte ${nameAt} of the micro zap does not end`)
    }
    entries.push({
      name: block.subarray(nameAt, end),
      integerBytes: 8,
      values: [view.getBigUint64(at, options.littleEndian)],
    })
    checkEntryCount(entries.length, options)
  }
  return entries
}
