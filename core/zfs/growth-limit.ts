/** Keeps small payloads from becoming large blocks without end (zfs-stream.md 16, 24). */
import { refusal } from '../archive/refusals.ts'

/** Above this many bytes a stream must not have grown by more than MAX_GROWTH: no pool holds files that are so alike. */
const GROWTH_FLOOR = 4 * 1024 ** 3
const MAX_GROWTH = 100

export class GrowthLimit {
  #made = 0

  /** Whoever reads a block will have to make `bytes` bytes; `received` are those of the stream so far. @throws TooManyBytes */
  make(bytes: number, received: number): void {
    this.#made += bytes
    if (this.#made > GROWTH_FLOOR && this.#made > received * MAX_GROWTH) {
      throw refusal(
        'TooManyBytes',
        `${received} bytes of the zfs stream have become blocks of ${this.#made}, expected less than ${MAX_GROWTH} times as many`,
      )
    }
  }
}
