// zadm's catalogue, `img.json` (jumpstart.md 6.3).
import { artifactExtension, type Artifact } from '../manifest.ts'
import { uuidOf } from './choose.ts'
import type { ImageSource } from './source.ts'
import type { Uuid } from './uuid.ts'

/** One image, in zadm's words. */
export interface CatalogueEntry {
  uuid: Uuid
  name: string
  description: string
  version: string
  /** below /media/ */
  path: string
  brand: 'illumos' | 'lx'
  /** installed with -s where it ends in `-dataset`, else with -t */
  type: 'illumos-dataset' | 'lx-image'
  /** by which the file in the cache is called */
  comp: string
  sha256: string
  attr: Record<string, never>
  resources: never[]
}

/**
 * What zadm may install of a version, in the order of its artifacts: full streams with the root file system at their top, and
 * archives of it for lx. A zone of another system is none for OmniOS.
 */
export function catalogueFiles({ brand, osFamily, isDisabled, streams, tarballs }: ImageSource): Artifact[] {
  if (isDisabled) return []
  if (brand === 'lx') return [...tarballs]
  if (osFamily !== 'illumos') return []
  return streams.filter(({ format, layout }) => format === 'zfs' && layout === 'zoneroot')
}

/** The one of them that the catalogue has: zadm wants it compressed. */
export function catalogueFile(source: ImageSource): Artifact | undefined {
  return catalogueFiles(source).find(({ compression }) => compression !== 'none')
}

/** Undefined when there is nothing for zadm. */
export function catalogueEntryOf(source: ImageSource): CatalogueEntry | undefined {
  const artifact = catalogueFile(source)
  if (!artifact) return undefined
  const { template, version, notes = '', brand } = source
  const extension = artifactExtension(artifact)
  const isLx = brand === 'lx'
  return {
    uuid: uuidOf(artifact, source),
    name: template,
    description: firstLine(notes) || `${template} ${version}`,
    version,
    path: `${template}/${template}-${version}.${extension}`,
    brand: isLx ? 'lx' : 'illumos',
    type: isLx ? 'lx-image' : 'illumos-dataset',
    comp: extension.split('.').at(-1) ?? '',
    sha256: artifact.sha256,
    attr: {},
    resources: [],
  }
}

/** `web/web-1.2.zfs.gz` → the version or channel, and the form; undefined when it is no such path. */
export function parseMediaPath(
  template: string,
  file: string,
): { selector: string; extension: string } | undefined {
  if (!file.startsWith(`${template}-`)) return undefined
  const [, selector, extension] =
    /^(.{1,64}?)\.((?:zfs|tar)(?:\.(?:gz|xz|bz2))?)$/.exec(file.slice(template.length + 1)) ?? []
  return selector !== undefined && extension !== undefined ? { selector, extension } : undefined
}

/** It is shown in one line. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim().slice(0, 256)
}
