import { describe, expect, test } from 'vitest'
import {
  apply,
  begin,
  built,
  filled,
  free,
  LIMITS,
  object,
  reference,
  refused,
  spill,
  SYMLINK,
  write,
  zap,
  type Step,
} from './record-steps.ts'
import { ObjectType } from '#core/zfs/object-set.ts'
import type { StreamRecord } from '#core/zfs/records.ts'

describe('a hostile or damaged stream is refused with the record and its place', () => {
  const unknown = /object 8 in record 2 at byte 1000, expected its OBJECT record before/
  test.each<[string, Step]>([
    ['a block', write(8, 0, filled(512, 1))],
    ['a hole', free(8, 0, 512)],
    ['a spill block', spill(8, 1)],
    ['a copy', reference(8, 9)],
  ])('%s of an object that is not there', (_what, step) => {
    expect(() => built([step])).toThrow(refused('CorruptStream', unknown))
  })

  test.each<[string, Step[], string, RegExp]>([
    [
      'a directory in overlapping blocks',
      [zap(8), write(8, 256, filled(512, 1))],
      'CorruptStream',
      /512 bytes at 256 of object 8 in record 3/,
    ],
    [
      'a directory in larger blocks than it has',
      [zap(8), write(8, 0, filled(1024, 1))],
      'CorruptStream',
      /expected a block of 512/,
    ],
    [
      'a part of a block of a directory that is freed',
      [zap(8), write(8, 0, filled(512, 1)), free(8, 0, 100)],
      'CorruptStream',
      /frees 100 bytes at 0 of object 8 in record 4.*blocks of 512/,
    ],
    [
      'a symlink that is freed inside a block',
      [object(8, {}, SYMLINK), free(8, 100, Infinity)],
      'CorruptStream',
      /at 100 of object 8 in record 3/,
    ],
    [
      'a redaction without its feature',
      [[{ type: 'redact', object: 8, payloadBytes: 0 }]],
      'CorruptStream',
      /record 2/,
    ],
    [
      'a copy out of another snapshot',
      [object(8), object(9), reference(9, 8, 0, '99')],
      'UnsupportedZfsStream',
      /guid 99.*record 4.*without -D/,
    ],
    [
      'a copy out of another snapshot, whose object this one lacks',
      [object(9), reference(9, 8, 0, '99')],
      'UnsupportedZfsStream',
      /guid 99.*record 3.*without -D/,
    ],
    [
      'a directory that is a copy of a file',
      [object(8), zap(9), reference(9, 8)],
      'UnsupportedZfsStream',
      /object 8 in record 4/,
    ],
    [
      'a file that is a copy of a directory',
      [zap(8), write(8, 0, filled(512, 1)), object(9), reference(9, 8)],
      'UnsupportedZfsStream',
      /object 8 in record 5/,
    ],
  ])('%s', (_what, steps, code, message) => {
    expect(() => built(steps)).toThrow(refused(code, message))
  })

  test('a block that does not decompress', () => {
    const compressed: Step = [
      {
        type: 'write',
        object: 8,
        objectType: ObjectType.file,
        offset: 0,
        length: 512,
        compression: 15,
        payloadBytes: 104,
      },
      filled(104, 255),
    ]
    expect(() => built([zap(8), compressed])).toThrow(refused('CorruptStream', /in record 3 at byte 2000/))
    // Of a file nobody wants to see: only who reads it will notice.
    expect(() => built([object(8), compressed])).not.toThrow()
  })

  test('an embedded block of another kind', () => {
    const record: StreamRecord = {
      type: 'writeEmbedded',
      object: 8,
      offset: 0,
      length: 512,
      compression: 0,
      embeddedType: 1,
      logicalBytes: 8,
      physicalBytes: 8,
      payloadBytes: 8,
    }
    expect(() => built([object(8), [record, filled(8, 1)]])).toThrow(
      refused('UnsupportedZfsStream', /type 1 in record 3/),
    )
  })

  test('more objects than are allowed', () => {
    const limits = { ...LIMITS, maxObjects: 2 }
    expect(built([object(1), object(2), object(2)], { limits }).objects.size).toBe(2)
    expect(() => built([object(1), object(2), object(3)], { limits })).toThrow(
      refused('TooManyEntries', /more than 2 objects/),
    )
  })

  test('more metadata than is allowed, counted without what is gone', () => {
    const limits = { ...LIMITS, maxMetadataBytes: 2000 }
    const blocks = (count: number) =>
      Array.from({ length: count }, (_, index) => write(8, index * 512, filled(512, 1)))
    const tooMuch = refused('TooManyBytes', /more than 2000 bytes/)
    expect(() => built([zap(8), ...blocks(4)], { limits })).toThrow(tooMuch)
    expect(() =>
      built([zap(8), ...blocks(3), zap(8, { blockSize: 1024 }), ...blocks(1)], { limits }),
    ).not.toThrow()
    expect(() => built([zap(8), ...blocks(3), free(8, 0, Infinity), ...blocks(3)], { limits })).not.toThrow()
    expect(() =>
      built([zap(8), ...blocks(3), [{ type: 'freeObjects', first: 8, count: 1 }], zap(8), ...blocks(3)], {
        limits,
      }),
    ).not.toThrow()
    expect(() =>
      built(
        [
          object(1),
          object(2),
          ...[1, 2, 3].map((byte) => spill(1, byte)),
          spill(2, 1),
          object(3),
          object(4),
          object(5),
        ],
        { limits },
      ),
    ).toThrow(tooMuch)
  })

  test('a tiny record of a large block of a directory', () => {
    const record: StreamRecord = {
      type: 'writeEmbedded',
      object: 8,
      offset: 0,
      length: 16 * 1024 * 1024,
      compression: 0,
      embeddedType: 0,
      logicalBytes: 8,
      physicalBytes: 8,
      payloadBytes: 8,
    }
    const limits = { ...LIMITS, maxMetadataBytes: 1024 * 1024 }
    expect(() =>
      built([zap(8, { blockSize: 16 * 1024 * 1024 }), [record, filled(8, 1)]], { limits }),
    ).toThrow(refused('TooManyBytes', /more than 1048576 bytes/))
  })

  test('small payloads that become far more bytes than came', () => {
    const large = 16 * 1024 * 1024
    const builder = apply([begin(), object(8, { blockSize: large })])
    const record: StreamRecord = {
      type: 'write',
      object: 8,
      objectType: ObjectType.file,
      offset: 0,
      length: large,
      compression: 15,
      payloadBytes: 8,
    }
    // Their payloads never come: the announcement is enough.
    const announce = (count: number) => {
      for (let number = 0; number < count; number++) builder.record(record, { number, at: 100_000 })
    }
    announce(4096 / 16)
    // what lz4 makes of a file of one byte over and over
    builder.record(record, { number: 300, at: 17 * large })
    expect(() => announce(1)).toThrow(
      refused('TooManyBytes', /100000 bytes of the zfs stream have become blocks of/),
    )
  })
})
