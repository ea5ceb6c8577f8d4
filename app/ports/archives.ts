// What passing over an archive tells. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Entry } from '#core/entry.ts'
import type { Artifact, VersionFacts } from '#core/manifest.ts'

/** What passing over an artifact's bytes once has told. */
export interface ArtifactIndex {
  facts: Omit<Artifact, 'sha256' | 'sha1' | 'size'>
  /** the text of the zonepath's SUNWdetached.xml, if it has one */
  detachedXml: string | undefined
  /** what else it says of the template; absent: nothing */
  said?: VersionFacts
  /** the index in archive order; may be read several times, until it is closed. Empty where `facts.entries` is absent */
  entries: AsyncIterable<Entry>
  close(): Promise<void>
}

/** The bytes of an artifact, where they are stored. */
export interface StoredBytes {
  /** The caller must consume or destroy the stream. */
  read(): Promise<Readable>
  /** absent when the store has no files. The caller must close it */
  openFile?(): Promise<FileHandle>
}

/** The full ZFS stream and the increments on it, in order, that give the snapshot of this guid; undefined when they are not here. */
export type FindBase = (guid: string) => Promise<readonly StoredBytes[] | undefined>

/** Recognises, unpacks and checks an artifact without keeping it. */
export interface ArtifactIndexer {
  /**
   * Reads `source` to its end. An increment is read on what `findBase` gives; without it its records alone are verified.
   * @throws the codes of core/archive/refusals.ts, OriginMismatch, NoSpace
   */
  index(source: AsyncIterable<Uint8Array>, findBase?: FindBase): Promise<ArtifactIndex>
}

/** A file of an archive, as far as it was asked for. */
export interface ArchiveFile {
  /** as in the archive's index */
  path: string
  /** its first bytes, so many as were wanted */
  contents: Uint8Array
}

/**
 * Reads chosen files out of an artifact's own bytes, in archive order: `wanted` names them as the index does, a path that is a
 * hard link there by its target, each with how many of its bytes are kept. `sources` are one archive, or a ZFS stream with all
 * that it builds on before it. `signal` may end it at any time.
 * @throws the codes of core/archive/refusals.ts, StreamsBusy
 */
export type ReadFiles = (
  sources: readonly StoredBytes[],
  form: Pick<Artifact, 'format' | 'compression'>,
  wanted: ReadonlyMap<string, number>,
  signal?: AbortSignal,
) => AsyncIterable<ArchiveFile>

/**
 * Sorts entries by orderKey of core/diff/path-order.ts, equal ones in the order they came; memory does not grow with their number.
 * `entries` is read once more when they are in order already, as in archives of our own making. @throws NoSpace
 */
export type SortEntries = (entries: () => AsyncIterable<Entry>) => AsyncIterable<Entry>
