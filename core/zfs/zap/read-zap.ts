// Reading ZAPs, the tables of names that directories and everything else in a file system are made of (zfs-stream.md 6).
import type { StreamObject } from '../object-set.ts'
import { corruptZap, viewOf, type ZapEntry, type ZapOptions } from './entry.ts'
import { readFatZap } from './fat.ts'
import { BlockType, MICRO_HEADER_BYTES } from './layout.ts'
import { readMicroZap } from './micro.ts'

export type { ZapEntry, ZapOptions } from './entry.ts'

/**
 * All entries, in no order that means anything. `blocks` are by offset in bytes.
 * @throws CorruptStream with the ZAP and the chunk; TooManyEntries
 */
export function readZap(blocks: ReadonlyMap<number, Uint8Array>, options: ZapOptions): ZapEntry[] {
  const first = blocks.get(0)
  if (first === undefined || first.byteLength < MICRO_HEADER_BYTES) {
    throw corruptZap(options.where, 'its first block is missing, expected a zap')
  }
  const type = viewOf(first).getBigUint64(0, options.littleEndian)
  if (type === BlockType.header) return readFatZap(first, blocks, options)
  if (type !== BlockType.micro) throw corruptZap(options.where, `block type ${type} is not that of a zap`)
  if (blocks.size > 1) throw corruptZap(options.where, `a micro zap of ${blocks.size} blocks, expected one`)
  return readMicroZap(first, options)
}

/**
 * The same for an object, whose blocks must have its block size: a host looks for them there.
 * @throws CorruptStream, TooManyEntries
 */
export function readObjectZap(object: StreamObject, options: ZapOptions): ZapEntry[] {
  const blocks = object.blocks ?? new Map<number, Uint8Array>()
  const first = blocks.get(0)
  if (first !== undefined && first.byteLength !== object.blockSize) {
    throw corruptZap(
      options.where,
      `a first block of ${first.byteLength} bytes, expected the object's block size of ${object.blockSize}`,
    )
  }
  return readZap(blocks, options)
}
