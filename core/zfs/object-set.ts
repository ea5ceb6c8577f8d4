// A file system as a stream leaves it: its objects with all that is metadata. Contents of files are elsewhere (content-sink.ts).
import type { BeginInfo } from './records.ts'

export const ObjectType = {
  znode: 17,
  oldAcl: 18,
  file: 19,
  directory: 20,
  masterNode: 21,
  unlinkedSet: 22,
  acl: 33,
  systemAttributes: 44,
  saMasterNode: 45,
  saRegistry: 46,
  saLayouts: 47,
} as const

/** One object (zfs-stream.md 1.2). */
export interface StreamObject {
  number: number
  type: number
  /** 17 a znode, 44 system attributes, 0 none */
  bonusType: number
  blockSize: number
  slots: number
  /** exact length, stream byte order */
  bonus: Uint8Array
  /** SA data, plain */
  spill?: Uint8Array
  /**
   * Blocks by offset, plain: of every object that is not a file, and of symlinks, whose target may lie there. Absent for
   * files: their contents go through a ContentSink.
   */
  blocks?: Map<number, Uint8Array>
}

export interface ObjectSet {
  /** of the snapshot that the last stream gave */
  begin: BeginInfo
  objects: Map<number, StreamObject>
}

/** How much a set holds, or has come to hold so far. */
export interface SetUsage {
  objects: number
  /** as in ObjectSetLimits */
  metadataBytes: number
}

/** What one set may hold; beyond it the stream is refused (zfs-stream.md 16 item 24). */
export interface ObjectSetLimits {
  maxObjects: number
  /** bytes of bonuses, spills, directories and other ZAPs together */
  maxMetadataBytes: number
}
