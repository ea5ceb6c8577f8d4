// What an object says of itself, before it is put into one of the two forms of attributes (zfs-stream.md 7, 8).
import { ModeType } from '../attributes/node-attributes.ts'
import type { NodeType } from '../tree.ts'

/** Seconds since the epoch, and nanoseconds. */
export interface Moment {
  seconds: number
  nanoseconds: number
}

export interface WrittenAttributes {
  type: NodeType
  /** permission bits with setuid, setgid and sticky */
  mode: number
  uid: number
  gid: number
  /** of a file its bytes, of a symlink its target's, of a directory its entries and 2 */
  size: number
  /** object of a directory that has it */
  parent: number
  links: number
  /** not 0: with the object number it tells one file from a later one of the same number */
  generation: bigint
  /** all four times: a stream of ours knows of no other */
  time: Moment
  /** of a block or character device, as `encodeDevice` gives it */
  device?: bigint
  /** of a symlink */
  target?: Uint8Array
}

/** The mode with the bits of the type, as `st_mode` has them. */
export function fullMode({ type, mode }: { type: NodeType; mode: number }): number {
  return ModeType[type] | mode
}

/** The value of a directory entry: the object, and its type in the four top bits (zfs-stream.md 5.2). */
export function directoryEntry(object: number, type: NodeType): bigint {
  return (BigInt(ModeType[type] >> 12) << 60n) | BigInt(object)
}

/** Who will read device numbers. */
export type DeviceReader = 'solaris' | 'linux' | 'zfs-fuse'

/**
 * A device number as its receiver reads it: Solaris, illumos and FreeBSD by halves of 64 bits, OpenZFS on Linux by 20 bits,
 * zfs-fuse by 8 (zfs-stream.md 10).
 */
export function encodeDevice(
  { major, minor }: { major: number; minor: number },
  reader: DeviceReader = 'solaris',
): bigint {
  const shift = { solaris: 32n, linux: 20n, 'zfs-fuse': 8n }[reader]
  return (BigInt(major) << shift) | BigInt(minor)
}

/** Whose numbers these are; Solaris' and those of illumos where there are none (zfs-stream.md 10). */
export function deviceReaderOf(rawNumbers: Iterable<bigint>): DeviceReader {
  let reader: DeviceReader = 'solaris'
  for (const raw of rawNumbers) {
    if (raw >> 32n !== 0n) return 'solaris'
    if (raw >> 16n !== 0n) reader = 'linux'
    else if (raw !== 0n && reader === 'solaris') reader = 'zfs-fuse'
  }
  return reader
}
