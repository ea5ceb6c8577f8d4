// The hash by which a ZAP finds a name (zfs-stream.md 6.2): a salted CRC-64 of which the top 28 bits count.

const POLYNOMIAL_HIGH = 0xc96c5795
const POLYNOMIAL_LOW = 0xd7870f42
/** the upper half without the four bits that are cut off */
const KEPT = 0xfffffff0

/** halves of the table by byte */
const high = new Int32Array(256)
const low = new Int32Array(256)

for (let byte = 0; byte < 256; byte++) {
  let [top, bottom] = [0, byte]
  for (let bit = 0; bit < 8; bit++) {
    const odd = bottom & 1
    bottom = (bottom >>> 1) | (top << 31)
    top >>>= 1
    if (odd === 1) {
      top ^= POLYNOMIAL_HIGH
      bottom ^= POLYNOMIAL_LOW
    }
  }
  high[byte] = top
  low[byte] = bottom
}

/** Hash of `name` (without its NUL) in a ZAP with this salt: a 64-bit value whose low 36 bits are zero. */
export function zapHash(salt: bigint, name: Uint8Array): bigint {
  let top = Number((salt >> 32n) & 0xffffffffn) | 0
  let bottom = Number(salt & 0xffffffffn) | 0
  for (const byte of name) {
    const row = (bottom ^ byte) & 0xff
    bottom = ((bottom >>> 8) | (top << 24)) ^ (low[row] ?? 0)
    top = (top >>> 8) ^ (high[row] ?? 0)
  }
  return BigInt((top & KEPT) >>> 0) << 32n
}
