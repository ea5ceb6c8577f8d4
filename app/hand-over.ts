// Hands chunks from one side that pushes to one that pulls, a few at a time.

/** Enough chunks that neither side waits for every single one of the other's. */
const ROOM = 4

export class HandOver implements AsyncIterable<Uint8Array> {
  #chunks: Uint8Array[] = []
  #state: 'open' | 'ended' | 'abandoned' | { error: unknown } = 'open'
  #wake: (() => void)[] = []

  /** Resolves when there is room for more; false when nobody reads any longer. */
  async give(chunk: Uint8Array): Promise<boolean> {
    this.#chunks.push(chunk)
    this.#wakeAll()
    while (this.#chunks.length >= ROOM && this.#state === 'open') await this.#change()
    return this.#state === 'open'
  }

  /** Nothing more comes. */
  end(): void {
    this.#become('ended')
  }

  /** The source failed: so does the reader. */
  fail(error: unknown): void {
    this.#become({ error })
  }

  /** The reader is done, whether it read everything or not. */
  abandon(): void {
    this.#become('abandoned')
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (typeof this.#state === 'object') throw this.#state.error
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#wakeAll()
        yield chunk
      } else if (this.#state === 'open') await this.#change()
      else return
    }
  }

  #become(state: 'ended' | 'abandoned' | { error: unknown }): void {
    if (this.#state === 'open') this.#state = state
    if (state === 'abandoned') this.#chunks = []
    this.#wakeAll()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}
