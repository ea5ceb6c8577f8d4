/** One pass over a zone's root: tar.gz, tar.zst and cpio.gz in the blob store, and their common index. Memory does not grow with the tree. */
import { HandOver } from '#app/hand-over.ts'
import type { PackagedArchives, ZoneTree } from '#app/package-zone.ts'
import type { BlobStore, StoredBlob } from '#app/ports.ts'
import type { Artifact } from '#core/manifest.ts'
import { EntrySpool } from '../archive/entry-spool.ts'
import { runFilter } from '../archive/run-filter.ts'
import { ArchiveWriters } from './archive-writers.ts'
import { CanonicalMembers, type ArchiveEvent } from './canonical-members.ts'
import type { EntryLimits } from '#core/archive/entry-policy.ts'
import { findZonerootSource, listLinkGroups } from './read-zoneroot.ts'

interface Needs {
  blobs: BlobStore
  limits: EntryLimits
  /** a directory that is swept, for the index while it grows */
  spoolDirectory: string
}

/**
 * The same bytes whatever the number of processors: zstd's and pigz's output does not depend on their threads, gzip's, zlib's and
 * `zstd --single-thread`'s would differ (docs/decisions/0006-one-pass-packaging.md).
 */
const PIGZ = ['pigz', '-n', '-5', '-b', '128', '-c'] as const
const ZSTD = ['zstd', '-q', '-3', '-T2', '-c'] as const

/** Zeros of a hole, given out in pieces of this size. */
const ZEROS = Buffer.alloc(256 * 1024)

/** @throws CommandFailed, ZoneChanged, NoSpace and the codes of core/archive/refusals.ts; nothing is visible afterwards */
export async function packageArchives(tree: ZoneTree, needs: Needs): Promise<PackagedArchives> {
  const { shell, zoneroot, brand, signal, onProgress } = tree
  const groups = await listLinkGroups(shell, zoneroot, brand)
  const source = await findZonerootSource(shell, zoneroot, brand)
  const members = new CanonicalMembers({ brand, groups, limits: needs.limits })
  const spool = new EntrySpool(needs.spoolDirectory)
  const packing = new Packing(needs.blobs, spool)
  try {
    const reader = source.open(members)
    const stream = source.stream(signal)
    let read = 0
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      reader.push(chunk)
      await packing.write(members.take())
      onProgress((read += chunk.byteLength))
    }
    reader.finish()
    members.finish()
    await packing.write(members.take())
    const artifacts = await packing.finish(members.entries)
    return { artifacts, entries: spool, close: () => spool.close() }
  } catch (error) {
    const first = await packing.abort(error)
    await spool.close()
    throw first
  }
}

/** The three archives while they grow. */
class Packing {
  readonly #spool: EntrySpool
  readonly #writers: ArchiveWriters
  readonly #tarGz: Packed
  readonly #tarZst: Packed
  readonly #cpioGz: Packed

  constructor(blobs: BlobStore, spool: EntrySpool) {
    this.#spool = spool
    this.#writers = new ArchiveWriters((entry) => spool.add(entry))
    this.#tarGz = new Packed(blobs, PIGZ)
    this.#tarZst = new Packed(blobs, ZSTD)
    this.#cpioGz = new Packed(blobs, PIGZ)
  }

  async write(events: readonly ArchiveEvent[]): Promise<void> {
    for (const event of events) {
      if (typeof event === 'number') await this.#writeZeros(event)
      else if (event === 'end') this.#writers.end()
      else if (event instanceof Uint8Array) this.#writers.data(event)
      else this.#writers.begin(event)
    }
    await this.#flush()
  }

  async finish(entries: number): Promise<Artifact[]> {
    this.#writers.finish()
    await this.#flush(true)
    await this.#spool.flush(true)
    const { tar, cpio } = this.#writers
    const common = { layout: 'zoneroot', entries } as const
    const facts = { ...common, format: 'tar', uncompressedSize: tar.written } as const
    const artifacts: Artifact[] = [
      { ...facts, compression: 'gzip', ...(await this.#tarGz.finish()) },
      { ...facts, compression: 'zstd', ...(await this.#tarZst.finish()) },
    ]
    if (cpio) {
      const stored = await this.#cpioGz.finish()
      artifacts.push({
        ...common,
        format: 'cpio',
        compression: 'gzip',
        uncompressedSize: cpio.written,
        ...stored,
      })
    } else {
      await this.#cpioGz.abort(new Error('a file is too large for cpio'))
    }
    return artifacts
  }

  /** Ends the compressors; returns the failure that came first: a broken pipe is not the reason for a full disk. */
  async abort(error: unknown): Promise<unknown> {
    const failures = await Promise.all(
      [this.#tarGz, this.#tarZst, this.#cpioGz].map((one) => one.abort(error)),
    )
    return failures.find((failure) => failure !== error && failure !== undefined) ?? error
  }

  async #writeZeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ZEROS.byteLength) {
      this.#writers.data(ZEROS.subarray(0, left))
      await this.#flush()
    }
  }

  async #flush(all = false): Promise<void> {
    for (const chunk of this.#writers.tar.take(all))
      await Promise.all([this.#tarGz.give(chunk), this.#tarZst.give(chunk)])
    for (const chunk of this.#writers.cpio?.take(all) ?? []) await this.#cpioGz.give(chunk)
    await this.#spool.flush()
  }
}

/** One compressor whose output goes into the blob store. */
class Packed {
  readonly #input = new HandOver()
  readonly #stored: Promise<StoredBlob>

  constructor(blobs: BlobStore, compressor: readonly [string, ...string[]]) {
    this.#stored = blobs.put(runFilter(compressor, this.#input)).finally(() => this.#input.abandon())
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
