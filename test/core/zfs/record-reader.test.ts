import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { RecordReader } from '#core/zfs/record-reader.ts'
import type { RecordPlace, RecordSink, StreamRecord } from '#core/zfs/records.ts'
import { BEGIN, END, OBJECT, tinyStream, WRITE, type Fields, type TinyRecord } from './tiny-stream.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/zfs')
const fixture = (name: string) => readFileSync(path.join(fixtures, `${name}.zfs`))

function walk(bytes: Uint8Array, step = 65_536, sink?: RecordSink) {
  const reader = new RecordReader(sink)
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
  reader.finish()
  return reader.info()
}

/** Every record with the payload that came with it. */
function recordsOf(bytes: Uint8Array, step?: number) {
  const records: { record: StreamRecord; place: RecordPlace; payload: Buffer; ended: boolean }[] = []
  walk(bytes, step, {
    record: (record, place) => records.push({ record, place, payload: Buffer.alloc(0), ended: false }),
    payload(piece) {
      const last = records.at(-1)
      if (last) last.payload = Buffer.concat([last.payload, piece])
    },
    recordEnd() {
      const last = records.at(-1)
      if (last) last.ended = true
    },
  })
  return records
}

const corrupt = (message: RegExp) =>
  expect.objectContaining({ code: 'CorruptStream', message: expect.stringMatching(message) })

test.each(globSync('!(broken-*).zfs', { cwd: fixtures }))('%s verifies', (file) => {
  const bytes = readFileSync(path.join(fixtures, file))
  const info = walk(bytes)
  expect(info.bytes).toBe(bytes.byteLength)
  expect(Object.values(info.counts).reduce((sum, count) => sum + count, 0)).toBe(info.records)
  expect(info.littleEndian).toBe(!file.startsWith('bigendian'))
})

test('the sink gets each record once, with its place and its whole payload', () => {
  const records = recordsOf(fixture('modern-embedded'), 1000)
  let at = 0
  for (const { record, place, payload, ended } of records) {
    expect(place.at).toBe(at)
    expect(payload.byteLength).toBe('payloadBytes' in record ? record.payloadBytes : 0)
    expect(ended).toBe(true)
    at += 312 + payload.byteLength
  }
  expect(new Set(records.map(({ record }) => record.type))).toEqual(
    new Set(['begin', 'object', 'freeObjects', 'free', 'write', 'writeEmbedded', 'spill', 'end']),
  )
})

test('a package is its preamble with a list, one stream for each snapshot, and an end of its own', () => {
  const info = walk(fixture('replication'))
  expect(info.isPackage).toBe(true)
  expect(info.snapshots.map(({ toName }) => toName)).toEqual(['zst/rp@s1', 'zst/rp@s2'])
  expect(info.packageList?.byteLength).toBeGreaterThan(100)
  expect(info.counts).toMatchObject({ begin: 3, end: 4 })
})

test('the pieces in which a stream comes make no difference', () => {
  const bytes = fixture('modern-default')
  for (const step of [1, 311, 313, 8191]) expect(walk(bytes, step)).toEqual(walk(bytes))
})

describe.each(['full', 'modern-default', 'modern-package', 'bigendian-zpl5'])('%s damaged', (name) => {
  const bytes = fixture(name)

  test('a cut at every 4000th byte is truncated', () => {
    for (let length = 512; length < bytes.length; length += 4000) {
      expect(() => walk(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'TruncatedStream' }),
      )
    }
  })

  test('a flipped bit is found, wherever it is', () => {
    for (let at = 16; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(() => walk(damaged), `byte ${at}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(CorruptStream|TruncatedStream)$/) }),
      )
    }
  })

  test('data behind the end is corrupt', () => {
    expect(() => walk(Buffer.concat([bytes, bytes]))).toThrow(
      expect.objectContaining({ code: 'CorruptStream' }),
    )
  })
})

test('a refusal names the record and its offset', () => {
  const damaged = Buffer.from(fixture('modern-default'))
  damaged[5000] = (damaged[5000] ?? 0) ^ 1
  expect(() => walk(damaged)).toThrow(/record \d+ at byte \d+/)
})

const file = [BEGIN(), OBJECT(5n, {}, Buffer.alloc(264, 7)), WRITE(5n, {}, Buffer.alloc(512, 9)), END()]

describe.each([
  ['with checksums in its headers', { checksums: true }],
  ['without them, as old software sends', { checksums: false }],
  ['big-endian', { littleEndian: false }],
])('a small stream %s', (_name, options) => {
  const bytes = tinyStream(file, options)

  test('verifies', () => {
    expect(walk(bytes).records).toBe(4)
  })

  test('every flipped byte is found', () => {
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      expect(() => walk(damaged), `byte ${at}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(CorruptStream|TruncatedStream)$/) }),
      )
    }
  })

  test('every cut is found', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => walk(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'TruncatedStream' }),
      )
    }
  })
})

describe('numbers that ZFS does not make, with checksums that are right', () => {
  const behindBegin =
    (record: TinyRecord, begin: Fields = {}) =>
    () =>
      walk(tinyStream([BEGIN(begin), record, END()]))
  const data = Buffer.alloc(512)
  test.each<[string, () => unknown, RegExp]>([
    ['object 0', behindBegin(OBJECT(0n)), /names object 0 in record 2 at byte 312, expected a number from 1/],
    ['object 2^48', behindBegin(OBJECT(2n ** 48n)), /object 281474976710656/],
    ['object type 0', behindBegin(OBJECT(1n, { 16: 0 })), /object type 0/],
    ['a block of 100 bytes', behindBegin(OBJECT(1n, { 24: 100 })), /block of 100 bytes/],
    ['a block of 700 bytes', behindBegin(OBJECT(1n, { 24: 700 })), /multiple of 512/],
    ['a large block without the feature', behindBegin(OBJECT(1n, { 24: 262_144 })), /at most 131072/],
    [
      'a block of 32 MiB',
      behindBegin(OBJECT(1n, { 24: 2 ** 25 }), { 16: 1n | (1n << 21n) }),
      /at most 16777216/,
    ],
    [
      'a bonus without a type',
      behindBegin(OBJECT(1n, { 20: 0 }, Buffer.alloc(8))),
      /bonus of 8 bytes and type 0/,
    ],
    ['a type without a bonus', behindBegin(OBJECT(1n, { 20: 17 })), /bonus of 0 bytes and type 17/],
    ['a bonus larger than its slots', behindBegin(OBJECT(1n, {}, Buffer.alloc(328))), /at most 320/],
    ['a raw bonus in a plain stream', behindBegin(OBJECT(1n, { 36: 8 }, data.subarray(0, 8))), /raw bonus/],
    ['33 slots', behindBegin(OBJECT(1n, { 34: { u8: 33 } })), /33 slots/],
    ['a write at 2^53', behindBegin(WRITE(1n, { 24: 2n ** 53n }, data)), /offset 9007199254740992/],
    [
      'a write that ends behind 2^53',
      behindBegin(WRITE(1n, { 24: 2n ** 53n - 512n }, data)),
      /end below 2\^53/,
    ],
    ['a write of 256 bytes', behindBegin(WRITE(1n, { 32: 256n }, data)), /block of 256/],
    [
      'a compressed size without compression',
      behindBegin(WRITE(1n, { 96: 512n }, data)),
      /without compression/,
    ],
    [
      'more compressed than plain',
      behindBegin(WRITE(1n, { 50: { u8: 15 }, 96: 1024n }, data)),
      /at most 512/,
    ],
    [
      'a compressed size that is no whole word',
      behindBegin(WRITE(1n, { 50: { u8: 15 }, 96: 13n }, data)),
      /multiple of 8/,
    ],
    [
      'an embedded block of 200 bytes',
      behindBegin({ type: 8, fields: { 8: 1n, 24: 512n, 48: 512, 52: 200 } }),
      /at most 112/,
    ],
    [
      'an embedded block larger than itself',
      behindBegin({ type: 8, fields: { 8: 1n, 24: 512n, 48: 1024 } }),
      /at most 512/,
    ],
    ['a spill block of 256 KiB', behindBegin({ type: 7, fields: { 8: 1n, 16: 262_144n } }), /at most 131072/],
    [
      'a BEGIN payload of 4 GiB',
      () => walk(tinyStream([BEGIN({ 4: 2 ** 32 - 8 })])),
      /BEGIN payload of 4294967288/,
    ],
    ['record type 11', behindBegin({ type: 11 }), /unknown record type 11 in record 2 at byte 312/],
    ['a BEGIN inside a stream', behindBegin(BEGIN()), /BEGIN inside/],
    ['header type 3', () => walk(tinyStream([BEGIN({ 16: 3n }), END()])), /header type 3/],
    ['an END of another snapshot', () => walk(tinyStream([BEGIN(), END({ 40: 78n })])), /END of guid 78/],
    ['an OBJECT before BEGIN', () => walk(tinyStream([OBJECT(1n), END()])), /no BEGIN/],
  ])('%s is refused', (_what, run, said) => {
    expect(run).toThrow(corrupt(said))
  })
})

describe('what real streams do', () => {
  const one = (record: TinyRecord, begin: Fields = {}) =>
    recordsOf(tinyStream([BEGIN(begin), record, END()]))[1]?.record

  test('slots 0 are one slot', () => {
    expect(one(OBJECT(1n, { 34: { u8: 0 } }))).toMatchObject({ slots: 1 })
  })
  test('compression 2 is plain, with its compressed size', () => {
    const record = one(WRITE(1n, { 50: { u8: 2 }, 96: 512n }, Buffer.alloc(512)))
    expect(record).toMatchObject({ compression: 2, payloadBytes: 512, length: 512 })
  })
  test('FREE and FREEOBJECTS go to the end by all-ones and by 2^48 - first', () => {
    expect(one({ type: 4, fields: { 8: 1n, 16: 512n, 24: 2n ** 64n - 1n } })).toMatchObject({
      length: Infinity,
    })
    expect(one({ type: 2, fields: { 8: 9n, 16: 2n ** 48n - 9n } })).toMatchObject({
      first: 9,
      count: 2 ** 48 - 9,
    })
  })
  test('the flag of a spill block counts only when the stream says so', () => {
    expect(one(OBJECT(1n, { 35: { u8: 4 } }))).toMatchObject({ hasSpill: undefined })
    expect(one(OBJECT(1n, { 35: { u8: 4 } }), { 36: 8 })).toMatchObject({ hasSpill: true })
    expect(one(OBJECT(1n), { 36: 8 })).toMatchObject({ hasSpill: false })
  })
})
