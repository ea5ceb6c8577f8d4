// What becomes of the contents of files while records are applied: they are hashed, written out, or only located.

/** Where the bytes of a block lie. */
export interface Extent {
  /** in the file */
  offset: number
  /** bytes in the file */
  length: number
  /** which stream of a chain: 0 the first (full) one */
  source: number
  /** of the payload, in bytes from the start of that stream after decompression */
  position: number
  /** bytes of the payload; for an embedded block without its padding */
  stored: number
  /** number of zfs-stream.md 3; 0 plain */
  compression: number
  /** decompressed bytes; less than `length` only for embedded blocks, the rest is zeros */
  logical: number
}

/** Objects here are those of type 19: files, and symlinks too, whose target may lie in a block. */
export interface ContentSink {
  /**
   * The attributes of a file came, or came again: it has `size` bytes from here on, undefined when they do not say. What else is
   * of type 19 (symlinks, devices) is not announced. After empty() of the same record.
   */
  file?(object: number, size: number | undefined): void
  /** The object has no contents from here on: it is new, or was replaced by another. */
  empty(object: number): void
  /** A block begins, in the place of what was there. Returns whether its bytes are wanted: they then come by data(). */
  block(object: number, extent: Extent): boolean
  /** Bytes as they are in the file, in order, in pieces; valid during the call. */
  data(object: number, offset: number, bytes: Uint8Array): void
  /** Zeros from here on; `length` may be Infinity. */
  hole(object: number, offset: number, length: number): void
  /** A block that is the same as one that came before in this stream (WRITE_BYREF). */
  copy(object: number, offset: number, length: number, from: { object: number; offset: number }): void
  /** These objects are gone; `count` may be Infinity. */
  forget(first: number, count: number): void
}

/** Reads `length` bytes of stream `source` of a chain, from `position` on, after decompression of the stream. */
export type ReadAt = (source: number, position: number, length: number) => Promise<Uint8Array>
