/** A tar or cpio archive, in any compression that is read, as a tree to be written. */
import { createHash } from 'node:crypto'
import { decompress } from '../../archive/decompress.ts'
import { peek } from '../../archive/peek.ts'
import { ArchiveEvents, type ArchiveEvent } from './archive-events.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { refusal } from '#core/archive/refusals.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

/** All bytes of the archive from its start; called once for each pass. */
export type OpenArchive = () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>

const zeros = new Uint8Array(256 * 1024)

/**
 * Entries come in the order of the archive, so that the second pass reads it once, from end to end.
 * @throws UnknownFormat, and what the readers of archives refuse
 */
export class ArchiveSource implements TreeSource {
  readonly #open: OpenArchive
  readonly #signal: AbortSignal | undefined

  constructor(open: OpenArchive, { signal }: { signal?: AbortSignal } = {}) {
    this.#open = open
    this.#signal = signal
  }

  async *entries(): AsyncGenerator<SourceEntry, undefined> {
    let entry: SourceEntry | undefined
    let hash = createHash('sha256')
    for await (const event of eventsOf(this.#open, this.#signal)) {
      if (typeof event === 'number' || event instanceof Uint8Array) {
        for (const piece of pieces(event)) hash.update(piece)
      } else if (event === 'end') {
        if (!entry) continue
        if (entry.type === 'file' && entry.size > 0) entry.sha256 = hash.digest('hex')
        yield entry
      } else {
        entry = event
        hash = createHash('sha256')
      }
    }
    return undefined
  }

  async *contents(): AsyncGenerator<SourceContents, undefined> {
    const events = eventsOf(this.#open, this.#signal)
    let index = -1
    try {
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        const event = next.value
        if (typeof event === 'number' || event instanceof Uint8Array || event === 'end') continue
        index += 1
        if (event.type === 'file' && event.size > 0) yield { index, bytes: untilEnd(events) }
      }
    } finally {
      await events.return(undefined)
    }
    return undefined
  }
}

/** What happens in the archive up to the end of the current entry. Left early, the rest of it is passed over. */
async function* untilEnd(
  events: AsyncGenerator<ArchiveEvent, undefined>,
): AsyncGenerator<Uint8Array, undefined> {
  for (
    let next = await events.next();
    next.done !== true && next.value !== 'end';
    next = await events.next()
  ) {
    const event = next.value
    if (typeof event === 'number' || event instanceof Uint8Array) yield* pieces(event)
  }
  return undefined
}

async function* eventsOf(open: OpenArchive, signal?: AbortSignal): AsyncGenerator<ArchiveEvent, undefined> {
  const outer = await peek(await open())
  const inner = await peek(decompress(outer.all, sniffCompression(outer.head)))
  const sink = new ArchiveEvents()
  const reader = readerOf(inner.head, sink)
  for await (const chunk of inner.all) {
    signal?.throwIfAborted()
    reader.push(chunk)
    yield* sink.take()
  }
  reader.finish()
  sink.finish()
  yield* sink.take()
  return undefined
}

function readerOf(head: Uint8Array, sink: ArchiveEvents): TarReader | CpioReader {
  const format = sniffFormat(head)
  if (format === 'tar') return new TarReader(sink, { passSparse: true })
  if (format === 'cpio') return new CpioReader(sink)
  throw refusal(
    'UnknownFormat',
    `this is ${format === 'zfs' ? 'a zfs stream' : describeUnknown(head)}, expected tar or cpio (newc)`,
  )
}

function* pieces(contents: Uint8Array | number): Generator<Uint8Array, undefined> {
  if (typeof contents !== 'number') yield contents
  else for (let left = contents; left > 0; left -= zeros.byteLength) yield zeros.subarray(0, left)
  return undefined
}
