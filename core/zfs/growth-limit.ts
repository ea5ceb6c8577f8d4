// Keeps small payloads from becoming large blocks without end (zfs-stream.md 16 item 24).
import { refusal } from '../archive/refusals.ts'

/** Above this many bytes a stream must not have grown by more than MAX_GROWTH. */
const GROWTH_FLOOR = 4 * 1024 ** 3
/** Blocks of one byte over and over become about 200 times smaller by lz4, 1000 by gzip. */
const MAX_GROWTH = 1024

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
