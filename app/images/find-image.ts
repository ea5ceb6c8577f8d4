// The image of a uuid, and all images, as somebody may have them.
import { asImage, chooseStream, type ChosenStream } from '#core/images/choose.ts'
import { imageNotFound } from '#core/images/errors.ts'
import { pageOf, type ListQuery } from '#core/images/list-query.ts'
import { imageManifestOf, type ImageManifest } from '#core/images/manifest.ts'
import type { ImageSource } from '#core/images/source.ts'
import { digestPrefixOf, imageUuid, Uuid } from '#core/images/uuid.ts'
import type { Artifact } from '#core/manifest.ts'
import type { VersionRecord } from '../ports/catalog.ts'
import type { ReadSources } from './shared-sources.ts'
import { sourceWithOrigins, type ImageNeeds, type ImageReader } from './sources.ts'

export interface FoundImage {
  manifest: ImageManifest
  chosen: ChosenStream
  source: ImageSource
}

/** @throws ResourceNotFound alike for what is no uuid, what does not exist and what the reader may not have */
export async function findImage(text: string, reader: ImageReader, needs: ImageNeeds): Promise<FoundImage> {
  const uuid = Uuid.safeParse(text).data
  for (const record of uuid === undefined ? [] : await candidatesOf(uuid, needs)) {
    const readable = await sourceWithOrigins(record, reader, needs)
    if (!readable) continue
    const { source, find } = readable
    for (const artifact of source.streams) {
      const chosen = asImage(artifact, source, find)
      if (chosen && chosen.uuid === uuid) return { manifest: imageManifestOf(source, chosen), chosen, source }
    }
  }
  throw imageNotFound(text)
}

/** The version and the stream of an image that is there, whoever may read it. */
export async function findImageVersion(
  uuid: Uuid,
  needs: ImageNeeds,
): Promise<{ record: VersionRecord; artifact: Artifact } | undefined> {
  const published = await needs.images.find(uuid)
  const wanted = published?.artifact?.sha256
  for (const record of await candidatesOf(uuid, needs)) {
    const artifact = record.manifest.artifacts.find(
      ({ sha256 }) => sha256 === wanted || imageUuid(sha256) === uuid,
    )
    if (artifact) return { record, artifact }
  }
  return undefined
}

async function candidatesOf(uuid: Uuid, { catalog, images }: ImageNeeds): Promise<VersionRecord[]> {
  const published = await images.find(uuid)
  const record =
    published?.state === 'active'
      ? await catalog.findVersion(published.template, published.version)
      : undefined
  return record ? [record] : catalog.findVersionsByDigestPrefix(digestPrefixOf(uuid))
}

/** A page of them. Bytes that several versions have are one image: that of the first. @throws InvalidParameter for a marker that is not here */
export async function listImages(
  query: ListQuery,
  reader: ImageReader,
  read: ReadSources,
): Promise<ImageManifest[]> {
  const { all, find } = await read(reader)
  const images = new Map<Uuid, ImageManifest>()
  for (const source of all) {
    const chosen = chooseStream(source, source.layout, find)
    if (chosen && !images.has(chosen.uuid)) images.set(chosen.uuid, imageManifestOf(source, chosen))
  }
  return pageOf([...images.values()], query)
}

/** The channels that images are in, by name. */
export async function listImageChannels(
  reader: ImageReader,
  read: ReadSources,
): Promise<{ name: string; description: string }[]> {
  const { all } = await read(reader)
  const names = new Set(all.flatMap(({ channels }) => channels))
  return [...names].toSorted().map((name) => ({ name, description: `the channel ${name} of each template` }))
}
