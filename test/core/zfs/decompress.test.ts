import { deflateSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inflaters } from '#adapters/zfs/inflaters.ts'
import { decompressBlock } from '#core/zfs/decompress.ts'

/** One step of a compressor: bytes as they are, then a copy of what lies `distance` back. */
interface Step {
  literals: Uint8Array
  distance: number
  length: number
}

const steps = fc.array(
  fc.record({
    literals: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    distance: fc.integer({ min: 1, max: 1023 }),
    length: fc.integer({ min: 4, max: 66 }),
  }),
  { minLength: 1, maxLength: 20 },
)

/** What the steps make, with distances that stay inside it. */
function applied(list: readonly Step[]) {
  const output: number[] = []
  const within = list.map(({ literals, distance, length }) => {
    output.push(...literals)
    const step = { literals, distance: Math.min(distance, output.length), length }
    for (let left = length; left > 0; left--) output.push(output.at(-step.distance) ?? 0)
    return step
  })
  return { output: Uint8Array.from(output), within }
}

function lz4(list: readonly Step[]): Uint8Array {
  const extension = (value: number) =>
    value < 15 ? [] : [...Array<number>(Math.floor((value - 15) / 255)).fill(255), (value - 15) % 255]
  const bytes = list.flatMap(({ literals, distance, length }) => [
    (Math.min(literals.length, 15) << 4) | Math.min(length - 4, 15),
    ...extension(literals.length),
    ...literals,
    distance & 255,
    distance >> 8,
    ...extension(length - 4),
  ])
  return Uint8Array.from([0, 0, bytes.length >> 8, bytes.length & 255, ...bytes, 0, 0, 0])
}

function lzjb(list: readonly Step[]): Uint8Array {
  const items = list.flatMap(({ literals, distance, length }) => [
    ...Array.from(literals, (byte) => [byte]),
    [((length - 3) << 2) | (distance >> 8), distance & 255],
  ])
  const bytes: number[] = []
  for (let start = 0; start < items.length; start += 8) {
    const group = items.slice(start, start + 8)
    bytes.push(
      group.reduce((control, item, bit) => control | (item.length === 2 ? 1 << bit : 0), 0),
      ...group.flat(),
    )
  }
  return Uint8Array.from(bytes)
}

function zle(list: readonly Step[]): { bytes: Uint8Array; output: Uint8Array } {
  const parts = list.map(({ literals, length }) => ({
    bytes: [literals.length - 1, ...literals, 63 + length],
    output: [...literals, ...Array<number>(length).fill(0)],
  }))
  const join = (which: 'bytes' | 'output') => Uint8Array.from(parts.flatMap((part) => part[which]))
  return { bytes: join('bytes'), output: join('output') }
}

const long = Buffer.from('a golden zone '.repeat(300))
const lengthBefore = (frame: Uint8Array) => {
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(frame.byteLength)
  return Buffer.concat([prefix, frame, Buffer.alloc(5)])
}
const gzipped = Buffer.concat([deflateSync(long), Buffer.alloc(20)])
const zstandard = lengthBefore(zstdCompressSync(long).subarray(4))

describe('a block comes out as it went in', () => {
  test.each<[string, number, (list: Step[]) => { bytes: Uint8Array; output: Uint8Array }]>([
    ['lz4', 15, (list) => ({ bytes: lz4(applied(list).within), output: applied(list).output })],
    ['lzjb', 3, (list) => ({ bytes: lzjb(applied(list).within), output: applied(list).output })],
    ['zle', 14, zle],
  ])('of %s', (_name, compression, compress) => {
    fc.assert(
      fc.property(steps, (list) => {
        const { bytes, output } = compress(list)
        expect(decompressBlock(compression, bytes, output.byteLength, inflaters)).toEqual(output)
      }),
    )
  })

  test.each([
    ['gzip-1', 5, gzipped],
    ['gzip-9', 13, gzipped],
    ['zstd', 16, zstandard],
    ['no compression', 0, long],
    ['compression that is off', 2, long],
  ])('of %s, padding behind it or not', (_name, compression, payload) => {
    expect(Buffer.from(decompressBlock(compression, payload, long.byteLength, inflaters))).toEqual(long)
  })
})

describe('a damaged block is corrupt, whatever it says', () => {
  const lz4Of = (...bytes: number[]) => Uint8Array.from([0, 0, 0, bytes.length, ...bytes])
  test.each<[string, number, Uint8Array, number]>([
    ['lz4 without its length', 15, Uint8Array.of(0, 0), 512],
    ['lz4 that announces more than there is', 15, Uint8Array.of(0, 0, 1, 0, 1), 512],
    ['lz4 that could never make so much', 15, lz4Of(0x10, 65), 16 * 1024 * 1024],
    ['lz4 with too many literals', 15, lz4Of(0x50, 65, 65), 512],
    ['lz4 with a distance of 0', 15, lz4Of(0x10, 65, 0, 0), 512],
    ['lz4 with a match before its start', 15, lz4Of(0x10, 65, 2, 0), 512],
    ['lz4 with a match past its end', 15, lz4Of(0x1f, 65, 1, 0, 255, 255, 255, 0), 512],
    ['lz4 that ends in a length', 15, lz4Of(0x1f, 65, 1, 0, 255), 512],
    ['lz4 that ends early', 15, lz4Of(0x30, 65, 65, 65), 512],
    [
      'lzjb with a match before its start',
      3,
      Uint8Array.from({ length: 30 }, (_, at) => (at === 0 ? 2 : at === 1 ? 65 : 255)),
      512,
    ],
    ['lzjb that ends early', 3, Uint8Array.from({ length: 30 }, () => 0), 512],
    ['zle that ends early', 14, Uint8Array.of(66, 66, 66), 512],
    ['zle with a run past its end', 14, Uint8Array.of(255, 255, 255), 512],
    ['zle with too few literals', 14, Uint8Array.of(63, 1, 2, 3, 4, 5, 6, 7, 8), 512],
    ['gzip that makes more', 5, gzipped, 512],
    ['gzip that makes less', 5, gzipped, 8192],
    ['gzip that is none', 5, Uint8Array.of(1, 2, 3), 512],
    ['zstd that makes more', 16, zstandard, 512],
    ['zstd that announces more than there is', 16, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 9), 512],
    ['plain that is too short', 0, Uint8Array.of(1), 512],
  ])('%s', (_what, compression, payload, logicalBytes) => {
    expect(() => decompressBlock(compression, payload, logicalBytes, inflaters)).toThrow(
      expect.objectContaining({ code: 'CorruptStream' }),
    )
  })

  test.each([1, 4, 17, 255])('compression %i is not known', (compression) => {
    expect(() => decompressBlock(compression, long, 512, inflaters)).toThrow(
      expect.objectContaining({ code: 'UnsupportedZfsStream' }),
    )
  })

  test('any bytes end in a block or a refusal', () => {
    const compressions = fc.constantFrom(3, 5, 14, 15, 16)
    fc.assert(
      fc.property(
        compressions,
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 70 }),
        (compression, bytes, sectors) => {
          // A length that fits lets the bytes behind it be tried too.
          if (compression >= 15 && bytes.length >= 8)
            new DataView(bytes.buffer).setUint32(0, bytes.length - 8)
          try {
            return decompressBlock(compression, bytes, 512 * sectors, inflaters).byteLength === 512 * sectors
          } catch (error) {
            return error instanceof Error && error.name === 'CorruptStream'
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})
