// Writes cpio newc: `-H newc` of GNU cpio, `-c` of Solaris, which both read (jumpstart.md 4.3).
import { encodeCpioHeader, CPIO_TRAILER, cpioPadding, type CpioHeader } from './cpio-header.ts'

/** A member; names that share `ino` are hard links, whose data goes with the last of them. */
export interface CpioMember {
  /** relative, at least one byte */
  path: string | Uint8Array
  /** full st_mode with the file type */
  mode: number
  uid: number
  gid: number
  /** seconds since the epoch */
  mtime: number
  /** unique among the members but for hard links, 1 to 4294967295 */
  ino: number
  /** names of this inode that are in the archive, at least 1 */
  nlink: number
  /** bytes that the caller writes after this header; 0 for all but the last name of a hard-linked file. For a symlink its target's */
  size: number
  rdev?: { major: number; minor: number }
}

/** cpio has 32 bits for the size of a member. */
export const CPIO_MAX_SIZE = 0xffffffff
/** Programs of before take them for numbers with a sign, and read no member above this (jumpstart.md 4.3). */
export const CPIO_MAX_SIZE_EVERYWHERE = 0x7fffffff

/** The header and name of a member. Its `size` bytes follow, then `cpioPad(size)`. @throws RangeError for what 32 bits do not hold */
export function cpioMember(member: CpioMember): Uint8Array {
  const name = typeof member.path === 'string' ? new TextEncoder().encode(member.path) : member.path
  return withName(name, {
    ino: member.ino,
    mode: member.mode,
    nlink: member.nlink,
    uid: member.uid,
    gid: member.gid,
    mtime: member.mtime,
    filesize: member.size,
    devmajor: 0,
    devminor: 0,
    rdevmajor: member.rdev?.major ?? 0,
    rdevminor: member.rdev?.minor ?? 0,
    namesize: name.byteLength + 1,
    check: 0,
  })
}

/** The zeros that follow `size` bytes of data. */
export function cpioPad(size: number): Uint8Array {
  return new Uint8Array(cpioPadding(size))
}

/** The end of an archive of `written` bytes, which becomes a whole number of 512-byte blocks as cpio programs make it. */
export function cpioTrailer(written: number): Uint8Array {
  const trailer = withName(new TextEncoder().encode(CPIO_TRAILER), {
    ino: 0,
    mode: 0,
    nlink: 1,
    uid: 0,
    gid: 0,
    mtime: 0,
    filesize: 0,
    devmajor: 0,
    devminor: 0,
    rdevmajor: 0,
    rdevminor: 0,
    namesize: CPIO_TRAILER.length + 1,
    check: 0,
  })
  const total = written + trailer.byteLength
  const padded = new Uint8Array(trailer.byteLength + ((512 - (total % 512)) % 512))
  padded.set(trailer)
  return padded
}

function withName(name: Uint8Array, header: CpioHeader): Uint8Array {
  const head = encodeCpioHeader(header)
  const used = head.byteLength + name.byteLength + 1
  const bytes = new Uint8Array(used + cpioPadding(used))
  bytes.set(head)
  bytes.set(name, head.byteLength)
  return bytes
}
