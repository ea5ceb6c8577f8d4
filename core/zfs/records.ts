// The records of a send stream as values, and whoever takes them (zfs-stream.md 1). Guids are decimal strings, numbers are below 2^53.

/** Where a record stands, for messages: `record 3 at byte 936`. */
export interface RecordPlace {
  /** from 1 */
  number: number
  /** bytes from the start of the stream (after decompression) to its header */
  at: number
}

/** What BEGIN says of the snapshot. */
export interface BeginInfo {
  /** 1 a snapshot, 2 the preamble of a package */
  headerType: number
  /** the 56 bits of core/zfs/features.ts */
  features: bigint
  /** 1 a clone of its base, 2 case-insensitive, 4 with the FREE records of a full stream, 8 spill flags count */
  flags: number
  /** 2 a file system, 3 a volume */
  objsetType: number
  /** seconds since the epoch */
  created: number
  toGuid: string
  /** `0`: a full stream */
  fromGuid: string
  /** `pool/dataset@snapshot` */
  toName: string
  littleEndian: boolean
}

export interface BeginRecord extends BeginInfo {
  type: 'begin'
  /** the nvlist that follows as payload */
  payloadBytes: number
}

export interface ObjectRecord {
  type: 'object'
  object: number
  objectType: number
  bonusType: number
  blockSize: number
  /** exact; the payload is this rounded up to 8 */
  bonusBytes: number
  /** 1 and more */
  slots: number
  /** OBJECT flag 4, when the stream's flags make it count; undefined when they do not */
  hasSpill: boolean | undefined
  payloadBytes: number
}

export interface FreeObjectsRecord {
  type: 'freeObjects'
  first: number
  /** Infinity when it goes to the end */
  count: number
}

export interface WriteRecord {
  type: 'write'
  object: number
  objectType: number
  offset: number
  /** bytes of the block as it is in the file */
  length: number
  /** number of zfs-stream.md 3; 0 plain */
  compression: number
  payloadBytes: number
}

export interface WriteEmbeddedRecord {
  type: 'writeEmbedded'
  object: number
  offset: number
  /** bytes of the block in the file */
  length: number
  compression: number
  embeddedType: number
  /** after decompression; the rest of the block is zeros */
  logicalBytes: number
  /** of the payload, without its padding */
  physicalBytes: number
  payloadBytes: number
}

export interface WriteByRefRecord {
  type: 'writeByRef'
  object: number
  offset: number
  length: number
  refGuid: string
  refObject: number
  refOffset: number
}

export interface FreeRecord {
  type: 'free'
  object: number
  offset: number
  /** Infinity when it goes to the end */
  length: number
}

export interface SpillRecord {
  type: 'spill'
  object: number
  /** bytes after decompression */
  length: number
  compression: number
  /** sent for old receivers only */
  unmodified: boolean
  payloadBytes: number
}

/** Listed, never applied: raw and redacted streams have them. */
export interface OpaqueRecord {
  type: 'objectRange' | 'redact'
  object: number
  payloadBytes: number
}

export interface EndRecord {
  type: 'end'
  /** the END behind the last stream of a package */
  ofPackage: boolean
}

export type StreamRecord =
  | BeginRecord
  | ObjectRecord
  | FreeObjectsRecord
  | WriteRecord
  | WriteEmbeddedRecord
  | WriteByRefRecord
  | FreeRecord
  | SpillRecord
  | OpaqueRecord
  | EndRecord

/** Takes verified records in stream order. Calls are synchronous: whoever pushes bytes waits between pushes. */
export interface RecordSink {
  /** The header is read, and its checksum, where it has one, is right. `payloadBytes` bytes follow by payload(), then recordEnd(). */
  record(record: StreamRecord, place: RecordPlace): void
  /** In pieces, padding and all; valid during the call. */
  payload(bytes: Uint8Array): void
  recordEnd(): void
}
