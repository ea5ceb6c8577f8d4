import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Extent } from '#core/zfs/content-sink.ts'
import { contentsOf, writtenOf } from '#core/zfs/contents.ts'
import { ExtentMap } from '#core/zfs/extents.ts'

const OBJECT = 7
const inflaters = {
  inflate: () => {
    throw new Error('nothing is compressed here')
  },
  zstd: () => {
    throw new Error('nothing is compressed here')
  },
}

/** Streams whose bytes tell where they were read. */
const byteAt = (source: number, position: number) => 1 + ((source * 101 + position * 7) % 255)
const readAt = async (source: number, position: number, length: number) =>
  Uint8Array.from({ length }, (_, index) => byteAt(source, position + index))

async function contents(map: ExtentMap, size: number, range = {}, object = OBJECT) {
  const pieces: Uint8Array[] = []
  for await (const piece of contentsOf(map, object, size, readAt, inflaters, range)) pieces.push(piece)
  return Buffer.concat(pieces)
}

function extent(offset: number, length: number, source: number, position: number, logical = length): Extent {
  return { offset, length, source, position, stored: logical, compression: 0, logical }
}

const offsets = fc.integer({ min: 0, max: 400 })
const lengths = fc.integer({ min: 1, max: 120 })
const steps = fc.array(
  fc.oneof(
    fc.record({ write: offsets, length: lengths, unfilled: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ free: offsets, length: fc.oneof(lengths, fc.constant(Infinity)) }),
    fc.record({ drop: fc.constantFrom('empty', 'forget') }),
  ),
  { maxLength: 25 },
)

test('a file is what an array of bytes would be, whatever is written and freed', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 0, max: 600 }),
      offsets,
      offsets,
      async (all, size, start, end) => {
        const map = new ExtentMap(1000)
        const model = Buffer.alloc(600)
        for (const [index, step] of all.entries()) {
          if ('write' in step) {
            const { write: offset, length, unfilled } = step
            const logical = Math.max(1, length - unfilled)
            map.block(OBJECT, extent(offset, length, index, offset * 3, logical))
            model.fill(0, offset, offset + length)
            for (let at = 0; at < logical; at++) model[offset + at] = byteAt(index, offset * 3 + at)
          } else if ('free' in step) {
            map.hole(OBJECT, step.free, step.length)
            model.fill(0, step.free, Math.min(600, step.free + step.length))
          } else {
            if (step.drop === 'empty') map.empty(OBJECT)
            else map.forget(OBJECT - 1, 5)
            model.fill(0)
          }
        }
        expect((await contents(map, size)).equals(model.subarray(0, size))).toBe(true)
        const part = await contents(map, size, { start, end })
        expect(part.equals(model.subarray(0, size).subarray(start, end))).toBe(true)
        let last = -1
        for (const range of writtenOf(map, OBJECT, size)) {
          expect(range.start).toBeGreaterThan(last)
          expect(range.end).toBeGreaterThan(range.start)
          model.fill(0, range.start, range.end)
          last = range.end
        }
        expect(last).toBeLessThanOrEqual(size)
        // What is left of the file are holes.
        expect(model.subarray(0, size).every((byte) => byte === 0)).toBe(true)
      },
    ),
    { numRuns: 400 },
  )
})

test('a block that is the same as one before stays when that one goes', async () => {
  const map = new ExtentMap(10)
  map.block(OBJECT, extent(512, 512, 0, 9000))
  map.copy(8, 1024, 512, { object: OBJECT, offset: 512 })
  map.forget(OBJECT, 1)
  expect((await contents(map, 1536, {}, 8)).subarray(1024)).toEqual(Buffer.from(await readAt(0, 9000, 512)))
})

test('a compressed block that lies in many pieces is decompressed once', async () => {
  const block = { ...extent(0, 65_536, 0, 0), stored: 100, compression: 9 }
  const map = new ExtentMap(1000)
  map.block(OBJECT, block)
  for (let at = 512; at < 65_536; at += 1024) {
    map.block(OBJECT, { ...extent(at, 512, 1, at), stored: 100, compression: 9 })
  }
  const made: number[] = []
  const inflate = (_payload: Uint8Array, bytes: number) => {
    made.push(bytes)
    return new Uint8Array(bytes).fill(bytes === 512 ? 2 : 1)
  }
  const expected = Buffer.alloc(65_536, Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(512, 2)]))
  const pieces: Uint8Array[] = []
  const all = contentsOf(map, OBJECT, 65_536, readAt, { ...inflaters, inflate })
  for await (const piece of all) pieces.push(piece)
  expect(Buffer.concat(pieces).equals(expected)).toBe(true)
  expect(made.toSorted((a, b) => b - a)).toEqual([65_536, ...Array.from({ length: 64 }, () => 512)])
})

test('a copy of what is no block is corrupt', () => {
  const map = new ExtentMap(10)
  map.block(OBJECT, extent(0, 1024, 0, 0))
  for (const [offset, length] of [
    [512, 512],
    [0, 512],
    [4096, 512],
  ] as const) {
    expect(() => map.copy(8, 0, length, { object: OBJECT, offset })).toThrow(
      expect.objectContaining({ code: 'CorruptStream' }),
    )
  }
})

test('files in too many pieces are refused, and pieces that go count no more', () => {
  const map = new ExtentMap(3)
  for (let at = 0; at < 3; at++) map.block(at, extent(0, 512, 0, 0))
  expect(() => map.block(9, extent(0, 512, 0, 0))).toThrow(
    expect.objectContaining({ code: 'TooManyEntries' }),
  )
  map.forget(0, Infinity)
  for (let at = 0; at < 3; at++) map.block(OBJECT, extent(at * 512, 512, 0, 0))
  expect(() => map.hole(OBJECT, 100, 10)).toThrow(/more than 3 pieces/)
})

test('a hole of a terabyte comes in pieces, as fast as it is taken', async () => {
  let largest = 0
  let taken = 0
  for await (const piece of contentsOf(new ExtentMap(1), OBJECT, 2 ** 40, readAt, inflaters)) {
    largest = Math.max(largest, piece.byteLength)
    if (++taken === 100) break
  }
  expect(largest).toBeLessThanOrEqual(256 * 1024)
})
