// Reads an artifact out of the blob store as an upload of it is read.
import type { Sha256 } from '#core/digest.ts'
import type { ArtifactIndex, ArtifactIndexer } from '../ports/archives.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import { baseFinder } from '../stream-chain.ts'

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
  indexer: ArtifactIndexer
}

/** The caller must close it. @throws the codes of core/archive/refusals.ts */
export async function readStored(sha256: Sha256, { blobs, catalog, indexer }: Needs): Promise<ArtifactIndex> {
  const bytes = await blobs.open(sha256)
  try {
    return await indexer.index(bytes, baseFinder({ blobs, catalog }))
  } finally {
    bytes.destroy()
  }
}
