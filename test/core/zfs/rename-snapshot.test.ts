import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { RecordReader, type ZfsStreamInfo } from '#core/zfs/record-reader.ts'
import type { StreamRecord } from '#core/zfs/records.ts'
import { SnapshotRenamer } from '#core/zfs/rename-snapshot.ts'
import { BEGIN, END, OBJECT, tinyStream, WRITE } from './tiny-stream.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/zfs')

function renamed(bytes: Uint8Array, name = 'kayak', step = 65_536): Buffer {
  const renamer = new SnapshotRenamer(name)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += step)
    pieces.push(...renamer.push(bytes.subarray(at, at + step)).map((piece) => piece.slice()))
  renamer.finish()
  return Buffer.concat(pieces)
}

/** What the stream says but for its names; every checksum of it is verified on the way. */
function contentOf(bytes: Uint8Array) {
  const records: (StreamRecord | string)[] = []
  const reader = new RecordReader({
    record: (record) => records.push(record.type === 'begin' ? { ...record, toName: '' } : record),
    payload: (piece) => records.push(Buffer.from(piece).toString('base64')),
    recordEnd: () => undefined,
  })
  reader.push(bytes)
  reader.finish()
  return { info: reader.info(), records }
}

const fixturesWith = (isWanted: (info: ZfsStreamInfo) => boolean) =>
  globSync('!(broken-*).zfs', { cwd: fixtures }).filter((file) =>
    isWanted(contentOf(readFileSync(path.join(fixtures, file))).info),
  )

test.each(fixturesWith(({ isPackage }) => !isPackage))(
  '%s keeps all but the name of its snapshot',
  (file) => {
    const bytes = readFileSync(path.join(fixtures, file))
    for (const step of [65_536, 311]) {
      const made = renamed(bytes, 'kayak', step)
      expect(made.length).toBe(bytes.length)
      const [before, after] = [contentOf(bytes), contentOf(made)]
      expect(after.records).toEqual(before.records)
      const dataset = before.info.snapshots[0]?.toName.split('@')[0]
      expect(after.info.snapshots[0]?.toName).toBe(`${dataset}@kayak`)
    }
  },
)

test('of a package with one snapshot that stream comes out alone', () => {
  const stream = tinyStream([BEGIN(), OBJECT(2n), END()])
  const list = new Uint8Array(24)
  const preamble = tinyStream([BEGIN({ 16: 2n, 40: 0n, 56: 'pool/tiny@snap' }, list), END({ 40: 0n })])
  const bytes = Buffer.concat([preamble, stream, tinyStream([END(), END({ 40: 0n })]).subarray(312)])
  expect(contentOf(bytes).info.isPackage).toBe(true)
  const after = contentOf(renamed(bytes, 'kayak', 100)).info
  expect(after.isPackage).toBe(false)
  expect(after.snapshots.map(({ toName }) => toName)).toEqual(['pool/tiny@kayak'])
})

test.each(fixturesWith(({ snapshots }) => snapshots.length > 1))(
  '%s, of several snapshots, is refused',
  (file) => {
    expect(() => renamed(readFileSync(path.join(fixtures, file)))).toThrow(
      expect.objectContaining({ code: 'UnsupportedZfsStream' }),
    )
  },
)

describe('a stream', () => {
  const records = [BEGIN(), OBJECT(2n), WRITE(2n, {}, new Uint8Array(512).fill(7)), END()]

  test.each([
    { littleEndian: true, checksums: true },
    { littleEndian: false, checksums: true },
    { littleEndian: true, checksums: false },
    { littleEndian: false, checksums: false },
  ])('of %o keeps its byte order, and its headers stay without sums where they had none', (options) => {
    const named = (name: string) =>
      tinyStream([BEGIN({ 56: `pool/tiny@${name}` }), ...records.slice(1)], options)
    expect(renamed(named('snap'), 'other').equals(named('other'))).toBe(true)
  })

  test('whose dataset has so long a name that the new one does not fit gets another', () => {
    const long = tinyStream([BEGIN({ 56: `${'p'.repeat(250)}@s` }), ...records.slice(1)])
    expect(contentOf(renamed(long)).info.snapshots[0]?.toName).toBe('zoneflash@kayak')
  })

  test('that is damaged or cut is refused', () => {
    const bytes = tinyStream(records)
    const damaged = bytes.slice()
    damaged[312 * 3 + 5] = 9
    expect(() => renamed(damaged)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
    expect(() => renamed(bytes.subarray(0, bytes.length - 1))).toThrow(
      expect.objectContaining({ code: 'TruncatedStream' }),
    )
  })
})

test('a stream with any bit flipped is corrupt, and one that is cut anywhere is truncated', () => {
  const bytes = readFileSync(path.join(fixtures, 'full.zfs'))
  const codeOf = (damaged: Uint8Array, step: number) => {
    try {
      renamed(damaged, 'kayak', step)
      return 'none'
    } catch (error) {
      return String((error as { code?: unknown }).code)
    }
  }
  const codes = { flipped: new Set<string>(), cut: new Set<string>() }
  for (let round = 0; round < 300; round++) {
    const damaged = Buffer.from(bytes)
    // half of them in the first headers, where the numbers stand that the rest is read by
    const at = (round * 7919 + round * round) % (round % 2 === 0 ? 1248 : damaged.length)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (round % 8))
    const step = 1 + ((round * 104_729) % 70_000)
    codes.flipped.add(codeOf(damaged, step))
    codes.cut.add(codeOf(bytes.subarray(0, (round * 99_991) % bytes.length), step))
  }
  expect([...codes.flipped]).toEqual(['CorruptStream'])
  expect([...codes.cut]).toEqual(['TruncatedStream'])
})

test.each(['', 'a b', '..', 'a@b', 'x/y', 'é'])('%j is no name for a snapshot', (name) => {
  expect(() => new SnapshotRenamer(name)).toThrow(expect.objectContaining({ code: 'InvalidName' }))
})
