import type { ImageStore, PublishedImage } from '#app/ports/images.ts'
import type { VersionId } from '#app/ports/catalog.ts'
import type { Entry } from '#core/entry.ts'
import {
  imageFileReplaced,
  imageFilesImmutable,
  imageNotFound,
  imageUuidExists,
  imageVersionTaken,
} from '#core/images/errors.ts'
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { Artifact } from '#core/manifest.ts'
import type { MemoryTemplateCatalog } from './memory-template-catalog.ts'

/** Published images in a map. */
export class MemoryImageStore implements ImageStore {
  readonly #images = new Map<string, PublishedImage>()
  readonly #touched = new Map<string, Date>()
  readonly #catalog: MemoryTemplateCatalog

  constructor(catalog: MemoryTemplateCatalog) {
    this.#catalog = catalog
  }

  async create(image: Parameters<ImageStore['create']>[0]): Promise<void> {
    if (this.#images.has(image.uuid)) throw imageUuidExists(image.uuid)
    this.#images.set(image.uuid, structuredClone({ ...image, state: 'unactivated' }))
    this.#touched.set(image.uuid, image.createdAt)
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
    if (image.state !== 'unactivated') throw imageFilesImmutable(uuid)
    await this.#catalog.keepIndex(artifact.sha256, entries)
    image.artifact = structuredClone(artifact)
  }

  async touch(uuid: string, now: Date): Promise<void> {
    if (this.#images.has(uuid)) this.#touched.set(uuid, now)
  }

  async settle(uuid: string, sha256: string): Promise<void> {
    const image = this.#get(uuid)
    if (image.artifact?.sha256 !== sha256) throw imageFileReplaced(uuid)
    const others = [...this.#images.values()].filter((one) => one !== image && one.state !== 'unactivated')
    if (others.some(({ template, version }) => template === image.template && version === image.version))
      throw imageVersionTaken(image.template, image.version)
    if (image.state === 'unactivated') image.state = 'activating'
  }

  async release(uuid: string): Promise<void> {
    const image = this.#images.get(uuid)
    if (image?.state === 'activating') image.state = 'unactivated'
  }

  async setActive(uuid: string, manifest: PublishedManifest): Promise<void> {
    const image = this.#get(uuid)
    if (image.state === 'unactivated') throw imageNotFound(uuid)
    Object.assign(image, { state: 'active', manifest: structuredClone(manifest) })
  }

  async remove(uuid: string): Promise<boolean> {
    return this.#images.get(uuid)?.state === 'unactivated' && this.#images.delete(uuid)
  }

  async findActive({ template, version }: VersionId): Promise<PublishedImage | undefined> {
    return (await this.listActive()).find((one) => one.template === template && one.version === version)
  }

  async listActive(): Promise<PublishedImage[]> {
    const active = [...this.#images.values()].filter(({ state }) => state === 'active')
    const alive = await Promise.all(active.map((one) => this.#catalog.findVersion(one.template, one.version)))
    return active
      .filter((_, index) => alive[index] !== undefined)
      .map((one) => structuredClone(one))
      .toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1))
  }

  async sweep(before: Date): Promise<number> {
    const old = [...this.#images.values()].filter(
      ({ uuid, state, createdAt }) =>
        state === 'unactivated' && (this.#touched.get(uuid) ?? createdAt) < before,
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
