import { constants, deflateSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inflaters } from '#adapters/zfs/inflaters.ts'

const contents = Buffer.from('a block of a file, '.repeat(100))

describe.each([
  ['a zlib stream', deflateSync(contents), (bytes: Uint8Array, max: number) => inflaters.inflate(bytes, max)],
  [
    'a zstd frame',
    zstdCompressSync(contents),
    (bytes: Uint8Array, max: number) => inflaters.zstd(bytes, max),
  ],
])('%s', (_name, compressed, undo) => {
  test('comes back', () => {
    expect(Buffer.from(undo(compressed, contents.byteLength))).toEqual(contents)
  })

  test('comes back with zeros behind it', () => {
    const padded = Buffer.concat([compressed, Buffer.alloc(13)])
    expect(Buffer.from(undo(padded, contents.byteLength))).toEqual(contents)
  })

  test('is refused when it is cut, or becomes larger than it may', () => {
    expect(() => undo(compressed.subarray(0, -8), contents.byteLength)).toThrow(
      /unexpected end|Src size|corrupt/i,
    )
    expect(() => undo(compressed, contents.byteLength - 1)).toThrow(/larger than/)
  })
})

test('a zstd frame may not ask for a window that is larger than the block', () => {
  const frame = zstdCompressSync(contents, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } })
  // RFC 8878: the exponent of the window stands in the five upper bits
  const withWindow = (log: number) => frame.map((byte, at) => (at === 5 ? (log - 10) << 3 : byte))
  expect(inflaters.zstd(withWindow(11), contents.byteLength)).toHaveLength(contents.byteLength)
  expect(() => inflaters.zstd(withWindow(27), contents.byteLength)).toThrow(/too much memory/)
})
