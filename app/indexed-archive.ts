// The archive of a version that is read when its files are asked for: one with an index, the one that is cheapest to unpack.
import { ProvisionError } from '#core/errors.ts'
import {
  artifactExtension,
  type Artifact,
  type ArchiveLayout,
  type Compression,
  type Manifest,
} from '#core/manifest.ts'
import type { Entry } from '#core/entry.ts'
import type { ReadChosen } from '#core/archive/chosen-files.ts'
import type { ReadFiles } from './ports/archives.ts'
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

/** Seconds for a gigabyte differ from one to twenty. */
const cheapestFirst: readonly Compression[] = ['none', 'zstd', 'gzip', 'xz', 'bzip2']

/** undefined for a version that has no archive but ZFS streams alone. */
export function findIndexedArchive(
  manifest: Manifest,
  { blobs, catalog, readFiles }: Needs,
  signal?: AbortSignal,
): IndexedArchive | undefined {
  const artifact = manifest.artifacts
    .filter(({ format, entries }) => (format === 'tar' || format === 'cpio') && entries !== undefined)
    .toSorted((a, b) => cheapestFirst.indexOf(a.compression) - cheapestFirst.indexOf(b.compression))[0]
  if (!artifact) return undefined
  return {
    artifact,
    layout: artifact.layout ?? 'zoneroot',
    entries: () => counted(catalog.entries(artifact.sha256), artifact, manifest, signal),
    async *read(wanted) {
      const source = await blobs.open(artifact.sha256)
      try {
        for await (const file of readFiles(source, artifact, wanted)) {
          signal?.throwIfAborted()
          yield file
        }
      } finally {
        source.destroy()
      }
    },
  }
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
