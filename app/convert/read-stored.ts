// Reads an artifact out of the blob store as an upload of it is read.
import type { Sha256 } from '#core/digest.ts'
import type { Artifact } from '#core/manifest.ts'
import type { ArtifactIndex, ArtifactIndexer } from '../ports/archives.ts'
import type { BlobStore } from '../ports/blobs.ts'
import { storedBytes } from '../stream-chain.ts'

interface Needs {
  blobs: BlobStore
  indexer: ArtifactIndexer
}

/** `base`: the streams that an increment builds on. The caller must close it. @throws the codes of core/archive/refusals.ts */
export async function readStored(
  sha256: Sha256,
  base: readonly Artifact[],
  { blobs, indexer }: Needs,
  signal: AbortSignal,
): Promise<ArtifactIndex> {
  const bytes = await blobs.open(sha256)
  try {
    return await indexer.index(until(signal, bytes), async (guid) =>
      base.at(-1)?.guid === guid ? base.map((artifact) => storedBytes(artifact, { blobs })) : undefined,
    )
  } finally {
    bytes.destroy()
  }
}

/** Passes on what comes until it shall stop. @throws the signal's reason */
export async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    signal.throwIfAborted()
    yield item
  }
  signal.throwIfAborted()
}
