// An index on disk while its artifact is being taken in: a file without a name, so that nothing is left when the process dies.
import type { FileHandle } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { asProvisionError, writeFully } from '../blob-store/disk.ts'
import { openNameless } from '../blob-store/nameless-file.ts'
import type { Entry } from '#core/entry.ts'

const FLUSH_CHARACTERS = 256 * 1024
const READ_BYTES = 256 * 1024

/** From the start, by position: a file stream would close the handle, and an index that several artifacts share is read several times. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

export class EntrySpool implements AsyncIterable<Entry> {
  readonly #directory: string
  #file: FileHandle | undefined
  #pending: string[] = []
  #pendingCharacters = 0

  /** `directory` must be one that is swept: a kill between making and unlinking the file leaves an empty one. */
  constructor(directory: string) {
    this.#directory = directory
  }

  add(entry: Entry): void {
    const line = `${JSON.stringify(entry)}\n`
    this.#pending.push(line)
    this.#pendingCharacters += line.length
  }

  /** Writes out what has gathered, when that is worth it or `all` is asked for. @throws NoSpace */
  async flush(all = false): Promise<void> {
    if (this.#pendingCharacters === 0 || (!all && this.#pendingCharacters < FLUSH_CHARACTERS)) return
    const text = this.#pending.join('')
    this.#pending = []
    this.#pendingCharacters = 0
    try {
      this.#file ??= await openNameless(this.#directory)
      await writeFully(this.#file, Buffer.from(text))
    } catch (error) {
      throw asProvisionError(error, this.#directory)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Entry> {
    if (this.#file === undefined) return
    const bytes = Readable.from(piecesOf(this.#file), { objectMode: false })
    try {
      for await (const line of createInterface({ input: bytes, crlfDelay: Infinity })) {
        yield JSON.parse(line) as Entry
      }
    } finally {
      bytes.destroy()
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }
}
