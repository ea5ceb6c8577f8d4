/** What a file system keeps of each file, whichever of the two forms it is stored in (zfs-stream.md 7, 8). */

export interface Timestamp {
  /** since the epoch */
  seconds: number
  /** below 10^9 */
  nanoseconds: number
}

export interface NodeAttributes {
  /** with the bits of the file type */
  mode: number
  /** bytes; any 64-bit number, whatever data there is */
  size: bigint
  generation: bigint
  uid: bigint
  gid: bigint
  /** a directory; one of several for hard links */
  parent: bigint
  links: bigint
  /** the directory of the extended attributes; 0 none */
  xattrObject: bigint
  /** as stored (core/zfs/attributes/device-number.ts) */
  rawDevice: bigint
  flags: bigint
  mtime: Timestamp
  /** of a symlink */
  target?: Uint8Array
  /** extended attributes that are an attribute themselves: an nvlist in XDR */
  xattrList?: Uint8Array
}

/** The bits of `mode` that say what a file is, and what they say. */
export const TYPE_BITS = 0o170000
export const ModeType = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
} as const

/** Bits of `flags` (zfs-stream.md 9). */
export const NodeFlag = {
  xattr: 0x1n,
  trivialAcl: 0x4n,
  scanStamp: 0x80n,
  everybodyExecutes: 0x100n,
} as const

export function isSymlink(mode: number): boolean {
  return (mode & TYPE_BITS) === ModeType.symlink
}
