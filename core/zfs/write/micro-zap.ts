// Writes a micro ZAP: one block of short names with one number each (zfs-stream.md 6.1).
import { zapHash } from '../zap/hash.ts'
import { BlockType, MICRO_ENTRY_BYTES, MICRO_NAME_BYTES } from '../zap/layout.ts'

/** A name with its number: what directories, the master node and the delete queue consist of. */
export interface NumberEntry {
  name: Uint8Array
  value: bigint
}

const UNIT = 512
/** larger ones need a feature that not every receiver has */
const MAX_BLOCK = 128 * 1024

export function fitsMicroZap(entries: readonly NumberEntry[]): boolean {
  return (
    (entries.length + 1) * MICRO_ENTRY_BYTES <= MAX_BLOCK &&
    entries.every(({ name }) => name.byteLength < MICRO_NAME_BYTES)
  )
}

/** The block, a multiple of 512 bytes. `salt` is odd. */
export function encodeMicroZap(
  entries: readonly NumberEntry[],
  salt: bigint,
  littleEndian = true,
): Uint8Array {
  const used = (entries.length + 1) * MICRO_ENTRY_BYTES
  const bytes = new Uint8Array(Math.ceil(used / UNIT) * UNIT)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BlockType.micro, littleEndian)
  view.setBigUint64(8, salt, littleEndian)
  const seen = new Map<bigint, number>()
  for (const [index, { name, value }] of entries.entries()) {
    const hash = zapHash(salt, name)
    const differentiator = seen.get(hash) ?? 0
    seen.set(hash, differentiator + 1)
    const at = (index + 1) * MICRO_ENTRY_BYTES
    view.setBigUint64(at, value, littleEndian)
    view.setUint32(at + 8, differentiator, littleEndian)
    bytes.set(name, at + 14)
  }
  return bytes
}
