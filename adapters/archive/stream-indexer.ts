/** Passes over an artifact once: sniffs its compression and format, unpacks, checks and indexes it. Memory does not grow with it. */
import path from 'node:path'
import type { ArtifactIndex, ArtifactIndexer } from '#app/ports/archives.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { PushReader } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import type { Config, Limits } from '#core/config.ts'
import { describeZfsStream } from '#core/zfs/describe-stream.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import { ArchiveIndexer } from './archive-indexer.ts'
import { decompress } from './decompress.ts'
import { EntrySpool } from './entry-spool.ts'
import { peek } from './peek.ts'

/** Above this many bytes a stream must not have grown by more than MAX_GROWTH: nothing but a bomb is that empty. */
const GROWTH_FLOOR = 4 * 1024 ** 3
const MAX_GROWTH = 500

/** Facts that a reader knows when the stream is over. */
type Outcome = Pick<ArtifactIndex, 'detachedXml'> & {
  facts: Omit<ArtifactIndex['facts'], 'compression' | 'uncompressedSize'>
}

export class StreamIndexer implements ArtifactIndexer {
  readonly #spoolDirectory: string
  readonly #limits: Limits

  /** `spoolDirectory` holds the index while it grows. */
  constructor(spoolDirectory: string, limits: Limits) {
    this.#spoolDirectory = spoolDirectory
    this.#limits = limits
  }

  async index(source: AsyncIterable<Uint8Array>): Promise<ArtifactIndex> {
    const spool = new EntrySpool(this.#spoolDirectory)
    try {
      const limits = this.#limits
      const counted = new CountedSource(source)
      const outer = await peek(counted)
      const compression = sniffCompression(outer.head)
      const inner = await peek(decompress(outer.all, compression))
      const { reader, outcome } = this.#createReader(inner.head, spool)
      let size = 0
      for await (const chunk of inner.all) {
        size += chunk.byteLength
        checkGrowth(size, counted.bytes, limits)
        reader.push(chunk)
        await spool.flush()
      }
      reader.finish()
      const { facts, detachedXml } = outcome()
      await spool.flush(true)
      return {
        facts: { ...facts, compression, uncompressedSize: size },
        detachedXml,
        entries: spool,
        close: () => spool.close(),
      }
    } catch (error) {
      await spool.close()
      throw error
    }
  }

  #createReader(head: Uint8Array, spool: EntrySpool): { reader: PushReader; outcome: () => Outcome } {
    const format = sniffFormat(head)
    if (format === undefined) {
      throw refusal(
        'UnknownFormat',
        `this is ${describeUnknown(head)}, expected tar, cpio (newc) or a zfs stream`,
      )
    }
    if (format === 'zfs') {
      const reader = new RecordReader()
      return {
        reader,
        outcome: () => ({ facts: describeZfsStream(reader.info()), detachedXml: undefined }),
      }
    }
    const indexer = new ArchiveIndexer(this.#limits, (entry) => spool.add(entry))
    return {
      reader: format === 'tar' ? new TarReader(indexer) : new CpioReader(indexer),
      outcome: () => {
        const { layout, entries, detachedXml } = indexer.finish()
        return { facts: { format, layout, entries }, detachedXml }
      },
    }
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

/** Counts what passes. */
class CountedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>
  bytes = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      this.bytes += chunk.byteLength
      yield chunk
    }
  }
}
