// Resumable blobs as a pair of files below `drafts/`: `<id>.data`, which grows, and `<id>.note`.
import { createReadStream } from 'node:fs'
import { link, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { AcceptBlob, BlobDrafts, DraftStatus, StoredBlob } from '#app/ports/blobs.ts'
import { shardPath, type Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import { lockDraft, sweepDraftLocks, type DraftLock } from './draft-lock.ts'
import { BackgroundFlush } from './background-flush.ts'
import { asProvisionError, ensureDurableDirectory, isMissing, syncDirectory, writeFully } from './disk.ts'
import { BlobHash } from './hashing.ts'
import { FOREIGN_STALE_MS } from './writer-name.ts'

const DRAFT_ID = /^[A-Za-z0-9_-]{1,64}$/

export class FileBlobDrafts implements BlobDrafts {
  readonly #root: string
  readonly #directory: string
  readonly #locks: string

  constructor(root: string) {
    this.#root = root
    this.#directory = path.join(root, 'drafts')
    this.#locks = path.join(root, 'locks')
  }

  async lock(id: string): Promise<DraftLock> {
    return lockDraft(this.#locks, checked(id))
  }

  async create(id: string, note: string): Promise<void> {
    await ensureDurableDirectory(this.#directory)
    if ((await this.find(id)) !== undefined) {
      throw new ProvisionError('conflict', 'DraftExists', `upload ${id} exists`)
    }
    try {
      await this.#writeNote(id, note)
      const file = await open(this.#data(id), 'wx', 0o600)
      await file.close()
      await syncDirectory(this.#directory)
    } catch (error) {
      throw asProvisionError(error, this.#root)
    }
  }

  async find(id: string): Promise<DraftStatus | undefined> {
    if (!DRAFT_ID.test(id)) return undefined
    try {
      const note = await readFile(this.#note(id), 'utf8')
      const noted = await stat(this.#note(id))
      const data = await stat(this.#data(id)).catch(ignoreMissing)
      return { size: data?.size, note, touchedAt: Math.max(noted.mtimeMs, data?.mtimeMs ?? 0) }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async setNote(id: string, note: string): Promise<void> {
    if ((await this.find(id)) === undefined) throw notFound(id)
    await this.#writeNote(id, note)
  }

  async append(id: string, offset: number, source: AsyncIterable<Uint8Array>): Promise<number> {
    const file = await open(this.#data(id), 'r+').catch((error: unknown) => {
      throw isMissing(error) ? notFound(id) : error
    })
    try {
      const { size } = await file.stat()
      if (size !== offset) {
        throw new ProvisionError(
          'conflict',
          'DraftOffset',
          `upload ${id} has ${size} bytes, asked for ${offset}`,
        )
      }
      let position = offset
      const flusher = new BackgroundFlush(file)
      try {
        for await (const chunk of source) {
          position = await writeAt(file, chunk, position)
          flusher.wrote(chunk.byteLength)
        }
      } finally {
        await flusher.settled()
        await file.sync()
      }
      return position
    } catch (error) {
      throw asProvisionError(error, this.#root)
    } finally {
      await file.close()
    }
  }

  async adopt(
    id: string,
    watch: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
    expected?: Sha256,
    accept?: AcceptBlob,
  ): Promise<StoredBlob> {
    const data = this.#data(id)
    const file = await open(data, 'r').catch((error: unknown) => {
      throw isMissing(error) ? notFound(id) : error
    })
    const hash = new BlobHash()
    for await (const chunk of watch(createReadStream('', { fd: file, highWaterMark: 256 * 1024 }))) {
      hash.update(chunk)
    }
    const stored = hash.finish(expected)
    await accept?.(stored)
    const final = path.join(this.#root, 'sha256', shardPath(stored.sha256))
    await ensureDurableDirectory(path.dirname(final))
    await sealAndLink(data, final)
    await syncDirectory(path.dirname(final))
    return stored
  }

  async dropData(id: string): Promise<void> {
    await rm(this.#data(id), { force: true })
  }

  async remove(id: string): Promise<void> {
    if (!DRAFT_ID.test(id)) return
    await rm(this.#data(id), { force: true })
    await rm(this.#note(id), { force: true })
  }

  async *list(): AsyncGenerator<string> {
    const names = (await readdir(this.#directory).catch(ignoreMissing)) ?? []
    const ids = new Set(names.map((name) => name.slice(0, name.indexOf('.'))))
    yield* ids
  }

  /** Removes what a crash left without its note, once it is old enough to be nobody's. */
  async sweepOrphans(nowMs: number): Promise<number> {
    await sweepDraftLocks(this.#locks)
    const names = (await readdir(this.#directory).catch(ignoreMissing)) ?? []
    const noted = new Set(names.filter((name) => name.endsWith('.note')))
    let swept = 0
    for (const name of names) {
      if (name.endsWith('.note') || (name.endsWith('.data') && noted.has(name.replace(/data$/, 'note'))))
        continue
      const file = path.join(this.#directory, name)
      const status = await stat(file).catch(ignoreMissing)
      if (status === undefined || nowMs - status.mtimeMs < FOREIGN_STALE_MS) continue
      await rm(file, { force: true })
      swept += 1
    }
    return swept
  }

  async #writeNote(id: string, note: string): Promise<void> {
    const beside = `${this.#note(id)}.new`
    const file = await open(beside, 'w', 0o600)
    try {
      await writeFully(file, Buffer.from(note))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, this.#note(id))
    await syncDirectory(this.#directory)
  }

  #data(id: string): string {
    return path.join(this.#directory, `${checked(id)}.data`)
  }

  #note(id: string): string {
    return path.join(this.#directory, `${checked(id)}.note`)
  }
}

/** Gives the finished draft its blob name as well; over an equal blob there is nothing to do. */
async function sealAndLink(data: string, final: string): Promise<void> {
  const file = await open(data, 'r')
  try {
    await file.chmod(0o400)
    // Blobs that nothing refers to are collected by age: this one begins its life now.
    await file.utimes(new Date(), new Date())
    await file.sync()
  } finally {
    await file.close()
  }
  // Between the two the equal blob may be put aside as garbage: then its name is free.
  while (!(await linked(data, final)) && !(await touched(final)));
}

async function linked(data: string, final: string): Promise<boolean> {
  try {
    await link(data, final)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function touched(file: string): Promise<boolean> {
  try {
    await utimes(file, new Date(), new Date())
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function writeAt(
  file: Awaited<ReturnType<typeof open>>,
  chunk: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0
  while (done < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done)
    done += bytesWritten
  }
  return position + done
}

/** Ids become file names: anything else is a caller's mistake or an attack. */
function checked(id: string): string {
  if (!DRAFT_ID.test(id)) throw notFound(id)
  return id
}

function notFound(id: string): ProvisionError {
  return new ProvisionError('missing', 'DraftNotFound', `no upload ${JSON.stringify(id)}`)
}

function ignoreMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined
  throw error
}
