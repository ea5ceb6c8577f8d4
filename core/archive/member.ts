// What the readers say of an archive, before any policy is applied.
import type { EntryType } from '../entry.ts'

export interface Member {
  /** as written in the archive */
  path: string
  /** bytes of the name as written */
  pathBytes: number
  type: EntryType
  /** permission bits with setuid, setgid and sticky */
  mode: number
  uid: number
  gid: number
  /** bytes of contents that follow as data */
  size: number
  /** seconds since the epoch */
  mtime: number
  /** tar only: nanoseconds of it, where there are any */
  mtimeNsec?: number
  /** target of a symlink or hard link, as written */
  link?: string
  /** `major,minor` */
  device?: string
  /** path and link as written, for who writes them again; valid while begin() runs */
  raw?: { path: Uint8Array; link: Uint8Array }
  /** tar only, and only when the reader was told to pass sparse files: their length. The data begins with their map (core/archive/sparse-map.ts) */
  sparseSize?: number
  /** cpio only: which inode this is a name of, when it has several */
  inode?: string
  /** how many names that inode has in all */
  names?: number
}

/** Takes what a reader finds. Calls are synchronous: whoever pushes bytes waits between pushes. */
export interface MemberSink {
  /** A member begins; its data, if any, follows. */
  begin(member: Member): void
  data(bytes: Uint8Array): void
  /** The member is complete. */
  end(): void
}

/** A parser that is fed. Memory is bounded by one header, whatever the stream. */
export interface PushReader {
  /** @throws CorruptStream and others of refusals.ts */
  push(chunk: Uint8Array): void
  /** The stream is over. @throws TruncatedStream when it should not be */
  finish(): void
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A name as text. In one that is not UTF-8 (old trees are full of ISO 8859) each byte above 127 becomes `\xE9` and so on. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : escapeByte(byte))).join('')
  }
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase()}`
}
