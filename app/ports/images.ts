// Images that came by the publish calls. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { Uuid } from '#core/images/uuid.ts'
import type { Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import type { Artifact } from '#core/manifest.ts'
import type { VersionId } from './catalog.ts'

export interface PublishedImage extends VersionId {
  uuid: Uuid
  manifest: PublishedManifest
  /** activating: its file and its name are settled; active: the version is there, and channels know of it */
  state: 'unactivated' | 'activating' | 'active'
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
  /** Its sender is still there. No effect on an image that is not. */
  touch(uuid: Uuid, now: Date): Promise<void>
  /**
   * Unactivated → activating: from now on its file is this one, and no other image becomes its version. May be repeated.
   * @throws ResourceNotFound, ImageFileReplaced, ValidationFailed for a version that is another image
   */
  settle(uuid: Uuid, sha256: Sha256): Promise<void>
  /** Activating → unactivated, when it cannot become a version. */
  release(uuid: Uuid): Promise<void>
  /** Activating → active. May be repeated. @throws ResourceNotFound */
  setActive(uuid: Uuid, manifest: PublishedManifest): Promise<void>
  /** Forgets one that is unactivated; false when there is none. */
  remove(uuid: Uuid): Promise<boolean>
  /** The active image that a version is. */
  findActive(version: VersionId): Promise<PublishedImage | undefined>
  /** Those that are active; one whose version was deleted is not. */
  listActive(): Promise<PublishedImage[]>
  /** Forgets unactivated ones that nothing was heard of since; returns how many. */
  sweep(before: Date): Promise<number>
}
