import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SparseExpander } from '#core/archive/sparse-map.ts'

interface Segment {
  hole: number
  data: Buffer
}

/** What GNU tar --sparse-version=1.0 stores of a file. */
function stored(segments: readonly Segment[], size: number): Buffer {
  let offset = 0
  const lines = [String(segments.length + 1)]
  for (const { hole, data } of segments) {
    offset += hole
    lines.push(String(offset), String(data.byteLength))
    offset += data.byteLength
  }
  lines.push(String(size), '0')
  const map = Buffer.from(`${lines.join('\n')}\n`)
  return Buffer.concat([
    map,
    Buffer.alloc((512 - (map.byteLength % 512)) % 512),
    ...segments.map(({ data }) => data),
  ])
}

function expand(bytes: Buffer, size: number, step: number): Buffer {
  const expander = new SparseExpander('f', size)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += step)
    for (const piece of expander.push(bytes.subarray(at, at + step)))
      pieces.push(typeof piece === 'number' ? Buffer.alloc(piece) : piece)
  pieces.push(Buffer.alloc(expander.finish()))
  return Buffer.concat(pieces)
}

test('holes come back as zeros, however the stream is cut', () => {
  const segment = fc.record({
    hole: fc.nat(2000),
    data: fc.uint8Array({ minLength: 1, maxLength: 900 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 5 }),
      fc.nat(3000),
      fc.integer({ min: 1, max: 700 }),
      (segments, tail, step) => {
        const whole = Buffer.concat([
          ...segments.flatMap(({ hole, data }) => [Buffer.alloc(hole), data]),
          Buffer.alloc(tail),
        ])
        expect(expand(stored(segments, whole.byteLength), whole.byteLength, step).equals(whole)).toBe(true)
      },
    ),
  )
})

test.for([
  ['data is missing', '1\n0\n10\n', 'less data'],
  ['the map is no list of numbers', 'x\n', 'no list of numbers'],
  ['a segment lies beyond the end', '1\n90\n20\n', 'out of order'],
] as const)('a map is refused when %s', ([, map, message]) => {
  const bytes = Buffer.concat([
    Buffer.from(map.padEnd(512, '\0')),
    Buffer.alloc(message === 'less data' ? 3 : 20),
  ])
  expect(() => expand(bytes, 100, 512)).toThrow(message)
})
