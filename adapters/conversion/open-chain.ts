// Opens streams of the blob store as one tree: a full stream, and increments on it.
import { storedBytes } from '#app/stream-chain.ts'
import type { Artifact } from '#core/manifest.ts'
import { openStreamTree, type OpenTree } from '../zfs/open-tree.ts'
import { openStored } from '../zfs/stored-source.ts'
import type { ConverterNeeds } from './convert.ts'

/** The caller must close it. Compressed streams are copied, to be read by position. */
export async function openChain(
  artifacts: readonly Pick<Artifact, 'sha256'>[],
  { blobs, limits, spoolDirectory }: ConverterNeeds,
  signal: AbortSignal,
): Promise<OpenTree> {
  const { maxEntries, maxNameBytes, maxUncompressedBytes } = limits
  const sources = await openStored(
    artifacts.map((artifact) => storedBytes(artifact, { blobs })),
    { directory: spoolDirectory, maxBytes: maxUncompressedBytes },
  )
  return openStreamTree(sources, { limits: { maxEntries, maxNameBytes }, signal })
}
