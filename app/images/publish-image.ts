// The first two publish calls of IMGAPI: an image comes as a manifest and a file. The third is in activate-image.ts.
import { ProvisionError } from '#core/errors.ts'
import {
  imageFilesImmutable,
  imageNotFound,
  imageUuidExists,
  invalidDocument,
  validationFailed,
} from '#core/images/errors.ts'
import { publishedAnswer } from '#core/images/manifest.ts'
import { templateNameOf, versionNameOf } from '#core/images/names.ts'
import { PublishedManifest } from '#core/images/published-manifest.ts'
import { isImageStream } from '#core/images/source.ts'
import type { Uuid } from '#core/images/uuid.ts'
import type { Artifact, Compression, Manifest } from '#core/manifest.ts'
import type { AuditLog } from '../ports/access.ts'
import type { ArtifactIndexer } from '../ports/archives.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { PublishedImage } from '../ports/images.ts'
import type { Clock } from '../ports/queue.ts'
import { checkSize } from '../push-version.ts'
import { baseFinder } from '../stream-chain.ts'
import { takeInArtifact } from '../take-in-artifact.ts'
import { findImageVersion } from './find-image.ts'
import type { ImageNeeds } from './sources.ts'

const HOUR = 3_600_000

export interface PublishNeeds extends ImageNeeds {
  blobs: BlobStore
  indexer: ArtifactIndexer
  audit: AuditLog
  clock: Clock
  limits: { maxBytes: number }
}

/**
 * The first call. The same again is a success that changes nothing. Answers with the manifest.
 * @throws ValidationFailed, ImageUuidAlreadyExists, OriginDoesNotExist
 */
export async function importManifest(
  { uuid, document, actor }: { uuid: Uuid; document: unknown; actor: string },
  needs: PublishNeeds,
): Promise<object> {
  const parsed = PublishedManifest.safeParse(document)
  if (!parsed.success) throw invalidDocument(parsed.error)
  const manifest = parsed.data
  if (manifest.uuid !== uuid)
    throw validationFailed('uuid', `it is ${manifest.uuid}, the address says ${uuid}`)
  const there = await needs.images.find(uuid)
  if (there?.state === 'unactivated' && JSON.stringify(there.manifest) === JSON.stringify(manifest))
    return publishedAnswer(there, 'unactivated')
  if (there || (await findImageVersion(uuid, needs))) throw imageUuidExists(uuid)
  const names = namesOf(manifest)
  await assertNameFree(names, needs)
  await originOf(manifest, needs)
  const image = { uuid, ...names, manifest, createdBy: actor, createdAt: needs.clock.now() }
  await needs.images.create(image)
  return publishedAnswer(image, 'unactivated')
}

/** What the second call says of the bytes that it brings. */
export interface ImageFile {
  uuid: Uuid
  bytes: AsyncIterable<Uint8Array>
  compression: Compression
  sha1: string | undefined
  /** bytes; undefined: not said */
  size: number | undefined
}

/**
 * The second call: a ZFS stream of one snapshot, whose digests are compared while it is stored. May be repeated until the image
 * is active. @throws ResourceNotFound, ImageFilesImmutable, ImageFileTooBig, Upload for bytes that are not what was said, and the codes of core/archive/refusals.ts
 */
export async function storeImageFile(file: ImageFile, needs: PublishNeeds): Promise<object> {
  const { uuid, bytes, size } = file
  const image = await unactivated(uuid, needs)
  if (size !== undefined) await checkSize(size, needs)
  const origin = await originOf(image.manifest, needs)
  const taken = await takeInArtifact(
    whileTouched(uuid, bytes, needs),
    {
      maxBytes: needs.limits.maxBytes,
      findBase: baseFinder({ template: image.template, origin }, needs),
      accept: async (artifact) => {
        assertIsAsSaid(artifact, file)
        await assertBuildsOn(artifact, origin, needs)
      },
    },
    needs,
  )
  try {
    await needs.images.setFile(uuid, taken.artifact, taken.entries)
    return publishedAnswer({ ...image, artifact: taken.artifact }, 'unactivated')
  } finally {
    await taken.close()
  }
}

/** An image is forgotten a day after it was last heard of, and some files take longer than that. */
async function* whileTouched(
  uuid: Uuid,
  bytes: AsyncIterable<Uint8Array>,
  { images, clock }: PublishNeeds,
): AsyncGenerator<Uint8Array> {
  let touched: number | undefined
  for await (const piece of bytes) {
    const now = clock.now()
    if (touched === undefined || now.getTime() - touched >= HOUR) {
      await images.touch(uuid, now)
      touched = now.getTime()
    }
    yield piece
  }
}

async function unactivated(uuid: Uuid, { images }: PublishNeeds): Promise<PublishedImage> {
  const image = await images.find(uuid)
  if (!image) throw imageNotFound(uuid)
  if (image.state !== 'unactivated') throw imageFilesImmutable(uuid)
  return image
}

/** @throws ValidationFailed */
function namesOf({ name, version }: PublishedManifest): { template: string; version: string } {
  const template = templateNameOf(name)
  if (template === undefined)
    throw validationFailed(
      'name',
      `${JSON.stringify(name)} has no letter or digit for the name of a template`,
    )
  return { template, version: versionNameOf(version) }
}

/** Also that its template is one of zones. @throws ValidationFailed */
export async function assertNameFree(
  { template, version }: { template: string; version: string },
  { catalog }: PublishNeeds,
): Promise<void> {
  const isSystem = (await catalog.listTemplates()).some(
    ({ name, kind }) => name === template && kind === 'system',
  )
  if (isSystem)
    throw validationFailed('name', `template ${template} is of kind system, expected a template of zones`)
  const there = await catalog.findVersion(template, version)
  if (!there && !(await catalog.isNameSpent(template, version))) return
  const what = there ? `is there and ${there.state}` : 'was deleted, and its name is not used again'
  throw validationFailed('version', `${template}@${version} ${what}, expected another`)
}

/** @throws OriginDoesNotExist, OriginIsNotActive */
export async function originOf(
  { origin }: PublishedManifest,
  needs: PublishNeeds,
): Promise<Manifest['origin']> {
  if (origin === undefined) return undefined
  const found = await findImageVersion(origin, needs)
  if (!found) throw new ProvisionError('invalid', 'OriginDoesNotExist', `there is no image ${origin}`)
  const { template, version } = found.record.manifest
  if (found.record.state !== 'ready')
    throw new ProvisionError('invalid', 'OriginIsNotActive', `image ${origin} is ${found.record.state}`)
  return { template, version }
}

/** @throws Upload */
function assertIsAsSaid(artifact: Artifact, { compression, sha1, size }: ImageFile): void {
  const wrong = (what: string, is: string | number, said: string | number) =>
    new ProvisionError('invalid', 'Upload', `the file's ${what} is ${is}, the request says ${said}`)
  if (sha1 !== undefined && artifact.sha1 !== sha1) throw wrong('sha1', artifact.sha1, sha1)
  if (size !== undefined && artifact.size !== size) throw wrong('size', artifact.size, size)
  if (artifact.compression !== compression) throw wrong('compression', artifact.compression, compression)
  if (!isImageStream(artifact))
    throw new ProvisionError(
      'invalid',
      'Upload',
      `the file is ${artifact.zfs?.isPackage ? 'a package of streams' : artifact.format}, expected a ZFS stream of one snapshot`,
    )
}

/** @throws Upload for an increment from elsewhere */
async function assertBuildsOn(
  { fromGuid }: Artifact,
  origin: Manifest['origin'],
  { catalog }: PublishNeeds,
): Promise<void> {
  if (fromGuid === undefined) return
  const base = origin && (await catalog.findVersion(origin.template, origin.version))
  if (base?.manifest.artifacts.some(({ guid }) => guid === fromGuid)) return
  throw new ProvisionError(
    'invalid',
    'Upload',
    `the file is an increment from the snapshot of guid ${fromGuid}, which ${origin ? 'its origin does not hold' : 'needs an origin in the manifest'}`,
  )
}
