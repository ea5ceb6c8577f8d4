import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Sha256 } from '#core/zfs/write/sha256.ts'

test('every length around the ends of blocks has the digest that the platform gives it, in one piece and in two', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff)
    const half = Math.floor(length / 2)
    const digest = new Sha256().update(bytes.subarray(0, half)).update(bytes.subarray(half)).digest()
    expect(Buffer.from(digest).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  }
})
