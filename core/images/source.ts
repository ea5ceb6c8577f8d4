// What of a version an image is made of: small enough to hold those of all versions at once.
import { isStream, type ArchiveLayout, type Artifact, type Compression, type Manifest } from '../manifest.ts'
import type { VersionState } from '../version-state.ts'
import type { PublishedManifest } from './published-manifest.ts'
import type { Uuid } from './uuid.ts'

/** How imgadm, and zadm, unpack what they fetch. */
const unpacked: readonly Compression[] = ['none', 'gzip', 'bzip2', 'xz']

/** An image that came by the publish calls keeps what was said of it. */
export interface PublishedAs {
  uuid: Uuid
  sha256: string
  manifest: PublishedManifest
}

export interface ImageSource {
  template: string
  version: string
  /** revoked, or built on what is */
  isDisabled: boolean
  brand: string
  osFamily: Manifest['osFamily']
  origin: Manifest['origin']
  notes: string | undefined
  /** ISO 8601 */
  createdAt: string
  /** of the zone's configuration */
  networks: number
  /** what the top of its image shall be */
  layout: ArchiveLayout
  /** ZFS streams of one snapshot, in the order of the version's artifacts */
  streams: readonly Artifact[]
  /** archives that zadm's lx brand unpacks */
  tarballs: readonly Artifact[]
  published: PublishedAs | undefined
  /** names of the channels that point at it */
  channels: readonly string[]
  /** whether everyone may fetch it this way */
  isOpen: boolean
}

/** What is known beside the version itself. */
export interface SourceContext extends Pick<
  ImageSource,
  'layout' | 'published' | 'channels' | 'isOpen' | 'isDisabled'
> {
  state: VersionState
}

/** Undefined for what is no image in any form: a whole system, a version that is not ready yet. */
export function imageSourceOf(
  manifest: Manifest,
  { state, isDisabled, ...context }: SourceContext,
): ImageSource | undefined {
  if (manifest.kind === 'system' || (state !== 'ready' && state !== 'revoked')) return undefined
  const { template, version, brand, osFamily, origin, notes, createdAt, zonecfg = '' } = manifest
  return {
    ...context,
    isDisabled: isDisabled || state === 'revoked',
    template,
    version,
    brand,
    osFamily,
    origin,
    notes,
    createdAt,
    networks: zonecfg.match(/^add net$/gm)?.length ?? 0,
    streams: manifest.artifacts.filter(isImageStream),
    tarballs: manifest.artifacts.filter(isImageTarball),
  }
}

/** A package may hold more than the one snapshot that imgadm takes (jumpstart.md 6.2.3). */
export function isImageStream(artifact: Artifact): boolean {
  return (
    isStream(artifact) &&
    artifact.size > 0 &&
    artifact.guid !== undefined &&
    artifact.layout !== undefined &&
    artifact.zfs?.isPackage !== true &&
    unpacked.includes(artifact.compression)
  )
}

/** The root of the zone is at its top (jumpstart.md 6.3). */
function isImageTarball({ format, compression, layout, size }: Artifact): boolean {
  return format === 'tar' && size > 0 && layout === 'zoneroot' && ['gzip', 'xz'].includes(compression)
}
