// What trees of streams may take of the process's memory together, whoever has them: intake, personal streams, conversions.
import { getHeapStatistics } from 'node:v8'
import { refusal } from '#core/archive/refusals.ts'
import { ProvisionError } from '#core/errors.ts'
import type { SetUsage } from '#core/zfs/object-set.ts'

/** One object while a stream is taken in: itself, its name and facts, its digest. Measured, with what waits for the collector. */
const OBJECT_BYTES = 2048
/** A piece of a file that lies in the stream in more than one. */
const PIECE_BYTES = 256
/** The rest is for everything else that the process does. */
const SHARE_OF_HEAP = 0.5

export interface TreeUsage extends SetUsage {
  /** in which the files lie */
  pieces?: number
}

export class StreamMemory {
  /** bytes */
  readonly total: number
  readonly #spare = new Set<() => void>()
  #taken = 0

  constructor(total = Math.floor(getHeapStatistics().heap_size_limit * SHARE_OF_HEAP)) {
    this.total = total
  }

  /** Bytes that are taken now. */
  get taken(): number {
    return this.#taken
  }

  /** Objects, and names, that one stream may have. */
  get mostObjects(): number {
    return Math.floor(this.total / OBJECT_BYTES)
  }

  /** Pieces that the files of one stream may be in. */
  get mostPieces(): number {
    return Math.floor(this.total / PIECE_BYTES)
  }

  /** `free` gives back what nobody uses at the moment, before anybody is refused. Returns what takes it off again. */
  onShortage(free: () => void): () => void {
    this.#spare.add(free)
    return () => void this.#spare.delete(free)
  }

  /** A part of it, empty at first. The caller must release it. */
  lease(): MemoryLease {
    return new MemoryLease(this, (bytes) => this.#take(bytes))
  }

  #take(bytes: number): boolean {
    if (this.#taken + bytes > this.total) for (const free of this.#spare) free()
    if (bytes > 0 && this.#taken + bytes > this.total) return false
    this.#taken += bytes
    return true
  }
}

export class MemoryLease {
  readonly #memory: StreamMemory
  readonly #take: (bytes: number) => boolean
  #bytes = 0

  /** Made by StreamMemory.lease(). */
  constructor(memory: StreamMemory, take: (bytes: number) => boolean) {
    this.#memory = memory
    this.#take = take
  }

  /**
   * Takes as much as a tree of this needs, when that is more than it has.
   * @throws TooManyEntries when it would need more than all, StreamsBusy when others have the rest
   */
  cover({ objects, metadataBytes, pieces = 0 }: TreeUsage): void {
    const needed = objects * OBJECT_BYTES + metadataBytes + pieces * PIECE_BYTES
    if (needed <= this.#bytes) return
    const { total } = this.#memory
    if (needed > total) {
      throw refusal(
        'TooManyEntries',
        `the zfs stream needs more than ${megabytes(needed)} of memory at ${objects} objects, expected at most ${megabytes(total)}, about ${this.#memory.mostObjects} objects: start the process with more (NODE_OPTIONS=--max-old-space-size=MEGABYTES), or send the tree as an archive`,
      )
    }
    if (!this.#take(needed - this.#bytes)) {
      throw new ProvisionError(
        'unavailable',
        'StreamsBusy',
        `the zfs stream needs ${megabytes(needed)} of memory, and the streams that are open have ${megabytes(this.#memory.taken - this.#bytes)} of ${megabytes(total)}: try again when they are done`,
      )
    }
    this.#bytes = needed
  }

  /** Gives all back; may be called again. */
  release(): void {
    this.#take(-this.#bytes)
    this.#bytes = 0
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}

/** The memory that streams of this process share. */
export const streamMemory = new StreamMemory()
