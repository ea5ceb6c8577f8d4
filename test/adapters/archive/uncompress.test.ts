import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { uncompress } from '#adapters/archive/uncompress.ts'
import { LZW_TABLE, lzwBomb } from '#test/lzw-bomb.ts'

const MIB = 1024 ** 2

async function drain(source: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of source) bytes += piece.byteLength
  return bytes
}

test('others have their turn for each MiB of output, also when it is all of one piece of input', async () => {
  const codes = 9000
  let turns = 0
  let isOver = false
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const bytes = await drain(uncompress(Readable.from([lzwBomb(codes)])))
  isOver = true
  expect(bytes).toBe((codes * (codes + 1)) / 2)
  expect(turns).toBeGreaterThanOrEqual(Math.floor(bytes / MIB) - 1)
})

test('a bomb is refused long before all of it is made', async () => {
  let bytes = 0
  const read = async () => {
    for await (const piece of uncompress(Readable.from([lzwBomb(LZW_TABLE)]))) bytes += piece.byteLength
  }
  await expect(read()).rejects.toMatchObject({
    code: 'TooManyBytes',
    message: expect.stringMatching(/^\d+ bytes of compress have become \d+, expected less than 500 times/),
  })
  expect(bytes).toBeLessThanOrEqual(256 * MIB)
})
