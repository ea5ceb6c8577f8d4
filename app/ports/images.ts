// Images that came by the publish calls. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { Uuid } from '#core/images/uuid.ts'
import type { Entry } from '#core/entry.ts'
import type { Artifact } from '#core/manifest.ts'
import type { VersionId } from './catalog.ts'

export interface PublishedImage extends VersionId {
  uuid: Uuid
  manifest: PublishedManifest
  /** active: the version is there. Before, nobody sees it but who publishes it */
  state: 'unactivated' | 'active'
  /** its file, once that has arrived */
  artifact?: Artifact | undefined
  createdBy: string
  createdAt: Date
}

/** Images from their first call to the last. The bytes of one that is on its way are not garbage. */
export interface ImageStore {
  /** @throws ImageUuidAlreadyExists */
  create(image: Omit<PublishedImage, 'state' | 'artifact'>): Promise<void>
  find(uuid: Uuid): Promise<PublishedImage | undefined>
  /** Gives an unactivated image its file, instead of one that it had. @throws ResourceNotFound, ImageFilesImmutable, BlobCollected */
  setFile(uuid: Uuid, artifact: Artifact, entries: AsyncIterable<Entry> | Iterable<Entry>): Promise<void>
  /** The version is recorded. May be repeated. @throws ResourceNotFound */
  setActive(uuid: Uuid, manifest: PublishedManifest): Promise<void>
  /** Forgets one that is not active; false when there is none. */
  remove(uuid: Uuid): Promise<boolean>
  /** Those that are active; one whose version was deleted is not. */
  listActive(): Promise<PublishedImage[]>
  /** Forgets unactivated ones from before; returns how many. */
  sweep(before: Date): Promise<number>
}
