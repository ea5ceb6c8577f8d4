/** Fletcher-4 over 32-bit words in stream byte order, the running checksum of ZFS send streams (zfs-stream.md 2). */

/** Four 64-bit sums. */
export type Checksum = readonly [bigint, bigint, bigint, bigint]

const PIECE_BYTES = 64 * 1024
const hostIsLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

export class Fletcher4 {
  readonly #swap: boolean
  /** kept in a typed array: the engine then adds without making big integers */
  readonly #sums = new BigUint64Array(4)
  readonly #bytes = new Uint8Array(PIECE_BYTES)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  #fill = 0

  constructor(littleEndian: boolean) {
    this.#swap = littleEndian !== hostIsLittleEndian
  }

  update(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.byteLength;) {
      const piece = bytes.subarray(offset, offset + PIECE_BYTES - this.#fill)
      this.#bytes.set(piece, this.#fill)
      this.#fill += piece.byteLength
      offset += piece.byteLength
      if (this.#fill === PIECE_BYTES) this.#fold()
    }
  }

  /** The sums so far. All that was given must be whole words by now. */
  value(): Checksum {
    this.#fold()
    const [a = 0n, b = 0n, c = 0n, d = 0n] = this.#sums
    return [a, b, c, d]
  }

  #fold(): void {
    const count = this.#fill >>> 2
    if (this.#swap) swapWords(this.#words, count)
    addWords(this.#sums, this.#words, count)
    const left = this.#fill & 3
    this.#bytes.copyWithin(0, this.#fill - left, this.#fill)
    this.#fill = left
  }
}

/**
 * Adds blocks of 64 words in exact doubles and folds each into the 64-bit sums: with 64 words all four partial sums stay
 * below 2^53. With n words behind them the old sums contribute a, n·a, n(n+1)/2·a and so on.
 */
function addWords(sums: BigUint64Array, words: Uint32Array, count: number): void {
  let [a = 0n, b = 0n, c = 0n, d = 0n] = sums
  for (let start = 0; start < count; start += 64) {
    const end = Math.min(start + 64, count)
    let wa = 0
    let wb = 0
    let wc = 0
    let wd = 0
    for (let index = start; index < end; index++) {
      wa += words[index] ?? 0
      wb += wa
      wc += wb
      wd += wc
    }
    const n = BigInt(end - start)
    const n2 = (n * (n + 1n)) / 2n
    const n3 = (n2 * (n + 2n)) / 3n
    d = BigInt.asUintN(64, d + n * c + n2 * b + n3 * a + BigInt(wd))
    c = BigInt.asUintN(64, c + n * b + n2 * a + BigInt(wc))
    b = BigInt.asUintN(64, b + n * a + BigInt(wb))
    a = BigInt.asUintN(64, a + BigInt(wa))
  }
  sums[0] = a
  sums[1] = b
  sums[2] = c
  sums[3] = d
}

function swapWords(words: Uint32Array, count: number): void {
  for (let index = 0; index < count; index++) {
    const word = words[index] ?? 0
    words[index] = ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
  }
}
