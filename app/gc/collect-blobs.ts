// Deletes the blobs that nothing refers to, while others may store and record the same bytes.
import type { Sha256 } from '#core/digest.ts'
import type { BlobStatus, BlobStore } from '../ports/blobs.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'

interface Needs {
  catalog: TemplateCatalog
  blobs: BlobStore
}

export interface CollectedBlob {
  sha256: Sha256
  /** bytes */
  size: number
}

/**
 * Deletes what was stored before `before`, milliseconds since the epoch, and is referred to by nothing: what is younger may
 * belong to an upload whose version is not recorded yet. That is a kindness; what makes this safe is that a version is recorded
 * only with blobs that are there (`TemplateCatalog.putVersion`).
 */
export async function* collectBlobs(
  { catalog, blobs }: Needs,
  before: number,
): AsyncGenerator<CollectedBlob> {
  const referenced = await catalog.referencedBlobs()
  for await (const sha256 of blobs.list()) {
    if (referenced.has(sha256)) continue
    // Without this look every blob of an upload under way would lose its name for a moment.
    const status = await blobs.stat(sha256)
    if (status === undefined || status.storedAt > before) continue
    const collected = await collectBlob(sha256, before, { catalog, blobs })
    if (collected) yield { sha256, size: collected.size }
  }
}

/** Deletes the blob if it was stored before `before` and nothing refers to it at that moment; undefined when it stays. */
export function collectBlob(
  sha256: Sha256,
  before: number,
  { catalog, blobs }: Needs,
): Promise<BlobStatus | undefined> {
  return blobs.collect(
    sha256,
    async ({ storedAt }) => storedAt <= before && (await catalog.isUnreferenced(sha256)),
  )
}
