// SHA-256 (FIPS 180-4) in plain TypeScript, for the guids of what is written: a stream and its increments must come out the same
// wherever they are made, and the core has no platform. It sees names and digests, never contents.

const PRIMES = 64
const BLOCK_BYTES = 64
const [roundConstants, initialState] = constants()

export class Sha256 {
  readonly #state = Int32Array.from(initialState)
  readonly #schedule = new Int32Array(64)
  readonly #block = new Uint8Array(BLOCK_BYTES)
  readonly #view = new DataView(this.#block.buffer)
  #fill = 0
  #bytes = 0

  update(bytes: Uint8Array): this {
    this.#bytes += bytes.byteLength
    for (let offset = 0; offset < bytes.byteLength;) {
      const piece = bytes.subarray(offset, offset + BLOCK_BYTES - this.#fill)
      this.#block.set(piece, this.#fill)
      this.#fill += piece.byteLength
      offset += piece.byteLength
      if (this.#fill === BLOCK_BYTES) this.#fold()
    }
    return this
  }

  /** 32 bytes. The hash cannot be used afterwards. */
  digest(): Uint8Array {
    const bits = BigInt(this.#bytes) * 8n
    this.#block.fill(0, this.#fill)
    this.#block[this.#fill] = 0x80
    if (this.#fill >= BLOCK_BYTES - 8) {
      this.#fold()
      this.#block.fill(0)
    }
    this.#view.setBigUint64(BLOCK_BYTES - 8, bits)
    this.#fold()
    const digest = new DataView(new ArrayBuffer(32))
    for (const [index, word] of this.#state.entries()) digest.setInt32(4 * index, word)
    return new Uint8Array(digest.buffer)
  }

  #fold(): void {
    const w = this.#schedule
    for (let index = 0; index < 16; index++) w[index] = this.#view.getInt32(4 * index)
    for (let index = 16; index < 64; index++) {
      const x = w[index - 15] ?? 0
      const y = w[index - 2] ?? 0
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
      w[index] = (w[index - 16] ?? 0) + s0 + (w[index - 7] ?? 0) + s1
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = this.#state
    for (let index = 0; index < 64; index++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (roundConstants[index] ?? 0) + (w[index] ?? 0)) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    this.#add(0, a, b, c, d)
    this.#add(4, e, f, g, h)
    this.#fill = 0
  }

  #add(at: number, a: number, b: number, c: number, d: number): void {
    const state = this.#state
    state[at] = (state[at] ?? 0) + a
    state[at + 1] = (state[at + 1] ?? 0) + b
    state[at + 2] = (state[at + 2] ?? 0) + c
    state[at + 3] = (state[at + 3] ?? 0) + d
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

/** The first 32 bits of the fractions of the cube roots and square roots of the first primes. */
function constants(): [Int32Array, Int32Array] {
  const primes: number[] = []
  for (let number = 2; primes.length < PRIMES; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  }
  const fraction = (root: number) => Math.floor((root % 1) * 2 ** 32) | 0
  return [
    Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  ]
}
