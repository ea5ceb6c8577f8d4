// Takes in one artifact in a single pass: its bytes go into the blob store and through the indexer at the same time.
import type { Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact } from '#core/manifest.ts'
import { HandOver } from './hand-over.ts'
import type { ArtifactIndex, ArtifactIndexer, FindBase } from './ports/archives.ts'
import type { BlobStore, StoredBlob } from './ports/blobs.ts'

/** Lets bytes pass and fails when they may not become a blob. */
type Watch = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** An artifact whose bytes are stored. Close it when its entries have been read. */
export interface TakenArtifact extends Pick<ArtifactIndex, 'detachedXml' | 'entries' | 'close'> {
  artifact: Artifact
}

export interface TakeInOptions {
  expected?: Sha256 | undefined
  /** bytes as sent; default unlimited */
  maxBytes?: number
  /** what an increment is read on; without it an increment has no index */
  findBase?: FindBase
  /** has the last word before the bytes become a blob */
  accept?: (artifact: Artifact, told: Pick<ArtifactIndex, 'detachedXml' | 'said'>) => Promise<void>
}

interface Needs {
  blobs: BlobStore
  indexer: ArtifactIndexer
}

/** Bytes on their way, or those of a draft, which stays. */
export type ArtifactSource = AsyncIterable<Uint8Array> | { draft: string }

/**
 * Stores `source` as a blob if it is an artifact that we take.
 * @throws DigestMismatch, NoSpace, TooManyBytes, and the codes of core/archive/refusals.ts; nothing is left behind
 */
export async function takeInArtifact(
  source: ArtifactSource,
  { expected, maxBytes = Infinity, findBase, accept }: TakeInOptions,
  { blobs, indexer }: Needs,
): Promise<TakenArtifact> {
  let index: ArtifactIndex | undefined
  try {
    const watch: Watch = async function* (bytes) {
      const handOver = new HandOver()
      const indexed = indexer.index(handOver, findBase).finally(() => handOver.abandon())
      indexed.catch(() => undefined)
      let received = 0
      try {
        for await (const chunk of bytes) {
          received += chunk.byteLength
          if (received > maxBytes) throw tooManyBytes(maxBytes)
          // Both take the chunk at the same time; the slower one sets the pace.
          if (!(await handOver.give(chunk))) break
          yield chunk
        }
        handOver.end()
        // The blob gets its name only after this: an artifact that is refused leaves nothing.
        index = await indexed
      } catch (error) {
        handOver.fail(error)
        throw error
      } finally {
        // Reached without an index when the source failed, or the store did and asks for no more.
        if (index === undefined) {
          handOver.fail(new Error('the store stopped reading'))
          await indexed.then((late) => late.close()).catch(() => undefined)
        }
      }
    }
    const decide = async (blob: StoredBlob) => {
      if (index === undefined) throw new Error('the store did not read its source to the end')
      await accept?.({ ...index.facts, ...blob }, index)
    }
    const stored =
      'draft' in source
        ? await blobs.drafts.adopt(source.draft, watch, expected, decide)
        : await blobs.put(watch(source), expected, decide)
    if (index === undefined) throw new Error('the store did not read its source to the end')
    const { facts, detachedXml, entries } = index
    const close = index.close.bind(index)
    return { artifact: { ...facts, ...stored }, detachedXml, entries, close }
  } catch (error) {
    await index?.close()
    throw error
  }
}

function tooManyBytes(maxBytes: number): ProvisionError {
  return new ProvisionError('too-large', 'TooManyBytes', `the upload has more than ${maxBytes} bytes`)
}
