// A tar or cpio archive, in any compression that is read, or a flash archive, as a tree to be written.
import { createHash } from 'node:crypto'
import { decompress } from '../../archive/decompress.ts'
import { openFlar } from '../../archive/open-flar.ts'
import { peek } from '../../archive/peek.ts'
import { ArchiveEvents, type ArchiveEvent } from './archive-events.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { decodeName, type PushReader } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { WithoutHostDevices } from '#core/archive/without-host-devices.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

/** All bytes of the archive from its start; called once for each pass. */
export type OpenArchive = () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>

export interface ArchiveSourceOptions {
  /** of the archive, in its order: it knows digests, so that nothing is hashed. Times are whole seconds then, whichever archive it is */
  index?: () => AsyncIterable<Entry>
  signal?: AbortSignal
}

const SLASH = Buffer.from('/')
const zeros = new Uint8Array(256 * 1024)

/**
 * Entries come in the order of the archive, so that the second pass reads it once, from end to end. Names are the archive's own
 * bytes: an index shows some of them alike.
 * @throws UnknownFormat, SourceChanged when the index is of another archive, and what the readers of archives refuse
 */
export class ArchiveSource implements TreeSource {
  readonly #open: OpenArchive
  readonly #options: ArchiveSourceOptions

  constructor(open: OpenArchive, options: ArchiveSourceOptions = {}) {
    this.#open = open
    this.#options = options
  }

  entries(): AsyncGenerator<SourceEntry, undefined> {
    const { index } = this.#options
    return index ? this.#indexed(index()) : this.#hashed()
  }

  async *#indexed(index: AsyncIterable<Entry>): AsyncGenerator<SourceEntry, undefined> {
    const files = filesWithBytes(index)
    try {
      for await (const event of eventsOf(this.#open, this.#options.signal)) {
        if (typeof event === 'number' || event instanceof Uint8Array || event === 'end') continue
        const entry = { ...event, mtimeNsec: 0 }
        if (!hasBytes(entry)) {
          yield entry
          continue
        }
        const path = shownPath(entry.path)
        const known = await files.next()
        if (known.done === true || known.value.path !== path) throw changed(path)
        yield { ...entry, sha256: known.value.sha256 }
      }
    } finally {
      await files.return(undefined)
    }
    return undefined
  }

  async *#hashed(): AsyncGenerator<SourceEntry, undefined> {
    let entry: SourceEntry | undefined
    let hash = createHash('sha256')
    for await (const event of eventsOf(this.#open, this.#options.signal)) {
      if (typeof event === 'number' || event instanceof Uint8Array) {
        for (const piece of pieces(event)) hash.update(piece)
      } else if (event === 'end') {
        if (!entry) continue
        if (hasBytes(entry)) entry.sha256 = hash.digest('hex')
        yield entry
      } else {
        entry = event
        hash = createHash('sha256')
      }
    }
    return undefined
  }

  async *contents(): AsyncGenerator<SourceContents, undefined> {
    const events = eventsOf(this.#open, this.#options.signal)
    let index = -1
    try {
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        const event = next.value
        if (typeof event === 'number' || event instanceof Uint8Array || event === 'end') continue
        index += 1
        if (hasBytes(event)) yield { index, bytes: untilEnd(events) }
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
  const { reader, chunks } = await readerOf(inner, sink)
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    reader.push(chunk)
    yield* sink.take()
  }
  reader.finish()
  sink.finish()
  yield* sink.take()
  return undefined
}

async function readerOf(
  { head, all }: Awaited<ReturnType<typeof peek>>,
  events: ArchiveEvents,
): Promise<{ reader: PushReader; chunks: AsyncIterable<Uint8Array> }> {
  const outer = sniffFormat(head)
  const { format, payload } = outer === 'flar' ? await openFlar(all) : { format: outer, payload: all }
  const sink = outer === 'flar' ? new WithoutHostDevices(events) : events
  if (format === 'tar') return { reader: new TarReader(sink, { passSparse: true }), chunks: payload }
  if (format === 'cpio') return { reader: new CpioReader(sink), chunks: payload }
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

function hasBytes({ type, size }: Pick<SourceEntry, 'type' | 'size'>): boolean {
  return type === 'file' && size > 0
}

async function* filesWithBytes(
  index: AsyncIterable<Entry>,
): AsyncGenerator<{ path: string; sha256: string }, undefined> {
  for await (const { type, size, path, sha256 } of index)
    if (sha256 !== undefined && type === 'file' && size > 0) yield { path, sha256 }
  return undefined
}

/** As an index shows it: in a path that is not UTF-8 throughout, each byte above 127 by itself. */
function shownPath(path: readonly Uint8Array[]): string {
  return decodeName(Buffer.concat(path.flatMap((name, depth) => (depth > 0 ? [SLASH, name] : [name]))))
}

function changed(path: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'SourceChanged',
    `${JSON.stringify(path)} is not the file that comes next in the archive's index`,
  )
}
