// What passing over an archive tells. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Entry } from '#core/entry.ts'
import type { Artifact } from '#core/manifest.ts'

/** What passing over an artifact's bytes once has told. */
export interface ArtifactIndex {
  facts: Omit<Artifact, 'sha256' | 'sha1' | 'size'>
  /** the text of the archive's SUNWdetached.xml, if it has one */
  detachedXml: string | undefined
  /** the index in archive order; may be read several times, until it is closed. Empty for ZFS streams */
  entries: AsyncIterable<Entry>
  close(): Promise<void>
}

/** Recognises, unpacks and checks an artifact without keeping it. */
export interface ArtifactIndexer {
  /** Reads `source` to its end. @throws the codes of core/archive/refusals.ts, NoSpace */
  index(source: AsyncIterable<Uint8Array>): Promise<ArtifactIndex>
}

/** A file of an archive, as far as it was asked for. */
export interface ArchiveFile {
  /** as in the archive's index */
  path: string
  /** its first bytes, so many as were wanted */
  contents: Uint8Array
}

/**
 * Reads chosen files out of an archive's own bytes, in archive order: `wanted` names them as the index does, a path that is a
 * hard link there by its target, each with how many of its bytes are kept. `source` is read to its end.
 * @throws the codes of core/archive/refusals.ts
 */
export type ReadFiles = (
  source: AsyncIterable<Uint8Array>,
  form: Pick<Artifact, 'format' | 'compression'>,
  wanted: ReadonlyMap<string, number>,
) => AsyncIterable<ArchiveFile>

/**
 * Sorts entries by orderKey of core/diff/path-order.ts, equal ones in the order they came; memory does not grow with their number.
 * `entries` is read once more when they are in order already, as in archives of our own making. @throws NoSpace
 */
export type SortEntries = (entries: () => AsyncIterable<Entry>) => AsyncIterable<Entry>

/** Everything one package job learns about an artifact while it writes it. */
export type PackagedArtifact = Artifact
