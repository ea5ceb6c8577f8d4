/** Compressors of a fixed output, each writing into the blob store. */
import { HandOver } from '#app/hand-over.ts'
import type { AcceptBlob, BlobStore, StoredBlob } from '#app/ports/blobs.ts'
import { runFilter } from '../archive/run-filter.ts'

/**
 * The same bytes whatever the number of processors: zstd's and pigz's output does not depend on their threads, gzip's, zlib's and
 * `zstd --single-thread`'s would differ (docs/decisions/0006-one-pass-packaging.md).
 */
export const PIGZ = ['pigz', '-n', '-5', '-b', '128', '-c'] as const
export const ZSTD = ['zstd', '-q', '-3', '-T2', '-c'] as const

/** One compressor whose output goes into the blob store. */
export class Packed {
  readonly #input = new HandOver()
  readonly #stored: Promise<StoredBlob>

  constructor(blobs: BlobStore, compressor: readonly [string, ...string[]], accept?: AcceptBlob) {
    this.#stored = blobs
      .put(runFilter(compressor, this.#input), undefined, accept)
      .finally(() => this.#input.abandon())
    this.#stored.catch(() => undefined)
  }

  /** @throws what stopped the compressor or the store */
  async give(chunk: Buffer): Promise<void> {
    if (await this.#input.give(chunk)) return
    await this.#stored
    throw new Error('the compressor stopped reading')
  }

  finish(): Promise<StoredBlob> {
    this.#input.end()
    return this.#stored
  }

  /** What it failed with, if it did. */
  async abort(error: unknown): Promise<unknown> {
    this.#input.fail(error)
    return this.#stored.then(
      () => undefined,
      (failure: unknown) => failure,
    )
  }
}
