/** An archive of the blob store as the tree of a stream: names and attributes from its index, contents in one pass over its bytes. */
import type { BlobStore } from '#app/ports/blobs.ts'
import type { ConversionSource } from '#app/ports/conversion.ts'
import type { EntryLimits } from '#core/archive/entry-policy.ts'
import { encodeShown } from '#core/archive/encode-name.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'
import { decompress } from '../archive/decompress.ts'
import { CanonicalMembers, type ArchiveEvent, type CanonicalMember } from '../packaging/canonical-members.ts'
import { linkGroupsOf } from './link-groups-of.ts'

/** Zeros of a hole, given out in pieces of this size. */
const ZEROS = new Uint8Array(256 * 1024)

interface Needs {
  blobs: BlobStore
  limits: EntryLimits
}

export class ArchiveTree implements TreeSource {
  readonly #source: ConversionSource
  readonly #needs: Needs

  constructor(source: ConversionSource, needs: Needs) {
    this.#source = source
    this.#needs = needs
  }

  async *entries(): AsyncGenerator<SourceEntry> {
    for await (const entry of this.#source.entries()) yield sourceEntry(entry)
  }

  /** Files with bytes come in the order in which the index has them. @throws SourceChanged when they do not */
  async *contents(): AsyncGenerator<SourceContents> {
    const files = this.#filesWithBytes()
    const events = this.#events()
    try {
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        const member = next.value
        if (!isFileWithBytes(member)) continue
        const expected = await files.next()
        if (expected.done === true || expected.value.path !== member.path) throw changed(member.path)
        const body = new Body(events)
        yield { index: expected.value.index, bytes: body }
        await body.pass()
      }
    } finally {
      await files.return(undefined)
      await events.return(undefined)
    }
  }

  async *#filesWithBytes(): AsyncGenerator<{ index: number; path: string }> {
    let index = 0
    for await (const { type, size, path } of this.#source.entries()) {
      if (type === 'file' && size > 0) yield { index, path }
      index += 1
    }
  }

  async *#events(): AsyncGenerator<ArchiveEvent> {
    const [{ sha256, format, compression }] = this.#source.artifacts
    const { blobs, limits } = this.#needs
    const members = new CanonicalMembers({ groups: await linkGroupsOf(this.#source.entries()), limits })
    const reader = format === 'tar' ? new TarReader(members) : new CpioReader(members)
    for await (const chunk of decompress(await blobs.open(sha256), compression)) {
      reader.push(chunk)
      yield* members.take()
    }
    reader.finish()
    members.finish()
    yield* members.take()
  }
}

function isFileWithBytes(event: ArchiveEvent): event is CanonicalMember {
  return typeof event === 'object' && 'type' in event && event.type === 'file' && event.size > 0
}

/** The bytes of the member that has begun. Whoever leaves early, or never comes, does not keep the next one from being found. */
class Body implements AsyncIterable<Uint8Array> {
  readonly #events: AsyncGenerator<ArchiveEvent>
  #isOver = false

  constructor(events: AsyncGenerator<ArchiveEvent>) {
    this.#events = events
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let event = await this.#next(); event !== undefined; event = await this.#next()) {
      if (event instanceof Uint8Array) yield event
      else if (typeof event === 'number')
        for (let left = event; left > 0; left -= ZEROS.byteLength) yield ZEROS.subarray(0, left)
    }
  }

  async pass(): Promise<void> {
    while ((await this.#next()) !== undefined) continue
  }

  async #next(): Promise<ArchiveEvent | undefined> {
    if (this.#isOver) return undefined
    const next = await this.#events.next()
    this.#isOver = next.done === true || next.value === 'end'
    return next.done === true || this.#isOver ? undefined : next.value
  }
}

/** Times are whole seconds: those of the index, whichever archive it is. */
function sourceEntry({ path, type, mode, uid, gid, size, mtime, link, device, sha256 }: Entry): SourceEntry {
  const numbers = device?.split(',').map(Number)
  return {
    path: componentsOf(path),
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    mtimeNsec: 0,
    ...(type === 'symlink' && link !== undefined && { target: encodeShown(link) }),
    ...(type === 'hardlink' && link !== undefined && { linkTo: componentsOf(link) }),
    ...(numbers && { device: { major: numbers[0] ?? 0, minor: numbers[1] ?? 0 } }),
    ...(sha256 !== undefined && { sha256 }),
  }
}

function componentsOf(path: string): Buffer[] {
  return path === '.' ? [] : path.split('/').map(encodeShown)
}

function changed(path: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'SourceChanged',
    `${JSON.stringify(path)} is not the file that comes next in the archive's index`,
  )
}
