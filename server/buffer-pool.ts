// Buffers that are lent to readers and come back: memory depends on neither the blobs' sizes nor the readers' pace.

/** bytes; what one slow reader holds */
const SMALL = 64 * 1024
/** bytes; what a fast reader holds: fewer turns of the event loop for each gigabyte */
const LARGE = 512 * 1024

/** At most `largest` large buffers are out at a time; who comes after gets a small one. */
export class BufferPool {
  readonly #free: Record<'small' | 'large', Buffer[]> = { small: [], large: [] }
  readonly #largest: number
  #largeOut = 0

  constructor(largest = 32) {
    this.#largest = largest
  }

  take(size: 'small' | 'large'): Buffer {
    if (size === 'small' || this.#largeOut >= this.#largest)
      return this.#free.small.pop() ?? Buffer.allocUnsafeSlow(SMALL)
    this.#largeOut += 1
    return this.#free.large.pop() ?? Buffer.allocUnsafeSlow(LARGE)
  }

  /** Only a buffer that nobody reads or writes any more. */
  give(buffer: Buffer): void {
    if (buffer.length === LARGE) this.#largeOut -= 1
    const free = this.#free[buffer.length === LARGE ? 'large' : 'small']
    if (free.length < this.#largest) free.push(buffer)
  }
}
