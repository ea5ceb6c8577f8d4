// Compressors of a fixed output, each writing into the blob store.
import { HandOver } from '#app/hand-over.ts'
import type { AcceptBlob, BlobStore, StoredBlob } from '#app/ports/blobs.ts'
import type { Compression } from '#core/manifest.ts'
import { runFilter } from '../archive/run-filter.ts'

/**
 * The same bytes whatever the number of processors: zstd's and pigz's output does not depend on their threads, gzip's, zlib's and
 * `zstd --single-thread`'s would differ (docs/decisions/0006-one-pass-packaging.md).
 */
export const PIGZ = ['pigz', '-n', '-5', '-b', '128', '-c'] as const
export const ZSTD = ['zstd', '-q', '-3', '-T2', '-c'] as const

/** Those of the forms that are made only when somebody asks; xz in blocks is the same however many threads there are. */
const BZIP2 = ['bzip2', '-9', '-c'] as const
const XZ = ['xz', '-q', '-6', '-T2', '-c'] as const

/** What makes each compression; `none` needs nothing. */
export const compressors: Record<Compression, readonly [string, ...string[]] | undefined> = {
  none: undefined,
  gzip: PIGZ,
  zstd: ZSTD,
  bzip2: BZIP2,
  xz: XZ,
}

/** One compressor whose output goes into the blob store. */
export class Packed {
  readonly #input = new HandOver()
  readonly #stored: Promise<StoredBlob>

  /** Without a compressor the bytes are stored as they come. */
  constructor(
    blobs: Pick<BlobStore, 'put'>,
    compressor: readonly [string, ...string[]] | undefined,
    accept?: AcceptBlob,
  ) {
    const output = compressor ? runFilter(compressor, this.#input) : this.#input
    this.#stored = blobs.put(output, undefined, accept).finally(() => this.#input.abandon())
    this.#stored.catch(() => undefined)
  }

  /** @throws what stopped the compressor or the store */
  async give(chunk: Uint8Array): Promise<void> {
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
