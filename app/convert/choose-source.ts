// Which of a version's forms a conversion reads.
import { unpackingCost } from '#core/compression-cost.ts'
import {
  isLaidOut,
  partsOf,
  snapshotOf,
  type ConversionTarget,
  type ZplVersion,
} from '#core/conversion/target.ts'
import { ProvisionError } from '#core/errors.ts'
import {
  artifactExtension,
  isArchive,
  type ArchiveLayout,
  type Artifact,
  type Manifest,
} from '#core/manifest.ts'
import type { ArtifactIndexer } from '../ports/archives.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { ConversionSource } from '../ports/conversion.ts'
import { readStored } from './read-stored.ts'
import { versionChain } from './version-chain.ts'

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
  indexer: ArtifactIndexer
}

/** A source that is open: its index may have had to be made. */
export interface OpenedSource extends ConversionSource {
  close(): Promise<void>
}

export interface WantedForm {
  to: ConversionTarget
  /** of a ZFS stream */
  zpl?: ZplVersion | undefined
  /** of a full ZFS stream: what its top is */
  layout?: ArchiveLayout | undefined
}

/**
 * The same form in another compression, if there is one: its bytes stay. Else an archive with an index, and for a stream of
 * another ZPL version a stream; where there is no archive, the stream. @throws NothingToConvert
 */
export async function chooseSource(
  manifest: Manifest,
  { to, zpl, layout }: WantedForm,
  catalog: TemplateCatalog,
): Promise<Pick<ConversionSource, 'artifacts' | 'isSameForm'>> {
  const { format } = partsOf(to)
  const byCost = manifest.artifacts.toSorted((a, b) => costOf(a) - costOf(b))
  const isRoot = snapshotOf(to) !== undefined
  const same = byCost.find(
    (one) =>
      one.format === format &&
      (zpl === undefined || one.zfs?.zplVersion === zpl) &&
      // a package of one snapshot is undone when that is renamed
      (isRoot ? one.layout === 'zoneroot' : isLaidOut(one, layout)),
  )
  if (same && format !== 'zfs-incremental') return { artifacts: [same], isSameForm: true }
  const archive = byCost.find((one) => isArchive(one) && one.entries !== undefined)
  const chain = await versionChain(manifest, catalog)
  const alone = archive && ([archive] as const)
  const artifacts = format === 'zfs' ? (chain ?? alone) : (alone ?? chain)
  if (!artifacts) throw nothingToConvert(manifest, to)
  return { artifacts, isSameForm: false }
}

/** compress(1) is undone slower than all others. */
function costOf({ compression, flar }: Artifact): number {
  return flar?.payloadCompression === 'compress' ? 10 : unpackingCost({ compression })
}

/** An archive, or a chain of streams, with the index of the last: streams that were taken in before they were read have none yet. */
export async function openIndexed(
  artifacts: ConversionSource['artifacts'],
  isSameForm: boolean,
  needs: Needs,
  signal: AbortSignal,
): Promise<OpenedSource> {
  const last = artifacts.at(-1) ?? artifacts[0]
  if (last.entries !== undefined) {
    const entries = () => needs.catalog.entries(last.sha256)
    return { artifacts, layout: last.layout ?? 'zoneroot', isSameForm, entries, close: async () => {} }
  }
  const index = await readStored(last.sha256, artifacts.slice(0, -1), needs, signal)
  const layout = index.facts.layout ?? 'zonepath'
  return { artifacts, layout, isSameForm, entries: () => index.entries, close: () => index.close() }
}

function nothingToConvert({ template, version, artifacts }: Manifest, to: string): ProvisionError {
  const there = artifacts.map(artifactExtension).join(', ') || 'nothing'
  return new ProvisionError(
    'conflict',
    'NothingToConvert',
    `${template}@${version} has ${there}, expected a tar, a cpio, a flash archive or a whole ZFS stream to make ${to} of`,
  )
}
