// Passes over an artifact once: sniffs its compression and format, unpacks, checks and indexes it. Memory does not grow with it.
import path from 'node:path'
import type { ArtifactIndex, ArtifactIndexer, FindBase } from '#app/ports/archives.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { MemberSink } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { WithoutHostDevices } from '#core/archive/without-host-devices.ts'
import type { Config, Limits } from '#core/config.ts'
import { unarchivedSize } from '#core/flar/identification.ts'
import type { FlarPreamble } from '#core/flar/reader.ts'
import { assertTemplateFlar, templateFactsOf } from '#core/flar/template-facts.ts'
import type { Compression } from '#core/manifest.ts'
import { indexZfsStream } from '../zfs/index-stream.ts'
import { ArchiveIndexer } from './archive-indexer.ts'
import { decompress } from './decompress.ts'
import { EntrySpool } from './entry-spool.ts'
import { openFlar } from './open-flar.ts'
import { peek } from './peek.ts'

/** Above this many bytes a stream must not have grown by more than MAX_GROWTH: nothing but a bomb is that empty. */
const GROWTH_FLOOR = 4 * 1024 ** 3
const MAX_GROWTH = 500

/** What is known when the stream is over. */
type Outcome = Pick<ArtifactIndex, 'detachedXml' | 'said'> & {
  facts: Omit<ArtifactIndex['facts'], 'compression' | 'uncompressedSize'>
  /** bytes, where not all of the stream are meant */
  uncompressedSize?: number
}

interface Reading {
  compression: Compression
  /** told the bytes that have been unpacked; may refuse more */
  check: (size: number) => void
  spool: EntrySpool
  findBase: FindBase | undefined
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
      const check = (size: number) => checkGrowth(size, received.bytes, this.#limits)
      const unpacked = new CountedSource(inner.all, check)
      const { facts, detachedXml, said, uncompressedSize } = await this.#read(inner.head, unpacked, {
        compression,
        check,
        spool,
        findBase,
      })
      await spool.flush(true)
      return {
        facts: { ...facts, compression, uncompressedSize: uncompressedSize ?? unpacked.bytes },
        detachedXml,
        ...(said && { said }),
        entries: spool,
        close: () => spool.close(),
      }
    } catch (error) {
      await spool.close()
      throw error
    }
  }

  #read(head: Uint8Array, chunks: AsyncIterable<Uint8Array>, reading: Reading): Promise<Outcome> {
    const { spool, findBase } = reading
    const format = sniffFormat(head)
    if (format === undefined) {
      throw refusal(
        'UnknownFormat',
        `this is ${describeUnknown(head)}, expected tar, cpio (newc), a zfs stream or a flash archive`,
      )
    }
    if (format === 'flar') return this.#readFlar(chunks, reading)
    if (format !== 'zfs') {
      const indexer = new ArchiveIndexer(this.#limits, (entry) => spool.add(entry))
      return this.#readArchive(format, chunks, { indexer, sink: indexer, spool })
    }
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

  /** The payload is held to the same limits as what comes out of any other compression. */
  async #readFlar(
    chunks: AsyncIterable<Uint8Array>,
    { compression, check, spool }: Reading,
  ): Promise<Outcome> {
    if (compression !== 'none') {
      throw refusal(
        'UnknownFormat',
        `this is a flash archive compressed by ${compression}, which no installer takes, expected it as it was before`,
      )
    }
    let payload: CountedSource | undefined
    const flar = await openFlar(chunks, (bytes) => (payload = new CountedSource(bytes, check)))
    assertTemplateFlar(flar.preamble)
    let fileBytes = 0
    const indexer = new ArchiveIndexer(this.#limits, (entry) => {
      if (entry.type === 'file') fileBytes += entry.size
      spool.add(entry)
    })
    const sink = new WithoutHostDevices(indexer)
    const { facts, detachedXml } = await this.#readArchive(flar.format, flar.payload, {
      indexer,
      sink,
      spool,
    })
    const notices = noticesOf(flar.preamble, { fileBytes, devices: sink.count })
    return {
      facts: { ...facts, format: 'flar', flar: { ...flar.facts, ...(notices.length > 0 && { notices }) } },
      detachedXml,
      said: templateFactsOf(flar.preamble),
      uncompressedSize: payload?.bytes ?? 0,
    }
  }

  async #readArchive(
    format: 'tar' | 'cpio',
    chunks: AsyncIterable<Uint8Array>,
    { indexer, sink, spool }: { indexer: ArchiveIndexer; sink: MemberSink; spool: EntrySpool },
  ): Promise<Outcome> {
    const reader = format === 'tar' ? new TarReader(sink) : new CpioReader(sink)
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

/** What the installer would stumble over, and what it budgets too little for (jumpstart.md 4.2). */
function noticesOf(
  { identification, problems }: FlarPreamble,
  { fileBytes, devices }: { fileBytes: number; devices: number },
): string[] {
  const notices = problems.map(({ message }) => message)
  const said = unarchivedSize(identification)
  if (said !== undefined && said < fileBytes)
    notices.push(`files_unarchived_size is ${said}, but its files alone have ${fileBytes} bytes`)
  if (devices > 0)
    notices.push(
      `${devices} device nodes below dev or devices are in no index, and in no other form made of it`,
    )
  return notices
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
