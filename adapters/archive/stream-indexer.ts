/** Passes over an artifact once: sniffs its compression and format, unpacks, checks and indexes it. Memory does not grow with it. */
import path from 'node:path'
import type { ArtifactIndex, ArtifactIndexer, FindBase } from '#app/ports/archives.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { refusal } from '#core/archive/refusals.ts'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import type { Config, Limits } from '#core/config.ts'
import { indexZfsStream } from '../zfs/index-stream.ts'
import { ArchiveIndexer } from './archive-indexer.ts'
import { decompress } from './decompress.ts'
import { EntrySpool } from './entry-spool.ts'
import { peek } from './peek.ts'

/** Above this many bytes a stream must not have grown by more than MAX_GROWTH: nothing but a bomb is that empty. */
const GROWTH_FLOOR = 4 * 1024 ** 3
const MAX_GROWTH = 500

/** What is known when the stream is over. */
type Outcome = Pick<ArtifactIndex, 'detachedXml'> & {
  facts: Omit<ArtifactIndex['facts'], 'compression' | 'uncompressedSize'>
}

export class StreamIndexer implements ArtifactIndexer {
  readonly #spoolDirectory: string
  readonly #limits: Limits

  /** `spoolDirectory` holds the index while it grows, and ZFS streams that must be read twice. */
  constructor(spoolDirectory: string, limits: Limits) {
    this.#spoolDirectory = spoolDirectory
    this.#limits = limits
  }

  async index(source: AsyncIterable<Uint8Array>, findBase?: FindBase): Promise<ArtifactIndex> {
    const spool = new EntrySpool(this.#spoolDirectory)
    try {
      const received = new CountedSource(source)
      const outer = await peek(received)
      const compression = sniffCompression(outer.head)
      const inner = await peek(decompress(outer.all, compression))
      const unpacked = new CountedSource(inner.all, (size) => checkGrowth(size, received.bytes, this.#limits))
      const { facts, detachedXml } = await this.#read(inner.head, unpacked, spool, findBase)
      await spool.flush(true)
      return {
        facts: { ...facts, compression, uncompressedSize: unpacked.bytes },
        detachedXml,
        entries: spool,
        close: () => spool.close(),
      }
    } catch (error) {
      await spool.close()
      throw error
    }
  }

  #read(
    head: Uint8Array,
    chunks: AsyncIterable<Uint8Array>,
    spool: EntrySpool,
    findBase: FindBase | undefined,
  ): Promise<Outcome> {
    const format = sniffFormat(head)
    if (format === undefined) {
      throw refusal(
        'UnknownFormat',
        `this is ${describeUnknown(head)}, expected tar, cpio (newc) or a zfs stream`,
      )
    }
    if (format !== 'zfs') return this.#readArchive(format, chunks, spool)
    const limits = this.#limits
    return indexZfsStream(chunks, {
      limits,
      spool: { directory: this.#spoolDirectory, maxBytes: limits.maxUncompressedBytes },
      findBase,
      emit: (entry) => {
        spool.add(entry)
        return spool.flush()
      },
    })
  }

  async #readArchive(
    format: 'tar' | 'cpio',
    chunks: AsyncIterable<Uint8Array>,
    spool: EntrySpool,
  ): Promise<Outcome> {
    const indexer = new ArchiveIndexer(this.#limits, (entry) => spool.add(entry))
    const reader = format === 'tar' ? new TarReader(indexer) : new CpioReader(indexer)
    for await (const chunk of chunks) {
      reader.push(chunk)
      await spool.flush()
    }
    reader.finish()
    const { layout, entries, detachedXml } = indexer.finish()
    return { facts: { format, layout, entries }, detachedXml }
  }
}

/** The indexer for a configuration: its spool lies in the blob store's directory of unfinished files, which is swept. */
export function openStreamIndexer({ blobs, limits }: Pick<Config, 'blobs' | 'limits'>): StreamIndexer {
  return new StreamIndexer(path.resolve(blobs.root, 'incoming'), limits)
}

/** @throws TooManyBytes */
function checkGrowth(size: number, received: number, limits: Limits): void {
  if (size > limits.maxUncompressedBytes) {
    throw refusal(
      'TooManyBytes',
      `the stream has more than ${limits.maxUncompressedBytes} bytes after decompression`,
    )
  }
  if (size > GROWTH_FLOOR && size > received * MAX_GROWTH) {
    throw refusal(
      'TooManyBytes',
      `${received} bytes have become ${size}, expected less than ${MAX_GROWTH} times as many`,
    )
  }
}

/** Counts what passes, and may stop it. */
class CountedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>
  readonly #check: (bytes: number) => void
  bytes = 0

  constructor(source: AsyncIterable<Uint8Array>, check: (bytes: number) => void = () => {}) {
    this.#source = source
    this.#check = check
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      this.bytes += chunk.byteLength
      this.#check(this.bytes)
      yield chunk
    }
  }
}
