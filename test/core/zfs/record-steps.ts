// Makes records by hand and applies them.
import { expect } from 'vitest'
import { inflaters } from '#adapters/zfs/inflaters.ts'
import { ObjectSetBuilder, type ObjectSetOptions } from '#core/zfs/object-set-builder.ts'
import { ObjectType } from '#core/zfs/object-set.ts'
import type { BeginRecord, ObjectRecord, StreamRecord } from '#core/zfs/records.ts'

export const LIMITS = { maxObjects: 100_000, maxMetadataBytes: 100 * 1024 * 1024 }
const { directory, file, znode } = ObjectType

export type Step = [record: StreamRecord, payload?: Uint8Array]

export const begin = (fields: Partial<BeginRecord> = {}): Step => [
  {
    type: 'begin',
    headerType: 1,
    features: 0x4n,
    flags: 8,
    objsetType: 2,
    created: 1,
    toGuid: '11',
    fromGuid: '0',
    toName: 'tank/zone@one',
    littleEndian: true,
    payloadBytes: 0,
    ...fields,
  },
]
export const end: Step = [{ type: 'end', ofPackage: false }]

/** The bonus of a file, a directory or a symlink in ZPL 4, as far as it is looked at here. */
export function bonusOf({ mode = 0o100644, size = 0, generation = 1 } = {}): Uint8Array {
  const bonus = new Uint8Array(264)
  const view = new DataView(bonus.buffer)
  view.setBigUint64(64, BigInt(generation), true)
  view.setBigUint64(72, BigInt(mode), true)
  view.setBigUint64(80, BigInt(size), true)
  return bonus
}

export function object(number: number, fields: Partial<ObjectRecord> = {}, bonus = bonusOf()): Step {
  const record: ObjectRecord = {
    type: 'object',
    object: number,
    objectType: file,
    bonusType: znode,
    blockSize: 512,
    bonusBytes: bonus.byteLength,
    slots: 1,
    hasSpill: undefined,
    payloadBytes: bonus.byteLength,
    ...fields,
  }
  return [record, bonus]
}

export const SYMLINK = bonusOf({ mode: 0o120777, size: 60 })
export const zap = (number: number, fields: Partial<ObjectRecord> = {}) =>
  object(number, { objectType: directory, ...fields })
export const write = (number: number, offset: number, bytes: Uint8Array): Step => [
  {
    type: 'write',
    object: number,
    objectType: file,
    offset,
    length: bytes.byteLength,
    compression: 0,
    payloadBytes: bytes.byteLength,
  },
  bytes,
]
export const free = (number: number, offset: number, length: number): Step => [
  { type: 'free', object: number, offset, length },
]
export const spill = (number: number, byte: number): Step => [
  { type: 'spill', object: number, length: 512, compression: 0, unmodified: false, payloadBytes: 512 },
  filled(512, byte),
]
export const reference = (to: number, from: number, offset = 0, refGuid = '11'): Step => [
  { type: 'writeByRef', object: to, offset, length: 512, refGuid, refObject: from, refOffset: 0 },
]

export const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)

/** Each record stands 1000 bytes behind the one before. */
export function apply(steps: readonly Step[], options: Partial<ObjectSetOptions> = {}): ObjectSetBuilder {
  const builder = new ObjectSetBuilder({ inflaters, limits: LIMITS, ...options })
  for (const [index, [record, payload]] of steps.entries()) {
    builder.record(record, { number: index + 1, at: index * 1000 })
    // In two pieces, as a chunk may end anywhere.
    if (payload !== undefined)
      for (const piece of [payload.subarray(0, 100), payload.subarray(100)]) builder.payload(piece)
    builder.recordEnd()
  }
  return builder
}

export const built = (steps: readonly Step[], options: Partial<ObjectSetOptions> = {}) =>
  apply([begin(), ...steps, end], options).result()

export const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string })
