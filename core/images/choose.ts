// Which stream of a version is its image, and of which image it is an increment.
import type { ArchiveLayout, Artifact, Manifest } from '../manifest.ts'
import { MAX_CHAIN } from '../origin-chain.ts'
import type { ImageSource } from './source.ts'
import { imageUuid, type Uuid } from './uuid.ts'

/** The version of that name, where whoever asks may read it. */
export type FindSource = (id: NonNullable<Manifest['origin']>) => ImageSource | undefined

/** A stream that a client can import, with the image that it needs first. */
export interface ChosenStream {
  artifact: Artifact
  uuid: Uuid
  origin?: Uuid
}

/**
 * What was published stays what it is; else an increment, which shares what it has with its origin; else a full stream. Of
 * several the first: it stays the image when others are made. Undefined when there is none of this layout.
 */
export function chooseStream(
  source: ImageSource,
  layout: ArchiveLayout,
  find: FindSource,
): ChosenStream | undefined {
  const fitting = source.streams.filter((artifact) => artifact.layout === layout)
  const published = source.streams.filter(({ sha256 }) => sha256 === source.published?.sha256)
  const increments = fitting.filter(({ format }) => format === 'zfs-incremental')
  const full = fitting.filter(({ format }) => format === 'zfs')
  for (const artifact of [...published, ...increments, ...full]) {
    const chosen = asImage(artifact, source, find)
    if (chosen) return chosen
  }
  return undefined
}

/** A stream as an image: an increment only where all that it builds on is one. */
export function asImage(artifact: Artifact, source: ImageSource, find: FindSource): ChosenStream | undefined {
  const uuid = uuidOf(artifact, source)
  if (artifact.format === 'zfs') return { artifact, uuid }
  const first = baseOf(artifact, source, find)
  let base = first
  for (let steps = 0; base && steps < MAX_CHAIN; steps++) {
    if (first && base.artifact.format === 'zfs')
      return { artifact, uuid, origin: uuidOf(first.artifact, first.source) }
    base = baseOf(base.artifact, base.source, find)
  }
  return undefined
}

interface Placed {
  artifact: Artifact
  source: ImageSource
}

/** The stream of the origin that gives the snapshot where an increment starts. */
function baseOf({ fromGuid }: Artifact, { origin }: ImageSource, find: FindSource): Placed | undefined {
  const source = origin && find(origin)
  if (!source || fromGuid === undefined) return undefined
  const holding = source.streams.filter(({ guid }) => guid === fromGuid)
  const artifact =
    holding.find(({ sha256 }) => sha256 === source.published?.sha256) ??
    holding.find(({ format }) => format === 'zfs') ??
    holding[0]
  return artifact && { artifact, source }
}

/** What was published keeps the uuid that its publisher gave it. */
export function uuidOf({ sha256 }: Artifact, { published }: ImageSource): Uuid {
  return published?.sha256 === sha256 ? published.uuid : imageUuid(sha256)
}
