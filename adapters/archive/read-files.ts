// Reads chosen files out of an artifact: an archive through the same readers that took it in, a ZFS stream by position.
import path from 'node:path'
import type { ArchiveFile, ReadFiles } from '#app/ports/archives.ts'
import { normalizeMemberPath } from '#core/archive/member-path.ts'
import type { Member, MemberSink } from '#core/archive/member.ts'
import type { Config } from '#core/config.ts'
import { readStreamFiles } from '../zfs/read-stream-files.ts'
import type { SpoolOptions } from '../zfs/stream-source.ts'
import { openArchive } from './open-archive.ts'

/** A path was checked when the archive was taken in; this only keeps the function's contract. */
const MAX_NAME_BYTES = 64 * 1024

/** Compressed ZFS streams are unpacked into `spool.directory`, which must be one that is swept. */
export const createFileReader =
  (spool: SpoolOptions): ReadFiles =>
  (sources, form, wanted, signal) =>
    form.format === 'zfs' || form.format === 'zfs-incremental'
      ? readStreamFiles(sources, wanted, spool, signal)
      : readArchiveFiles(sources, form, wanted)

/** The reader for a configuration. */
export function openFileReader({ blobs, limits }: Pick<Config, 'blobs' | 'limits'>): ReadFiles {
  return createFileReader({
    directory: path.resolve(blobs.root, 'incoming'),
    maxBytes: limits.maxUncompressedBytes,
  })
}

const readArchiveFiles: ReadFiles = async function* ([archive], form, wanted) {
  if (archive === undefined) throw new Error('no archive is given')
  const collector = new Collector(wanted)
  const bytes = await archive.read()
  try {
    const { reader, chunks } = await openArchive(bytes, form, collector)
    for await (const chunk of chunks) {
      reader.push(chunk)
      yield* collector.take()
    }
    reader.finish()
    yield* collector.take()
  } finally {
    bytes.destroy()
  }
}

/** Keeps the beginning of the members that are wanted. */
class Collector implements MemberSink {
  readonly #wanted: ReadonlyMap<string, number>
  /** cpio: the index calls a file of several names by the first, the data comes with a later one */
  readonly #firstNames = new Map<string, string>()
  #files: ArchiveFile[] = []
  #current: { path: string; left: number; pieces: Uint8Array[] } | undefined

  constructor(wanted: ReadonlyMap<string, number>) {
    this.#wanted = wanted
  }

  take(): ArchiveFile[] {
    const files = this.#files
    this.#files = []
    return files
  }

  begin(member: Member): void {
    this.#current = undefined
    if (member.type !== 'file') return
    const path = this.#nameInIndex(member)
    const left = path === undefined ? undefined : this.#wanted.get(path)
    if (path !== undefined && left !== undefined) this.#current = { path, left, pieces: [] }
  }

  data(bytes: Uint8Array): void {
    const file = this.#current
    if (file === undefined || file.left === 0) return
    const kept = bytes.slice(0, file.left)
    file.left -= kept.byteLength
    file.pieces.push(kept)
  }

  end(): void {
    if (this.#current)
      this.#files.push({ path: this.#current.path, contents: Buffer.concat(this.#current.pieces) })
    this.#current = undefined
  }

  /** undefined for a name without data of a file that has another with data */
  #nameInIndex({ path, pathBytes, inode, size }: Member): string | undefined {
    const name = normalizeMemberPath(path, pathBytes, MAX_NAME_BYTES)
    if (inode === undefined) return name
    const first = this.#firstNames.get(inode)
    if (first === undefined && this.#wanted.has(name)) this.#firstNames.set(inode, name)
    return size > 0 ? (first ?? name) : undefined
  }
}
