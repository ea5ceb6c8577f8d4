// Makes one form of a version out of another. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { ZplVersion } from '#core/conversion/target.ts'
import type { Entry } from '#core/entry.ts'
import type { FlarDescription } from '#core/flar/preamble.ts'
import type { FlarSection } from '#core/flar/sections.ts'
import type { ArchiveLayout, Artifact, ArtifactFormat, Compression } from '#core/manifest.ts'
import type { StoredBlob } from './blobs.ts'

/** What of a version is converted. */
export interface ConversionSource {
  /** an archive alone; or a full ZFS stream and the increments on it, in their order */
  artifacts: readonly [Artifact, ...Artifact[]]
  layout: ArchiveLayout
  /** what is wanted differs from it by its compression alone */
  isSameForm: boolean
  /** the index of the last; may be read several times */
  entries: () => AsyncIterable<Entry>
}

/** The file system of an origin. */
export interface OriginStreams {
  /** a full stream and the increments on it, in their order */
  artifacts: readonly [Artifact, ...Artifact[]]
  /** the index of the last; may be read several times */
  entries: () => AsyncIterable<Entry>
}

export interface ConversionRequest {
  source: ConversionSource
  to: { format: ArtifactFormat; compression: Compression }
  /** streams only */
  zpl: ZplVersion
  /** streams only: what is behind the `@`, and when it was made, seconds since the epoch */
  snapshot: { name: string; created: number }
  /** flash archives only: what is said of the version in front of the archive section, and the sections beside the known ones */
  flar?: {
    description: Omit<FlarDescription, 'archiver' | 'compression'>
    sections: readonly FlarSection[]
  }
  /** streams only: what the top shall be; absent: a zonepath */
  layout?: ArchiveLayout
  /** streams only: the version's configuration, where its zonepath is to hold it and the source is a zoneroot */
  detachedXml?: string | undefined
  /** streams only: those of the origin, which the stream shall share objects with, so that an increment is small */
  origin?: OriginStreams
  /** streams of the same form only: what the snapshot is to be called, whatever it was */
  rename?: string | undefined
  /** nobody asked for this version of the file system: that of the origin will do */
  isZplFree: boolean
  signal: AbortSignal
  /** told the bytes written so far, before their compression */
  onProgress: (bytes: number) => void
}

/** A form that is stored, and nobody's yet. */
export interface ConvertedForm {
  format: ArtifactFormat
  blob: StoredBlob
  /** what it was made of and reads back as */
  layout: ArchiveLayout
  /** what no index shows and it does not hold, in words; absent: nothing */
  lost?: readonly string[]
}

/**
 * The forms that came of it: the one that was asked for, and with `origin` the increment from there. Same source, same bytes.
 * @throws NoSpace, CannotConvert for what the form cannot hold, and the codes of core/archive/refusals.ts
 */
export type Convert = (request: ConversionRequest) => Promise<ConvertedForm[]>
