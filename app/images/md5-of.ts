// The md5 of an artifact: kept since it is computed on the way in, computed once for what is older.
import { createHash } from 'node:crypto'
import type { Md5 } from '#core/digest.ts'
import type { Artifact } from '#core/manifest.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
}

/** Several who ask at once wait for one reading. */
export class Md5s {
  readonly #needs: Needs
  readonly #reading = new Map<string, Promise<Md5>>()

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** @throws BlobNotFound */
  async of({ sha256, md5 }: Pick<Artifact, 'sha256' | 'md5'>): Promise<Md5> {
    if (md5 !== undefined) return md5
    const there = this.#reading.get(sha256)
    if (there) return there
    const reading = this.#read(sha256).finally(() => this.#reading.delete(sha256))
    this.#reading.set(sha256, reading)
    return reading
  }

  async #read(sha256: string): Promise<Md5> {
    const hash = createHash('md5')
    const bytes: AsyncIterable<Uint8Array> = await this.#needs.blobs.open(sha256)
    for await (const piece of bytes) hash.update(piece)
    const md5 = hash.digest('hex')
    await this.#needs.catalog.setMd5(sha256, md5)
    return md5
  }
}
