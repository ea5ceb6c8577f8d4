/** Gathers many small pieces into few large chunks: a tree has ten times more headers than pipes like. */
const CHUNK = 256 * 1024

export class ByteQueue {
  #chunk = Buffer.allocUnsafe(CHUNK)
  #fill = 0
  #full: Buffer[] = []
  /** bytes added so far */
  written = 0

  add(bytes: Uint8Array): void {
    this.written += bytes.byteLength
    let rest = bytes
    while (rest.byteLength > 0) {
      const taken = rest.subarray(0, CHUNK - this.#fill)
      this.#chunk.set(taken, this.#fill)
      this.#fill += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      if (this.#fill === CHUNK) this.#finishChunk()
    }
  }

  /** The chunks that are full; with `all`, the last one too. */
  take(all = false): Buffer[] {
    if (all && this.#fill > 0) this.#finishChunk()
    const full = this.#full
    this.#full = []
    return full
  }

  #finishChunk(): void {
    this.#full.push(this.#chunk.subarray(0, this.#fill))
    this.#chunk = Buffer.allocUnsafe(CHUNK)
    this.#fill = 0
  }
}
