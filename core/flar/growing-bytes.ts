/** Bytes that grow, up to what their owner allows: doubled when full, so that many small pieces cost no more than one. */
export class GrowingBytes {
  #store = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was added since clear(); valid until the next call. */
  get bytes(): Uint8Array {
    return this.#store.subarray(0, this.#length)
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.byteLength
    if (length > this.#store.byteLength) {
      const grown = new Uint8Array(Math.max(length, this.#store.byteLength * 2))
      grown.set(this.bytes)
      this.#store = grown
    }
    this.#store.set(piece, this.#length)
    this.#length = length
  }

  clear(): void {
    this.#length = 0
  }
}
