// Pushes a growing file to the disk while it grows, so that the last flush has little left to wait for.
import type { FileHandle } from 'node:fs/promises'

/** bytes between flushes; one runs at a time */
const FLUSH_EVERY = 32 * 1024 * 1024

export class BackgroundFlush {
  readonly #file: FileHandle
  #unflushed = 0
  #running: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** So many bytes more are in the file. */
  wrote(bytes: number): void {
    this.#unflushed += bytes
    if (this.#unflushed < FLUSH_EVERY || this.#running) return
    this.#unflushed = 0
    this.#running = this.#file.datasync().then(
      () => (this.#running = undefined),
      (error: unknown) => {
        // Told once, by whoever waits: the kernel reports a lost write only to the first fsync after it.
        this.#failure = { error }
        this.#running = undefined
      },
    )
  }

  /** Waits for a flush that is under way. @throws what any of them failed with */
  async settled(): Promise<void> {
    await this.#running
    if (this.#failure) throw this.#failure.error
  }
}
