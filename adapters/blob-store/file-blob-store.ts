// Blobs as read-only files, one for each digest, below a root directory. A blob appears whole or not at all.
import { createReadStream } from 'node:fs'
import {
  chmod,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  type FileHandle,
} from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { AcceptBlob, BlobStatus, BlobStore, ByteRange, StoredBlob } from '#app/ports/blobs.ts'
import { Sha256, shardPath } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import { asProvisionError, ensureDurableDirectory, isMissing, syncDirectory, writeFully } from './disk.ts'
import { BackgroundFlush } from './background-flush.ts'
import { FileBlobDrafts } from './file-blob-drafts.ts'
import { BlobHash } from './hashing.ts'
import { SetAside } from './set-aside.ts'
import { HEARTBEAT_MS, isAbandoned, writerName } from './writer-name.ts'

/** How often a blob that is put aside and back is looked for at both places. */
const LOOKS = 4

export class FileBlobStore implements BlobStore {
  readonly drafts: FileBlobDrafts
  readonly #root: string
  readonly #incoming: string
  readonly #aside: SetAside

  constructor(root: string) {
    this.#root = path.resolve(root)
    this.#incoming = path.join(this.#root, 'incoming')
    this.#aside = new SetAside(this.#root)
    this.drafts = new FileBlobDrafts(this.#root)
  }

  /** The store at `root`, which nobody else may enter afterwards: templates carry password hashes and host keys. */
  static async open(root: string): Promise<FileBlobStore> {
    await ensureDurableDirectory(path.resolve(root))
    if (((await stat(root)).mode & 0o077) !== 0) await chmod(root, 0o700)
    return new FileBlobStore(root)
  }

  async put(source: AsyncIterable<Uint8Array>, expected?: Sha256, accept?: AcceptBlob): Promise<StoredBlob> {
    await ensureDurableDirectory(this.#incoming)
    const incoming = path.join(this.#incoming, writerName())
    try {
      const hash = await writeHashed(incoming, source)
      const stored = hash.finish(expected)
      await accept?.(stored)
      const final = this.pathOf(stored.sha256)
      await ensureDurableDirectory(path.dirname(final))
      // Over an equal blob this replaces bytes by the same bytes, with a fresh time that keeps it from being collected.
      await rename(incoming, final)
      await syncDirectory(path.dirname(final))
      return stored
    } catch (error) {
      throw asProvisionError(error, this.#root)
    } finally {
      await rm(incoming, { force: true })
    }
  }

  async stat(sha256: Sha256): Promise<BlobStatus | undefined> {
    const status = await this.#found(sha256, (file) => stat(file))
    return status && { size: status.size, storedAt: status.mtimeMs }
  }

  async open(sha256: Sha256, range?: ByteRange): Promise<Readable> {
    const file = await this.openFile(sha256)
    return createReadStream('', { fd: file, ...range, highWaterMark: 256 * 1024 })
  }

  async openFile(sha256: Sha256): Promise<FileHandle> {
    const file = await this.#found(sha256, (name) => open(name, 'r'))
    if (file === undefined) throw notFound(sha256)
    return file
  }

  pathOf(sha256: Sha256): string {
    return path.join(this.#root, 'sha256', shardPath(Sha256.parse(sha256)))
  }

  async collect(
    sha256: Sha256,
    isGarbage: (status: BlobStatus) => Promise<boolean>,
  ): Promise<BlobStatus | undefined> {
    const aside = await this.#aside.take(Sha256.parse(sha256))
    if (aside === undefined) return undefined
    let garbage = false
    try {
      const { size, mtimeMs } = await stat(aside)
      const status = { size, storedAt: mtimeMs }
      garbage = await isGarbage(status)
      return garbage ? status : undefined
    } finally {
      if (garbage) await this.#aside.drop(sha256, aside)
      else await this.#aside.restore(sha256, aside)
    }
  }

  async keep(sha256: Sha256): Promise<void> {
    if (!(await this.#aside.keep(Sha256.parse(sha256)))) throw notFound(sha256)
  }

  async *list(): AsyncGenerator<Sha256> {
    const shards = path.join(this.#root, 'sha256')
    for (const first of await names(shards)) {
      for (const second of await names(path.join(shards, first))) {
        for (const name of await names(path.join(shards, first, second))) {
          if (Sha256.safeParse(name).success) yield name
        }
      }
    }
  }

  async freeSpace(): Promise<number> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 })
    const { bavail, bsize } = await statfs(this.#root)
    return bavail * bsize
  }

  async sweep(): Promise<number> {
    let swept = await this.drafts.sweepOrphans(Date.now())
    swept += await this.#aside.restoreAbandoned(Date.now())
    for (const name of await names(this.#incoming)) {
      const file = path.join(this.#incoming, name)
      const status = await stat(file).catch(() => undefined)
      if (status === undefined || !isAbandoned(name, status.mtimeMs, Date.now())) continue
      await rm(file, { force: true })
      swept += 1
    }
    return swept
  }

  /** Looks at the blob under its name, and where it may be instead while somebody judges whether it is garbage. */
  async #found<T>(sha256: Sha256, look: (file: string) => Promise<T>): Promise<T | undefined> {
    const name = this.pathOf(sha256)
    for (let attempt = 0; attempt < LOOKS; attempt++) {
      for (const file of [name, ...(attempt === 0 ? [] : await this.#aside.find(sha256))]) {
        const seen = await look(file).catch((error: unknown) => {
          if (isMissing(error)) return undefined
          throw error
        })
        if (seen !== undefined) return seen
      }
    }
    return undefined
  }
}

function notFound(sha256: Sha256): ProvisionError {
  return new ProvisionError('missing', 'BlobNotFound', `no blob sha256:${sha256}`)
}

/** Writes `source` into a new file that is flushed and read-only when this resolves. */
async function writeHashed(file: string, source: AsyncIterable<Uint8Array>): Promise<BlobHash> {
  const hash = new BlobHash()
  const handle = await open(file, 'wx', 0o600)
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  const flusher = new BackgroundFlush(handle)
  try {
    for await (const chunk of source) {
      // The disk and the digests work at the same time: file writes run in the thread pool.
      const written = writeFully(handle, chunk)
      hash.update(chunk)
      await written
      flusher.wrote(chunk.byteLength)
    }
    await flusher.settled()
    await handle.chmod(0o400)
    await handle.sync()
    return hash
  } finally {
    clearInterval(heartbeat)
    await flusher.settled().catch(() => undefined)
    await handle.close()
  }
}

/** The names in a directory; none when it does not exist. */
async function names(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
