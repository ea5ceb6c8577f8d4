// Resumable uploads: a draft in the blob store and a note about it, from the first byte to the recorded version.
import { z } from 'zod'
import type { VersionRecord } from '#app/ports/catalog.ts'
import { checkPush, freeVersionName, pushVersion, type Push, type PushNeeds } from '#app/push-version.ts'
import { ProvisionError, type ErrorKind } from '#core/errors.ts'
import { describeUnknown, SNIFF_BYTES, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { refusal } from '#core/archive/refusals.ts'
import { VersionFacts } from '#core/manifest.ts'

/** An upload that nothing happened to for this long is forgotten. */
export const IDLE_MS = 24 * 60 * 60 * 1000

/** The draft's note, as JSON. */
const Note = z.object({
  template: z.string(),
  facts: VersionFacts,
  /** the version's name when the uploader gave none: fixed before it is recorded, so that finishing twice makes one version */
  ownVersion: z.string().optional(),
  sha256: z.string().optional(),
  actor: z.string(),
  size: z.int().nonnegative(),
  createdAt: z.string(),
  metadata: z.record(z.string(), z.string().nullable()),
  outcome: z
    .discriminatedUnion('state', [
      z.object({ state: z.literal('done'), template: z.string(), version: z.string() }),
      z.object({ state: z.literal('refused'), kind: z.string(), code: z.string(), message: z.string() }),
    ])
    .optional(),
})
type Note = z.infer<typeof Note>

export interface UploadStatus {
  note: Note
  /** bytes received */
  offset: number
}

export class UploadDrafts {
  readonly #needs: PushNeeds
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(needs: PushNeeds) {
    this.#needs = needs
  }

  /** @throws what checkPush throws */
  async create(id: string, push: Push & { size: number }, metadata: Note['metadata']): Promise<void> {
    await this.#forgetIdle()
    await checkPush(push, this.#needs)
    const now = this.#needs.clock.now()
    const { template, facts, sha256, actor, size } = push
    const note: Note = { template, facts, sha256, actor, size, metadata, createdAt: now.toISOString() }
    await this.#needs.blobs.drafts.create(id, JSON.stringify(note))
  }

  /** Undefined for an unknown upload. */
  async find(id: string): Promise<UploadStatus | undefined> {
    const draft = await this.#needs.blobs.drafts.find(id)
    if (draft === undefined) return undefined
    const note = Note.parse(JSON.parse(draft.note))
    return { note, offset: note.outcome ? note.size : (draft.size ?? 0) }
  }

  /** @throws UnknownFormat as soon as the first bytes tell; the upload is refused then */
  async append(id: string, offset: number, source: AsyncIterable<Uint8Array>): Promise<number> {
    const { drafts } = this.#needs.blobs
    return this.#locked(id, async () => {
      if (offset > 0) return drafts.append(id, offset, source)
      try {
        return await drafts.append(id, offset, refusingUnknown(source))
      } catch (error) {
        const status = await this.find(id)
        if (status && isRefusal(error)) await this.#refuse(id, status.note, error)
        throw error
      }
    })
  }

  remove(id: string): Promise<void> {
    return this.#locked(id, () => this.#needs.blobs.drafts.remove(id))
  }

  /**
   * The version that a complete upload became; makes it when that was not done yet, e.g. after a crash.
   * @throws the refusal, again each time it is asked for; UploadIncomplete, DraftNotFound
   */
  async finish(id: string): Promise<unknown> {
    const running =
      this.#running.get(id) ??
      this.#locked(id, () => this.#finishOnce(id)).finally(() => this.#running.delete(id))
    this.#running.set(id, running)
    return running
  }

  /** Finishes what was complete when the process died, and forgets what is idle. Returns how many uploads were forgotten. */
  async recover(): Promise<number> {
    const forgotten = await this.#forgetIdle()
    const { drafts } = this.#needs.blobs
    for await (const id of drafts.list()) {
      const status = await this.find(id)
      if (status && status.note.outcome === undefined && status.offset === status.note.size) {
        await this.finish(id).catch((error: unknown) => {
          if (!(error instanceof ProvisionError)) throw error
        })
      }
    }
    return forgotten
  }

  /** Another process may serve the same uploads. @throws DraftBusy */
  async #locked<T>(id: string, work: () => Promise<T>): Promise<T> {
    const lock = await this.#needs.blobs.drafts.lock(id)
    try {
      return await work()
    } finally {
      await lock.release()
    }
  }

  /** Also those that are finished: their outcome is told for as long. Returns how many. */
  async #forgetIdle(): Promise<number> {
    const { drafts } = this.#needs.blobs
    let forgotten = 0
    for await (const id of drafts.list()) {
      const draft = await drafts.find(id)
      if (draft === undefined || Date.now() - draft.touchedAt <= IDLE_MS) continue
      await drafts.remove(id)
      forgotten += 1
    }
    return forgotten
  }

  async #finishOnce(id: string): Promise<unknown> {
    const { catalog } = this.#needs
    const status = await this.find(id)
    if (status === undefined) {
      throw new ProvisionError('missing', 'DraftNotFound', `no upload ${JSON.stringify(id)}`)
    }
    const { note, offset } = status
    if (note.outcome?.state === 'done') return catalog.getVersion(note.outcome.template, note.outcome.version)
    if (note.outcome) {
      throw new ProvisionError(note.outcome.kind as ErrorKind, note.outcome.code, note.outcome.message)
    }
    if (offset !== note.size) {
      throw new ProvisionError(
        'conflict',
        'UploadIncomplete',
        `upload ${id} has ${offset} of ${note.size} bytes`,
      )
    }
    try {
      const record = await this.#push(id, note)
      const { template, version } = record.manifest
      await this.#conclude(id, { ...note, outcome: { state: 'done', template, version } })
      return record
    } catch (error) {
      // What may get better by waiting is left for another try; the bytes stay.
      const isFinal =
        error instanceof ProvisionError && error.kind !== 'unavailable' && error.kind !== 'no-space'
      if (isFinal) await this.#refuse(id, note, error)
      throw error
    }
  }

  async #push(id: string, note: Note): Promise<VersionRecord> {
    if (note.facts.version !== undefined) {
      return (await pushVersion(note, { draft: id }, this.#needs)).record
    }
    const { catalog, clock, blobs } = this.#needs
    const ownVersion = note.ownVersion ?? (await freeVersionName(note.template, clock.now(), catalog))
    await blobs.drafts.setNote(id, JSON.stringify({ ...note, ownVersion }))
    try {
      const facts = { ...note.facts, version: ownVersion }
      return (await pushVersion({ ...note, facts }, { draft: id }, this.#needs)).record
    } catch (error) {
      // Another upload of this second was faster.
      if (!(error instanceof ProvisionError) || error.code !== 'VersionExists') throw error
      return this.#push(id, { ...note, ownVersion: undefined })
    }
  }

  #refuse(id: string, note: Note, { kind, code, message }: ProvisionError): Promise<void> {
    return this.#conclude(id, { ...note, outcome: { state: 'refused', kind, code, message } })
  }

  /** The outcome is on disk before the bytes go. */
  async #conclude(id: string, note: Note): Promise<void> {
    const { drafts } = this.#needs.blobs
    await drafts.setNote(id, JSON.stringify(note))
    await drafts.dropData(id)
  }
}

const isRefusal = (error: unknown): error is ProvisionError =>
  error instanceof ProvisionError && error.code === 'UnknownFormat'

/** Lets the beginning of an upload pass unless it is of no kind that we take. A shorter one is judged when it is complete. */
async function* refusingUnknown(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = new Uint8Array(0)
  for await (const chunk of source) {
    if (head.byteLength < SNIFF_BYTES) {
      head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES - head.byteLength)])
      const isKnown =
        head.byteLength < SNIFF_BYTES || sniffCompression(head) !== 'none' || sniffFormat(head) !== undefined
      if (!isKnown) {
        throw refusal(
          'UnknownFormat',
          `the upload is ${describeUnknown(head)}, expected tar, cpio (newc) or a zfs stream, possibly compressed by gzip, xz, bzip2 or zstd, or a flash archive`,
        )
      }
    }
    yield chunk
  }
}
