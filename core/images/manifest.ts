// The manifest of an image as IMGAPI tells it (jumpstart.md 6.2.1).
import type { Artifact } from '../manifest.ts'
import type { ChosenStream } from './choose.ts'
import type { PublishedManifest } from './published-manifest.ts'
import type { ImageSource } from './source.ts'
import { NOBODY, type Uuid } from './uuid.ts'

export interface ImageManifest extends Omit<PublishedManifest, 'owner' | 'published_at'> {
  owner: Uuid
  published_at: string
  state: 'active' | 'disabled' | 'unactivated'
  disabled: boolean
  public: boolean
  files: { sha1: string; size: number; compression: string; dataset_guid?: string }[]
  channels?: string[]
}

const MAX_DESCRIPTION = 10_240

/** Names and versions of templates fit the alphabets of images as they are; what was published keeps its own. */
export function imageManifestOf(
  source: ImageSource,
  { artifact, uuid, origin }: ChosenStream,
): ImageManifest {
  const said = source.published?.sha256 === artifact.sha256 ? source.published.manifest : describe(source)
  const { tags, origin: _, ...rest } = said
  return {
    ...rest,
    v: 2,
    owner: said.owner ?? NOBODY,
    uuid,
    published_at: said.published_at ?? timeOf(source.createdAt),
    state: source.isDisabled ? 'disabled' : 'active',
    disabled: source.isDisabled,
    public: source.isOpen,
    ...(origin !== undefined && { origin }),
    files: [fileOf(artifact)],
    tags: { ...tags, 'zoneflash:sha256': artifact.sha256, 'zoneflash:layout': artifact.layout },
    ...(source.channels.length > 0 && { channels: [...source.channels] }),
  }
}

/** As the publish calls answer: with what has arrived so far. */
export function publishedAnswer(
  { uuid, manifest, artifact }: { uuid: Uuid; manifest: PublishedManifest; artifact?: Artifact | undefined },
  state: ImageManifest['state'],
): object {
  const files = artifact ? [fileOf(artifact)] : []
  return { ...manifest, uuid, owner: manifest.owner ?? NOBODY, state, disabled: false, public: false, files }
}

/** The manifest of a version that nobody published as an image. */
function describe({ template, version, notes, brand, osFamily, networks }: ImageSource): PublishedManifest {
  const isLx = brand === 'lx'
  const isSmartos = brand === 'joyent' || brand === 'joyent-minimal'
  const os = { linux: 'linux', solaris10: 'other', illumos: isSmartos ? 'smartos' : 'illumos' } as const
  const requirements = {
    ...(networks > 0 && {
      networks: Array.from({ length: networks }, (_, number) => ({
        name: `net${number}`,
        description: `network interface ${number} of the zone`,
      })),
    }),
    // zadm takes every zone-dataset for an illumos zone that says no brand
    ...((isLx || brand === 'joyent-minimal') && { brand }),
  }
  return {
    v: 2,
    uuid: NOBODY,
    name: template,
    version,
    ...(notes && { description: notes.slice(0, MAX_DESCRIPTION) }),
    type: isLx ? 'lx-dataset' : 'zone-dataset',
    os: os[osFamily],
    ...(Object.keys(requirements).length > 0 && { requirements }),
  }
}

function fileOf({ sha1, size, compression, guid }: Artifact): ImageManifest['files'][number] {
  return { sha1, size, compression, ...(guid !== undefined && { dataset_guid: guid }) }
}

/** The time with milliseconds, whatever it was written with. */
function timeOf(moment: string): string {
  return new Date(moment).toISOString()
}
