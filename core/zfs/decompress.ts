/** Undoes the compression of a block (zfs-stream.md 3). LZ4, LZJB and ZLE are here; zlib and zstd come from the platform. */

/** What the platform brings. Each throws when the result would be larger than `maxBytes`, and ignores bytes behind the end. */
export interface Inflaters {
  /** a zlib stream (RFC 1950) */
  inflate(bytes: Uint8Array, maxBytes: number): Uint8Array
  /** one whole zstd frame, with its magic */
  zstd(bytes: Uint8Array, maxBytes: number): Uint8Array
}
