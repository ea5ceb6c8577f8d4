import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  apply,
  begin,
  bonusOf,
  built,
  end,
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
import { inflaters } from '#adapters/zfs/inflaters.ts'
import type { ContentSink } from '#core/zfs/content-sink.ts'
import { ObjectSetBuilder } from '#core/zfs/object-set-builder.ts'
import { ObjectType, type ObjectSet } from '#core/zfs/object-set.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import type { ObjectRecord, RecordPlace, StreamRecord } from '#core/zfs/records.ts'

/** Says what a sink was told. */
class Log implements ContentSink {
  readonly lines: string[] = []
  empty(number: number) {
    this.lines.push(`empty ${number}`)
  }
  file(number: number, size: number | undefined) {
    this.lines.push(`file ${number} of ${size}`)
  }
  block(number: number, { offset, length, position }: { offset: number; length: number; position: number }) {
    this.lines.push(`block ${number} ${offset}+${length} at ${position}`)
    return true
  }
  data(number: number, offset: number, bytes: Uint8Array) {
    this.lines.push(`data ${number} ${offset} ${bytes.byteLength} of ${bytes[0]}`)
  }
  hole(number: number, offset: number, length: number) {
    this.lines.push(`hole ${number} ${offset}+${length}`)
  }
  copy(number: number, offset: number, length: number, from: { object: number; offset: number }) {
    this.lines.push(`copy ${number} ${offset}+${length} from ${from.object} ${from.offset}`)
  }
  forget(first: number, count: number) {
    this.lines.push(`forget ${first}+${count}`)
  }
}

describe('contents', () => {
  test('a file goes to the sink with its size, its blocks and where they lie', () => {
    const contents = new Log()
    built([object(8, {}, bonusOf({ size: 700 })), free(8, 1024, Infinity), write(8, 0, filled(512, 3))], {
      contents,
    })
    expect(contents.lines).toEqual([
      'empty 8',
      'file 8 of 700',
      'hole 8 1024+Infinity',
      'block 8 0+512 at 3312',
      'data 8 0 100 of 3',
      'data 8 100 412 of 3',
    ])
  })

  test('an embedded block comes with the zeros behind it', () => {
    const contents = new Log()
    const record: StreamRecord = {
      type: 'writeEmbedded',
      object: 8,
      offset: 0,
      length: 70_000,
      compression: 0,
      embeddedType: 0,
      logicalBytes: 5,
      physicalBytes: 5,
      payloadBytes: 8,
    }
    built([object(8), [record, filled(8, 9)]], { contents })
    expect(contents.lines.slice(3)).toEqual([
      'data 8 0 5 of 9',
      'data 8 5 65536 of 0',
      'data 8 65541 4459 of 0',
    ])
  })

  test('a directory stays in memory and the sink hears nothing of it', () => {
    const contents = new Log()
    const set = built([zap(8), write(8, 0, filled(512, 3)), write(8, 512, filled(512, 4))], { contents })
    expect(set.objects.get(8)?.blocks).toEqual(
      new Map([
        [0, filled(512, 3)],
        [512, filled(512, 4)],
      ]),
    )
    expect(contents.lines).toEqual([])
  })

  test('the block of a symlink stays in memory', () => {
    const set = built([
      object(8, {}, SYMLINK),
      write(8, 0, filled(512, 3)),
      object(9),
      write(9, 0, filled(512, 4)),
    ])
    expect(set.objects.get(8)?.blocks).toEqual(new Map([[0, filled(512, 3)]]))
    expect(set.objects.get(9)?.blocks).toBeUndefined()
  })

  test('a copy of a block is told to the sink, or made in memory', () => {
    const contents = new Log()
    const set = built(
      [
        object(8),
        write(8, 0, filled(512, 3)),
        object(9),
        reference(9, 8, 512),
        zap(10),
        write(10, 0, filled(512, 4)),
        zap(11),
        reference(11, 10),
      ],
      { contents },
    )
    expect(contents.lines).toContain('copy 9 512+512 from 8 0')
    expect(set.objects.get(11)?.blocks).toEqual(new Map([[0, filled(512, 4)]]))
  })
})

describe('what is freed', () => {
  const blocks = [0, 512, 1024, 1536].map((offset, index) => write(8, offset, filled(512, index + 1)))

  test.each<[string, number, number, Record<number, number[]>]>([
    ['a block', 512, 512, { 0: [1, 1], 1024: [3, 3], 1536: [4, 4] }],
    ['all to the end', 1024, Infinity, { 0: [1, 1], 512: [2, 2] }],
    ['nothing behind the end', 4096, Infinity, { 0: [1, 1], 512: [2, 2], 1024: [3, 3], 1536: [4, 4] }],
  ])('of a directory: %s', (_what, offset, length, expected) => {
    const set = built([zap(8), ...blocks, free(8, offset, length)])
    const left = [...(set.objects.get(8)?.blocks ?? [])].map(([at, block]) => [at, [block[0], block.at(-1)]])
    expect(Object.fromEntries(left)).toEqual(expected)
  })

  test('objects to the last possible number, and those only', () => {
    const steps = [1, 2, 300, 2 ** 48 - 1].map((number) => object(number))
    const freed: Step = [{ type: 'freeObjects', first: 2, count: 2 ** 48 - 2 }]
    expect([...built([...steps, freed]).objects.keys()]).toEqual([1])
  })

  test('objects by many records beyond all of them, without a look at each', () => {
    const steps: Step[] = Array.from({ length: 20_000 }, (_, index) => object(index + 1))
    for (let count = 0; count < 20_000; count++)
      steps.push([{ type: 'freeObjects', first: 40_000, count: Infinity }])
    expect(built(steps).objects.size).toBe(20_000)
  })
})

describe('an object that comes again', () => {
  const before = [
    object(8, {}, bonusOf({ size: 9 })),
    write(8, 0, filled(512, 1)),
    zap(9),
    write(9, 0, filled(512, 2)),
  ]

  test('keeps its data when only its attributes changed', () => {
    const contents = new Log()
    const set = built([...before, object(8, {}, bonusOf({ size: 5 })), zap(9)], { contents })
    expect(contents.lines.slice(-1)).toEqual(['file 8 of 5'])
    expect(set.objects.get(9)?.blocks?.size).toBe(1)
  })

  test.each<[string, Step, Step]>([
    ['block size', object(8, { blockSize: 1024 }, bonusOf({ size: 9 })), zap(9, { blockSize: 1024 })],
    ['type', zap(8), object(9)],
    ['number of slots', object(8, { slots: 2 }), zap(9, { slots: 2 })],
  ])('loses its data with another %s', (_what, file8, directory9) => {
    const contents = new Log()
    const set = built([...before, directory9, file8], { contents })
    expect(contents.lines.filter((line) => line === 'empty 8')).toHaveLength(2)
    expect(set.objects.get(9)?.blocks?.size ?? 0).toBe(0)
  })

  test('is a symlink now: blocks of the file that it was do not count', () => {
    const set = built([...before, object(8, {}, SYMLINK)])
    expect(set.objects.get(8)?.blocks).toEqual(new Map())
  })

  test.each([
    ['the same file of several blocks keeps its data', { size: 300_000 }, { size: 300_000 }, 1],
    ['a file of one block loses it', { size: 100_000 }, { size: 100_000 }, 2],
    ['another file under its number loses it', { size: 300_000 }, { size: 300_000, generation: 2 }, 2],
  ])('in larger blocks: %s', (_what, old, now, emptied) => {
    const contents = new Log()
    const small = object(8, { blockSize: 131_072 }, bonusOf(old))
    built([small, write(8, 0, filled(512, 1)), object(8, { blockSize: 1_048_576 }, bonusOf(now))], {
      contents,
    })
    expect(contents.lines.filter((line) => line === 'empty 8')).toHaveLength(emptied)
  })

  test.each<[string, Partial<ObjectRecord>, number, boolean]>([
    ['stays without flags that say otherwise', { hasSpill: undefined }, 1, true],
    ['stays when the flag says so', { hasSpill: true }, 1, true],
    ['goes when the flag is not there', { hasSpill: false }, 1, false],
    ['goes with the file whose it was', { hasSpill: true }, 2, false],
  ])('its spill block %s', (_what, fields, generation, stays) => {
    const set = built([object(8), spill(8, 5), object(8, fields, bonusOf({ generation }))])
    expect(set.objects.get(8)?.spill).toEqual(stays ? filled(512, 5) : undefined)
  })

  test('a spill block for old receivers changes nothing', () => {
    const unmodified: Step = [
      { type: 'spill', object: 8, length: 512, compression: 0, unmodified: true, payloadBytes: 512 },
      filled(512, 6),
    ]
    expect(built([object(8), spill(8, 5), unmodified]).objects.get(8)?.spill).toEqual(filled(512, 5))
  })
})

describe('objects of several slots', () => {
  test('take the numbers behind theirs', () => {
    const set = built([object(9), object(10), object(8, { slots: 2 })])
    expect([...set.objects.keys()]).toEqual([8, 10])
  })

  test('leave no room for another inside', () => {
    expect(() => built([object(8, { slots: 4 }), object(11)])).toThrow(
      refused('CorruptStream', /object 11 in record 3 at byte 2000, inside object 8 of 4 slots/),
    )
    expect([...built([object(8, { slots: 4 }), object(12)]).objects.keys()]).toEqual([8, 12])
  })
})

describe('increments and packages', () => {
  const base = built([object(8), zap(9), write(9, 0, filled(512, 1))])
  const increment = begin({ toGuid: '12', fromGuid: '11', toName: 'tank/zone@two' })

  test('an increment changes what it names, and its base stays as it was', () => {
    const set = apply(
      [increment, write(9, 0, filled(512, 2)), [{ type: 'freeObjects', first: 8, count: 1 }], end],
      { base },
    ).result()
    expect(set.begin).toMatchObject({ toGuid: '12', fromGuid: '11', toName: 'tank/zone@two' })
    expect([...set.objects.keys()]).toEqual([9])
    expect(set.objects.get(9)?.blocks?.get(0)).toEqual(filled(512, 2))
    expect([...base.objects.keys()]).toEqual([8, 9])
    expect(base.objects.get(9)?.blocks?.get(0)).toEqual(filled(512, 1))
  })

  test.each<[string, Step, ObjectSet | undefined, RegExp]>([
    [
      'without its base',
      increment,
      undefined,
      /"tank\/zone@two" is an increment from the snapshot of guid 11, expected a full one/,
    ],
    [
      'on another base',
      begin({ fromGuid: '10' }),
      base,
      /guid 10, expected one from "tank\/zone@one" \(guid 11\)/,
    ],
    ['that is a full stream', begin(), base, /is a full one, expected one from/],
  ])('a stream %s is refused', (_what, first, onto, message) => {
    expect(() => apply([first], onto && { base: onto })).toThrow(refused('OriginMismatch', message))
  })

  test('byte orders do not mix', () => {
    const other = begin({ toGuid: '12', fromGuid: '11', littleEndian: false })
    expect(() => apply([other], { base })).toThrow(refused('UnsupportedZfsStream', /another byte order/))
  })

  test('the streams of a package build on each other', () => {
    const preamble = begin({ headerType: 2, objsetType: 0, toGuid: '0', toName: '' })
    const set = apply([
      preamble,
      end,
      begin(),
      object(8),
      end,
      increment,
      object(9),
      end,
      [{ type: 'end', ofPackage: true }],
    ]).result()
    expect([...set.objects.keys()]).toEqual([8, 9])
    expect(set.begin.toGuid).toBe('12')
  })

  test('a package without a snapshot gives nothing', () => {
    const preamble = begin({ headerType: 2, objsetType: 0 })
    expect(() => apply([preamble, end, [{ type: 'end', ofPackage: true }]]).result()).toThrow(
      refused('UnsupportedZfsStream', /holds no snapshot/),
    )
  })

  test('an unreadable stream passes, and is refused in the end with what it is and where', () => {
    const raw = begin({ features: 1n << 24n })
    const builder = apply([raw, object(8), [{ type: 'objectRange', object: 0, payloadBytes: 0 }], end])
    expect(builder.unreadable).toMatchObject({ feature: 'raw', place: { number: 1, at: 0 } })
    expect(() => builder.result()).toThrow(
      refused('UnsupportedZfsStream', /is raw \(record 1 at byte 0\), expected a send without -w/),
    )
  })
})

describe('the order of records', () => {
  interface Recorded {
    record: StreamRecord
    place: RecordPlace
    payload: Uint8Array[]
  }

  function recordsOf(name: string): Recorded[] {
    const all: Recorded[] = []
    const reader = new RecordReader({
      record: (record, place) => all.push({ record, place, payload: [] }),
      payload: (bytes) => all.at(-1)?.payload.push(bytes.slice()),
      recordEnd: () => {},
    })
    reader.push(readFileSync(path.join(import.meta.dirname, '../../fixtures/zfs', `${name}.zfs`)))
    reader.finish()
    return all
  }

  function setOf(records: readonly Recorded[]): ObjectSet {
    const builder = new ObjectSetBuilder({ inflaters, limits: LIMITS })
    for (const { record, place, payload } of records) {
      builder.record(record, place)
      for (const bytes of payload) builder.payload(bytes)
      builder.recordEnd()
    }
    return builder.result()
  }

  test.each(['full', 'modern-large', 'modern-23-embedded-dirs', 'bigendian-zpl5'])(
    '%s gives the same with all objects first and their blocks backwards',
    (name) => {
      const records = recordsOf(name)
      const [first, last] = [records.slice(0, 1), records.slice(-1)]
      const isObject = ({ record }: Recorded) => record.type === 'object'
      const others = records.slice(1, -1).filter(({ record }) => record.type !== 'freeObjects')
      const rest = others.filter((one) => !isObject(one)).toReversed()
      expect(rest.length).toBeGreaterThan(10)
      const sorted = setOf([...first, ...others.filter(isObject), ...rest, ...last])
      const expected = setOf(records)
      expect([...sorted.objects.keys()]).toEqual([...expected.objects.keys()])
      for (const [number, { blocks, ...rest_ }] of expected.objects) {
        const { blocks: found, ...other } = sorted.objects.get(number) ?? {}
        expect(other).toEqual(rest_)
        expect(new Map([...(found ?? [])].toSorted(([a], [b]) => a - b))).toEqual(new Map(blocks))
      }
    },
  )

  test('a bonus is exact though its payload is rounded up', () => {
    const set = built([
      object(8, { bonusBytes: 263, bonusType: ObjectType.systemAttributes, payloadBytes: 264 }),
    ])
    expect(set.objects.get(8)?.bonus.byteLength).toBe(263)
  })
})
