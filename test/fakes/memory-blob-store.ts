// A BlobStore in memory.
import { Readable } from 'node:stream'
import { BlobHash } from '#adapters/blob-store/hashing.ts'
import type {
  AcceptBlob,
  BlobDrafts,
  BlobStatus,
  BlobStore,
  ByteRange,
  DraftStatus,
  StoredBlob,
} from '#app/ports/blobs.ts'
import { Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import { systemClock } from './fake-clock.ts'

interface MemoryBlob {
  bytes: Buffer
  storedAt: number
}

export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Sha256, MemoryBlob>()
  readonly drafts: BlobDrafts = new MemoryBlobDrafts(this.#blobs)
  /** what freeSpace answers; puts beyond it fail */
  space = Infinity
  /** what says when a blob is stored */
  clock = systemClock

  async put(source: AsyncIterable<Uint8Array>, expected?: Sha256, accept?: AcceptBlob): Promise<StoredBlob> {
    const hash = new BlobHash()
    const chunks: Buffer[] = []
    let left = this.space
    for await (const chunk of source) {
      hash.update(chunk)
      left -= chunk.byteLength
      if (left < 0) throw new ProvisionError('no-space', 'NoSpace', 'no space left in memory')
      chunks.push(Buffer.from(chunk))
    }
    const stored = hash.finish(expected)
    await accept?.(stored)
    this.#blobs.set(stored.sha256, { bytes: Buffer.concat(chunks), storedAt: this.clock.now().getTime() })
    return stored
  }

  async stat(sha256: Sha256): Promise<BlobStatus | undefined> {
    const blob = this.#blobs.get(Sha256.parse(sha256))
    return blob && { size: blob.bytes.byteLength, storedAt: blob.storedAt }
  }

  async open(sha256: Sha256, range?: ByteRange): Promise<Readable> {
    const blob = this.#blobs.get(Sha256.parse(sha256))
    if (blob === undefined) throw new ProvisionError('missing', 'BlobNotFound', `no blob sha256:${sha256}`)
    const { bytes } = blob
    return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false })
  }

  async collect(
    sha256: Sha256,
    isGarbage: (blob: BlobStatus) => Promise<boolean>,
  ): Promise<BlobStatus | undefined> {
    const judged = this.#blobs.get(sha256)
    const status = await this.stat(sha256)
    if (!judged || !status || !(await isGarbage(status)) || this.#blobs.get(sha256) !== judged)
      return undefined
    this.#blobs.delete(sha256)
    return status
  }

  async keep(sha256: Sha256): Promise<void> {
    const blob = this.#blobs.get(sha256)
    if (blob === undefined) throw new ProvisionError('missing', 'BlobNotFound', `no blob sha256:${sha256}`)
    this.#blobs.set(sha256, { ...blob })
  }

  async *list(): AsyncGenerator<Sha256> {
    yield* this.#blobs.keys()
  }

  async freeSpace(): Promise<number> {
    return this.space
  }

  async sweep(): Promise<number> {
    return 0
  }
}

class MemoryBlobDrafts implements BlobDrafts {
  readonly #blobs: Map<Sha256, MemoryBlob>
  readonly #locked = new Set<string>()
  readonly #drafts = new Map<string, { data: Buffer | undefined; note: string; touchedAt: number }>()

  constructor(blobs: Map<Sha256, MemoryBlob>) {
    this.#blobs = blobs
  }

  async lock(id: string): Promise<{ release(): Promise<void> }> {
    if (this.#locked.has(id))
      throw new ProvisionError('conflict', 'DraftBusy', `another request works on upload ${id}`)
    this.#locked.add(id)
    return {
      release: async () => {
        this.#locked.delete(id)
      },
    }
  }

  async create(id: string, note: string): Promise<void> {
    if (this.#drafts.has(id)) throw new ProvisionError('conflict', 'DraftExists', `upload ${id} exists`)
    this.#drafts.set(id, { data: Buffer.alloc(0), note, touchedAt: Date.now() })
  }

  async find(id: string): Promise<DraftStatus | undefined> {
    const draft = this.#drafts.get(id)
    return draft && { size: draft.data?.byteLength, note: draft.note, touchedAt: draft.touchedAt }
  }

  async setNote(id: string, note: string): Promise<void> {
    this.#get(id).note = note
  }

  async append(id: string, offset: number, source: AsyncIterable<Uint8Array>): Promise<number> {
    const draft = this.#get(id)
    if (draft.data?.byteLength !== offset) {
      throw new ProvisionError('conflict', 'DraftOffset', `upload ${id} is not at ${offset}`)
    }
    for await (const chunk of source) {
      draft.data = Buffer.concat([draft.data, chunk])
      draft.touchedAt = Date.now()
    }
    return draft.data.byteLength
  }

  async adopt(
    id: string,
    watch: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
    expected?: Sha256,
    accept?: AcceptBlob,
  ): Promise<StoredBlob> {
    const { data } = this.#get(id)
    if (data === undefined) throw new ProvisionError('missing', 'DraftNotFound', `no upload ${id}`)
    const hash = new BlobHash()
    for await (const chunk of watch(Readable.from([data], { objectMode: false }))) hash.update(chunk)
    const stored = hash.finish(expected)
    await accept?.(stored)
    this.#blobs.set(stored.sha256, { bytes: data, storedAt: Date.now() })
    return stored
  }

  async dropData(id: string): Promise<void> {
    const draft = this.#drafts.get(id)
    if (draft) draft.data = undefined
  }

  async remove(id: string): Promise<void> {
    this.#drafts.delete(id)
  }

  async *list(): AsyncGenerator<string> {
    yield* this.#drafts.keys()
  }

  #get(id: string) {
    const draft = this.#drafts.get(id)
    if (draft === undefined)
      throw new ProvisionError('missing', 'DraftNotFound', `no upload ${JSON.stringify(id)}`)
    return draft
  }
}
