// A tree that becomes a stream. It is passed twice: directories need the numbers of their children before any contents go out.
import type { NodeType } from '../tree.ts'

/** One name of the tree, with names as bytes. A directory comes before what is in it. */
export interface SourceEntry {
  /** names from the top down; empty for the root, which need not come */
  path: readonly Uint8Array[]
  type: NodeType | 'hardlink'
  /** permission bits with setuid, setgid and sticky */
  mode: number
  uid: number
  gid: number
  /** seconds since the epoch */
  mtime: number
  mtimeNsec: number
  /** bytes of a file */
  size: number
  /** of a symlink */
  target?: Uint8Array
  /** of a hard link: the path of an entry that came before */
  linkTo?: readonly Uint8Array[]
  device?: { major: number; minor: number }
  /** of a file's contents: the stream's guid is made of it */
  sha256?: string
}

/** Contents of one file, in the order of `entries`. */
export interface SourceContents {
  /** which entry, counted from 0 */
  index: number
  /** exactly `size` bytes; a piece is valid until the next one is asked for */
  bytes: AsyncIterable<Uint8Array>
}

export interface TreeSource {
  /** first pass */
  entries(): AsyncIterable<SourceEntry>
  /** second pass: files that are not empty, in the order of the first; contents that nobody reads are passed over */
  contents(): AsyncIterable<SourceContents>
}
