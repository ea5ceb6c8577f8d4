// The artifact of a version that is read when its files are asked for: one with an index, the one that is cheapest to read.
import { unpackingCost } from '#core/compression-cost.ts'
import { ProvisionError } from '#core/errors.ts'
import { artifactExtension, type Artifact, type ArchiveLayout, type Manifest } from '#core/manifest.ts'
import type { Entry } from '#core/entry.ts'
import type { ReadChosen } from '#core/archive/chosen-files.ts'
import { baseFinder, storedBytes } from './stream-chain.ts'
import type { ReadFiles, StoredBytes } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
  readFiles: ReadFiles
}

export interface IndexedArchive {
  artifact: Artifact
  layout: ArchiveLayout
  /** in archive order; @throws IndexIncomplete when there are not as many as the version says */
  entries: () => AsyncIterable<Entry>
  read: ReadChosen
}

/** undefined for a version without any index. */
export function findIndexedArchive(
  manifest: Manifest,
  { blobs, catalog, readFiles }: Needs,
  signal?: AbortSignal,
): IndexedArchive | undefined {
  const artifact = manifest.artifacts
    .filter(({ entries }) => entries !== undefined)
    .toSorted((a, b) => costOf(a) - costOf(b))[0]
  if (!artifact) return undefined
  return {
    artifact,
    layout: artifact.layout ?? 'zoneroot',
    entries: () => counted(catalog.entries(artifact.sha256), artifact, manifest, signal),
    async *read(wanted) {
      const sources = await sourcesOf(artifact, manifest, { blobs, catalog })
      for await (const file of readFiles(sources, artifact, wanted, signal)) {
        signal?.throwIfAborted()
        yield file
      }
    },
  }
}

/** An archive is passed over once; of a stream all metadata is read first, and an increment needs what it builds on. */
function costOf({ format, compression }: Pick<Artifact, 'format' | 'compression'>): number {
  const ofFormat = { tar: 0, cpio: 0, layer: 0, flar: 1, zfs: 10, 'zfs-incremental': 20 }
  return ofFormat[format] + unpackingCost({ compression })
}

/** @throws BaseMissing */
async function sourcesOf(
  artifact: Artifact,
  manifest: Manifest,
  needs: Pick<Needs, 'blobs' | 'catalog'>,
): Promise<StoredBytes[]> {
  const own = storedBytes(artifact, needs)
  const { fromGuid } = artifact
  if (fromGuid === undefined) return [own]
  const base = await baseFinder(manifest, needs)(fromGuid)
  if (base !== undefined) return [...base, own]
  throw new ProvisionError(
    'conflict',
    'BaseMissing',
    `the increment ${artifact.snapshot} cannot be read: no version holds the snapshot of guid ${fromGuid} any more`,
  )
}

async function* counted(
  entries: AsyncIterable<Entry>,
  artifact: Artifact,
  { template, version }: Manifest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Entry> {
  let count = 0
  for await (const entry of entries) {
    if (count % 1000 === 0) signal?.throwIfAborted()
    count += 1
    yield entry
  }
  if (count === artifact.entries) return
  throw new ProvisionError(
    'conflict',
    'IndexIncomplete',
    `the index of ${template}@${version} (${artifactExtension(artifact)}) has ${count} entries, expected ${artifact.entries}`,
  )
}
