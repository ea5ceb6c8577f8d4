import fc from 'fast-check'
import { expect, test } from 'vitest'
import { zapHash } from '#core/zfs/zap/hash.ts'

const POLYNOMIAL = 0xc96c5795d7870f42n
const MASK = (2n ** 28n - 1n) << 36n

/** bit by bit, as the definition of a reflected CRC says */
function slowHash(salt: bigint, name: Uint8Array): bigint {
  let crc = salt
  for (const byte of name) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n
  }
  return crc & MASK
}

test('the hash is the salted CRC-64, cut to its top 28 bits', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.uint8Array({ maxLength: 60 }),
      (salt, name) => {
        expect(zapHash(salt, name)).toBe(slowHash(salt, name))
      },
    ),
  )
})

test('without a name the salt itself is cut', () => {
  expect(zapHash(0xffffffffffffffffn, new Uint8Array())).toBe(MASK)
})
