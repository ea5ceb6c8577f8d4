/** What is done with the payload of one record. */

export interface PayloadTaker {
  /** a piece of it, valid during the call */
  take(bytes: Uint8Array): void
  end(): void
}

/** Gathers the payload as it comes. Nothing is allocated for what is only announced. */
export class PayloadGatherer implements PayloadTaker {
  readonly #then: (payload: Uint8Array) => void
  readonly #pieces: Uint8Array[] = []
  #bytes = 0

  /** `then` gets the whole payload, which is its own to keep. */
  constructor(then: (payload: Uint8Array) => void) {
    this.#then = then
  }

  take(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice())
    this.#bytes += bytes.byteLength
  }

  end(): void {
    const [first] = this.#pieces
    this.#then(this.#pieces.length === 1 && first !== undefined ? first : this.#joined())
  }

  #joined(): Uint8Array {
    const whole = new Uint8Array(this.#bytes)
    let offset = 0
    for (const piece of this.#pieces) {
      whole.set(piece, offset)
      offset += piece.byteLength
    }
    return whole
  }
}
