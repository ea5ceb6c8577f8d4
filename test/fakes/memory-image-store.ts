import type { ImageStore, PublishedImage } from '#app/ports/images.ts'
import type { Entry } from '#core/entry.ts'
import { imageFilesImmutable, imageNotFound, imageUuidExists } from '#core/images/errors.ts'
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { Artifact } from '#core/manifest.ts'
import type { MemoryTemplateCatalog } from './memory-template-catalog.ts'

/** Published images in a map. */
export class MemoryImageStore implements ImageStore {
  readonly #images = new Map<string, PublishedImage>()
  readonly #catalog: MemoryTemplateCatalog

  constructor(catalog: MemoryTemplateCatalog) {
    this.#catalog = catalog
  }

  async create(image: Parameters<ImageStore['create']>[0]): Promise<void> {
    if (this.#images.has(image.uuid)) throw imageUuidExists(image.uuid)
    this.#images.set(image.uuid, structuredClone({ ...image, state: 'unactivated' }))
  }

  async find(uuid: string): Promise<PublishedImage | undefined> {
    return structuredClone(this.#images.get(uuid))
  }

  async setFile(
    uuid: string,
    artifact: Artifact,
    entries: AsyncIterable<Entry> | Iterable<Entry>,
  ): Promise<void> {
    const image = this.#get(uuid)
    if (image.state === 'active') throw imageFilesImmutable(uuid)
    await this.#catalog.keepIndex(artifact.sha256, entries)
    image.artifact = structuredClone(artifact)
  }

  async setActive(uuid: string, manifest: PublishedManifest): Promise<void> {
    Object.assign(this.#get(uuid), { state: 'active', manifest: structuredClone(manifest) })
  }

  async remove(uuid: string): Promise<boolean> {
    return this.#images.get(uuid)?.state === 'unactivated' && this.#images.delete(uuid)
  }

  async listActive(): Promise<PublishedImage[]> {
    const active = [...this.#images.values()].filter(({ state }) => state === 'active')
    const alive = await Promise.all(active.map((one) => this.#catalog.findVersion(one.template, one.version)))
    return structuredClone(active.filter((_, index) => alive[index] !== undefined)).toSorted((a, b) =>
      a.uuid < b.uuid ? -1 : 1,
    )
  }

  async sweep(before: Date): Promise<number> {
    const old = [...this.#images.values()].filter(
      ({ state, createdAt }) => state === 'unactivated' && createdAt < before,
    )
    for (const { uuid } of old) this.#images.delete(uuid)
    return old.length
  }

  #get(uuid: string): PublishedImage {
    const image = this.#images.get(uuid)
    if (!image) throw imageNotFound(uuid)
    return image
  }
}
