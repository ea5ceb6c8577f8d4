/** Blobs as read-only files, one for each digest, below a root directory. A blob appears whole or not at all. */
import { createReadStream } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { AcceptBlob, BlobStore, ByteRange, StoredBlob } from '#app/ports.ts'
import { Sha256, shardPath } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import { asProvisionError, ensureDurableDirectory, isMissing, syncDirectory, writeFully } from './disk.ts'
import { BackgroundFlush } from './background-flush.ts'
import { FileBlobDrafts } from './file-blob-drafts.ts'
import { BlobHash } from './hashing.ts'
import { HEARTBEAT_MS, isAbandoned, writerName } from './writer-name.ts'

export class FileBlobStore implements BlobStore {
  readonly drafts: FileBlobDrafts
  readonly #root: string
  readonly #incoming: string

  constructor(root: string) {
    this.#root = path.resolve(root)
    this.#incoming = path.join(this.#root, 'incoming')
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

  async stat(sha256: Sha256): Promise<{ size: number } | undefined> {
    try {
      const { size } = await stat(this.pathOf(sha256))
      return { size }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async open(sha256: Sha256, range?: ByteRange): Promise<Readable> {
    try {
      const file = await open(this.pathOf(sha256), 'r')
      return createReadStream('', { fd: file, ...range, highWaterMark: 256 * 1024 })
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new ProvisionError('missing', 'BlobNotFound', `no blob sha256:${sha256}`, { cause: error })
    }
  }

  pathOf(sha256: Sha256): string {
    return path.join(this.#root, 'sha256', shardPath(Sha256.parse(sha256)))
  }

  async delete(sha256: Sha256): Promise<void> {
    const file = this.pathOf(sha256)
    await rm(file, { force: true })
    await syncDirectory(path.dirname(file)).catch((error: unknown) => {
      if (!isMissing(error)) throw error
    })
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
    for (const name of await names(this.#incoming)) {
      const file = path.join(this.#incoming, name)
      const status = await stat(file).catch(() => undefined)
      if (status === undefined || !isAbandoned(name, status.mtimeMs, Date.now())) continue
      await rm(file, { force: true })
      swept += 1
    }
    return swept
  }
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
