// The directory tree of an object set, with everything a listing says of each name (zfs-stream.md 5 to 10).

/** Bytes of a path, and names in it: more a process cannot open, and neither reader nor writer takes more. */
export const MAX_PATH_BYTES = 4096
export const MAX_PATH_DEPTH = 1024

export type NodeType = 'file' | 'directory' | 'symlink' | 'block' | 'character' | 'fifo' | 'socket'

/** One name. Two names of one object are two nodes. */
export interface TreeNode {
  /** relative, `.` for the root; bytes that are no UTF-8 as `\xE9` (core/archive/member.ts) */
  path: string
  /** the name as it is stored, without the directories; empty for the root */
  name: Uint8Array
  object: number
  type: NodeType
  /** permission bits with setuid, setgid and sticky */
  mode: number
  uid: number
  gid: number
  /** bytes; 0 unless a file */
  size: number
  /** seconds since the epoch */
  mtime: number
  mtimeNsec: number
  /** as the attribute says */
  links: number
  generation: string
  /** of a symlink */
  target?: Uint8Array
  /** the first path in path order that is the same object */
  hardlinkTo?: string
  /** decimal, as stored */
  rawDevice?: string
  /** `major,minor` by the encoding that the number's form tells (zfs-stream.md 10) */
  device?: string
  /** extended attributes: how many */
  xattrs: number
  /** it has an access list that says more than the mode */
  accessList?: true
}

export interface StreamTree {
  /** 1 to 5 */
  zplVersion: number
  /** in path order: a directory, then all below it (core/diff/path-order.ts) */
  nodes: readonly TreeNode[]
  /** objects without a path: extended attributes and what was unlinked but open, for example */
  hidden: { xattrDirectories: number; xattrs: number; unlinked: number; others: number }
  /** what is worth a word and no refusal: FUIDs, devices, case-insensitive names */
  notices: readonly string[]
}
