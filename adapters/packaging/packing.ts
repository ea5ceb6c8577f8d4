// The archives of one tree while they grow: each form its own compressor, each compressor into the blob store.
import type { BlobStore, StoredBlob } from '#app/ports/blobs.ts'
import type { Artifact, Compression } from '#core/manifest.ts'
import type { EntrySpool } from '../archive/entry-spool.ts'
import { ArchiveWriters } from './archive-writers.ts'
import type { ArchiveEvent } from './canonical-members.ts'
import { compressors, Packed } from './packed.ts'

export interface ArchiveForm {
  format: 'tar' | 'cpio'
  compression: Compression
}

/** Zeros of a hole, given out in pieces of this size. */
const ZEROS = Buffer.alloc(256 * 1024)

export class Packing {
  readonly #spool: EntrySpool
  readonly #writers: ArchiveWriters
  readonly #packed: (ArchiveForm & { packed: Packed })[]

  constructor(blobs: Pick<BlobStore, 'put'>, spool: EntrySpool, forms: readonly ArchiveForm[]) {
    this.#spool = spool
    this.#writers = new ArchiveWriters((entry) => spool.add(entry))
    this.#packed = forms.map((form) => ({
      ...form,
      packed: new Packed(blobs, compressors[form.compression]),
    }))
  }

  /** Bytes so far, before compression: those of the larger form. */
  get written(): number {
    return Math.max(this.#writers.tar.written, this.#writers.cpio?.written ?? 0)
  }

  async write(events: Iterable<ArchiveEvent>): Promise<void> {
    for (const event of events) {
      if (typeof event === 'number') await this.#writeZeros(event)
      else if (event === 'end') this.#writers.end()
      else if (event instanceof Uint8Array) this.#writers.data(event)
      else this.#writers.begin(event)
    }
    await this.#flush()
  }

  /** A cpio that cannot hold one of the files is not among them. */
  async finish(entries: number): Promise<(Artifact & StoredBlob)[]> {
    this.#writers.finish()
    await this.#flush(true)
    await this.#spool.flush(true)
    const { tar, cpio } = this.#writers
    const common = { layout: 'zoneroot', entries } as const
    const artifacts: (Artifact & StoredBlob)[] = []
    for (const { format, compression, packed } of this.#packed) {
      const written = format === 'tar' ? tar : cpio
      if (written) {
        const uncompressedSize = written.written
        artifacts.push({ ...common, format, compression, uncompressedSize, ...(await packed.finish()) })
      } else {
        await packed.abort(new Error('a file is too large for cpio'))
      }
    }
    return artifacts
  }

  /** Ends the compressors; returns the failure that came first: a broken pipe is not the reason for a full disk. */
  async abort(error: unknown): Promise<unknown> {
    const failures = await Promise.all(this.#packed.map(({ packed }) => packed.abort(error)))
    return failures.find((failure) => failure !== error && failure !== undefined) ?? error
  }

  async #writeZeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ZEROS.byteLength) {
      this.#writers.data(ZEROS.subarray(0, left))
      await this.#flush()
    }
  }

  async #flush(all = false): Promise<void> {
    const [tars, cpios] = [this.#of('tar'), this.#of('cpio')]
    for (const chunk of this.#writers.tar.take(all)) await Promise.all(tars.map((one) => one.give(chunk)))
    for (const chunk of this.#writers.cpio?.take(all) ?? [])
      await Promise.all(cpios.map((one) => one.give(chunk)))
    await this.#spool.flush()
  }

  #of(kind: ArchiveForm['format']): Packed[] {
    return this.#packed.flatMap(({ format, packed }) => (format === kind ? [packed] : []))
  }
}
