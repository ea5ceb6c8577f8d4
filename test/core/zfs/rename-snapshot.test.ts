import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { RecordReader } from '#core/zfs/record-reader.ts'
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

const fixturesOf = (wantsPackages: boolean) =>
  globSync('!(broken-*).zfs', { cwd: fixtures }).filter((file) => {
    const { info } = contentOf(readFileSync(path.join(fixtures, file)))
    return info.isPackage === wantsPackages
  })

test.each(fixturesOf(false))('%s keeps all but the name of its snapshot', (file) => {
  const bytes = readFileSync(path.join(fixtures, file))
  for (const step of [65_536, 311]) {
    const made = renamed(bytes, 'kayak', step)
    expect(made.length).toBe(bytes.length)
    const [before, after] = [contentOf(bytes), contentOf(made)]
    expect(after.records).toEqual(before.records)
    const dataset = before.info.snapshots[0]?.toName.split('@')[0]
    expect(after.info.snapshots[0]?.toName).toBe(`${dataset}@kayak`)
  }
})

test.each(fixturesOf(true))('%s, a package, comes out as its one stream or is refused', (file) => {
  const bytes = readFileSync(path.join(fixtures, file))
  const { info } = contentOf(bytes)
  if (info.snapshots.length > 1) {
    expect(() => renamed(bytes)).toThrow(expect.objectContaining({ code: 'UnsupportedZfsStream' }))
    return
  }
  const after = contentOf(renamed(bytes, 'kayak', 1000)).info
  expect(after.isPackage).toBe(false)
  expect(after.snapshots[0]).toEqual({ ...info.snapshots[0], toName: expect.stringMatching(/@kayak$/) })
})

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

test.each(['', 'a b', '..', 'a@b', 'x/y', 'é'])('%j is no name for a snapshot', (name) => {
  expect(() => new SnapshotRenamer(name)).toThrow(expect.objectContaining({ code: 'InvalidName' }))
})
