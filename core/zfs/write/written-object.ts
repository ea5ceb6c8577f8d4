// One object as it goes into a stream: what OBJECT says, its blocks, its spill block.
import { ObjectType } from '../object-set.ts'
import type { WrittenAttributes } from './attributes.ts'
import { encodeZap } from './encode-zap.ts'
import type { ZapForm } from './fat-zap.ts'
import type { NumberEntry } from './micro-zap.ts'
import type { RecordWriter } from './records.ts'
import { encodeSystemAttributes, type AttributesForm } from './system-attributes.ts'
import { encodeZnode, MAX_INLINE_TARGET } from './znode.ts'

/** zfs-stream.md 10: every receiver takes blocks of this size */
const RECORD_SIZE = 128 * 1024
const UNIT = 512

export interface WrittenObject {
  object: number
  /** of ObjectType */
  type: number
  blockSize: number
  bonusType: number
  bonus: Uint8Array
  spill?: Uint8Array
  /** numbers that it takes; 1 when not given */
  slots?: number
  /** from offset 0 on, each of `blockSize`; a file's contents come elsewhere */
  blocks: readonly Uint8Array[]
}

/** Blocks of a file: one as large as it is, up to the record size. */
export function blockSizeOf(size: number): number {
  return Math.min(Math.max(Math.ceil(size / UNIT), 1) * UNIT, RECORD_SIZE)
}

/** An object that is a ZAP and nothing else. */
export function zapObject(object: number, type: number, blocks: readonly Uint8Array[]): WrittenObject {
  const blockSize = blocks[0]?.byteLength ?? UNIT
  return { object, type, blockSize, bonusType: 0, bonus: new Uint8Array(), blocks }
}

/** How the file system in question keeps attributes and names. */
export interface AttributeForm extends AttributesForm, ZapForm {
  zpl: number
}

/** Anything with a name but a directory. Contents of files are not in it. */
export function nodeObject(object: number, node: WrittenAttributes, form: AttributeForm): WrittenObject {
  const target = node.target ?? new Uint8Array()
  const isInBlock = form.zpl < 5 && target.byteLength > MAX_INLINE_TARGET
  const blockSize = blockSizeOf(node.type === 'file' ? node.size : isInBlock ? target.byteLength : 0)
  const block = new Uint8Array(isInBlock ? blockSize : 0)
  if (isInBlock) block.set(target)
  return {
    object,
    type: ObjectType.file,
    blockSize,
    ...encodeAttributes(node, form),
    blocks: isInBlock ? [block] : [],
  }
}

/** A directory with what is in it. `salt` is odd. */
export function directoryObject(
  object: number,
  node: WrittenAttributes,
  { entries, salt, ...form }: AttributeForm & { entries: readonly NumberEntry[]; salt: bigint },
): WrittenObject {
  const blocks = encodeZap(entries, salt, form)
  return { ...zapObject(object, ObjectType.directory, blocks), ...encodeAttributes(node, form) }
}

function encodeAttributes(
  node: WrittenAttributes,
  form: AttributeForm,
): { bonusType: number; bonus: Uint8Array; spill?: Uint8Array } {
  if (form.zpl < 5) return { bonusType: ObjectType.znode, bonus: encodeZnode(node, form.littleEndian) }
  return { bonusType: ObjectType.systemAttributes, ...encodeSystemAttributes(node, form) }
}

/** A whole object. One with contents is written in parts: headRecords, the blocks of its contents, spillRecords. */
export function* objectRecords(
  writer: RecordWriter,
  written: WrittenObject,
  options: { replace?: boolean } = {},
): Generator<Uint8Array, undefined> {
  yield* headRecords(writer, written, options)
  yield* spillRecords(writer, written)
  return undefined
}

/** OBJECT and the blocks. In an increment what was there goes first (`replace`). */
export function* headRecords(
  writer: RecordWriter,
  written: WrittenObject,
  { replace = false }: { replace?: boolean } = {},
): Generator<Uint8Array, undefined> {
  const { object, type, blockSize, blocks, spill } = written
  yield* writer.object({ ...written, hasSpill: spill !== undefined })
  if (replace) yield* writer.free(object, 0)
  for (const [index, block] of blocks.entries()) yield* writer.write(object, type, index * blockSize, block)
  return undefined
}

export function* spillRecords(
  writer: RecordWriter,
  { object, spill }: WrittenObject,
): Generator<Uint8Array, undefined> {
  if (spill) yield* writer.spill(object, spill)
  return undefined
}
