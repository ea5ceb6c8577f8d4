// Fletcher-4 in plain numbers, for platforms without WebAssembly.

/** Adds `words`, whole 32-bit words, to `sums`: four 64-bit numbers, least significant byte first. */
export type AddWords = (sums: Uint8Array, words: Uint8Array, littleEndian: boolean) => void

/** words whose four sums, starting from zero, stay below 2^53 */
const BLOCK_WORDS = 64

/**
 * Adds blocks of 64 words in exact doubles and folds each into the 64-bit sums. With n words behind them the old sums
 * contribute a, n·a, n(n+1)/2·a and so on.
 */
export const addWords: AddWords = (sums, words, littleEndian) => {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength)
  const stored = new DataView(sums.buffer, sums.byteOffset, 32)
  let a = stored.getBigUint64(0, true)
  let b = stored.getBigUint64(8, true)
  let c = stored.getBigUint64(16, true)
  let d = stored.getBigUint64(24, true)
  for (let start = 0; start < words.byteLength; start += 4 * BLOCK_WORDS) {
    const end = Math.min(start + 4 * BLOCK_WORDS, words.byteLength)
    let wa = 0
    let wb = 0
    let wc = 0
    let wd = 0
    for (let at = start; at < end; at += 4) {
      wa += view.getUint32(at, littleEndian)
      wb += wa
      wc += wb
      wd += wc
    }
    const n = BigInt((end - start) / 4)
    const n2 = (n * (n + 1n)) / 2n
    const n3 = (n2 * (n + 2n)) / 3n
    d = BigInt.asUintN(64, d + n * c + n2 * b + n3 * a + BigInt(wd))
    c = BigInt.asUintN(64, c + n * b + n2 * a + BigInt(wc))
    b = BigInt.asUintN(64, b + n * a + BigInt(wb))
    a = BigInt.asUintN(64, a + BigInt(wa))
  }
  stored.setBigUint64(0, a, true)
  stored.setBigUint64(8, b, true)
  stored.setBigUint64(16, c, true)
  stored.setBigUint64(24, d, true)
}
