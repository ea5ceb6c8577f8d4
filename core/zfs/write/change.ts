// What becomes of a tree: changes, applied in their order. Paths are those of a StreamTree, `root/etc/nodename`.

/** Contents that are read when their turn comes. */
export interface StreamedContents {
  /** bytes; exactly so many must come */
  size: number
  /** of the bytes: the increment's guid is made of it */
  sha256: string
  open(): AsyncIterable<Uint8Array>
}

/** Owner, mode and time. */
export interface ChangedAttributes {
  /** permission bits with setuid, setgid and sticky */
  mode: number
  uid: number
  gid: number
  /** absent: the time of the increment */
  mtime?: { seconds: number; nanoseconds: number }
}

interface Named {
  path: string
  /** the last name as bytes, where it is not the UTF-8 of what `path` ends in */
  name?: Uint8Array
}

/** A file that takes the place of whatever has that name. */
export interface PutFile extends Named, ChangedAttributes {
  kind: 'file'
  contents: Uint8Array | StreamedContents
}

/** A symbolic link that takes the place of whatever has that name. */
export interface PutSymlink extends Named, Omit<ChangedAttributes, 'mode'> {
  kind: 'symlink'
  target: Uint8Array
}

/** A new directory, empty. */
export interface PutDirectory extends Named, ChangedAttributes {
  kind: 'directory'
}

/** A node that takes the place of whatever has that name. */
export interface PutSpecial extends Named, ChangedAttributes {
  kind: 'block' | 'character' | 'fifo' | 'socket'
  /** of `block` and `character` */
  device?: { major: number; minor: number }
}

/** One more name of what `to` is at that moment. */
export interface PutLink extends Named {
  kind: 'link'
  to: string
}

/** Owner, mode and time of what is there; contents stay. */
export interface SetAttributes extends ChangedAttributes {
  kind: 'attributes'
  path: string
}

/** A file loses its contents and keeps the rest, under all its names. */
export interface Empty {
  kind: 'empty'
  path: string
}

/** The name goes, with all below it. Nothing happens where nothing is. */
export interface Remove {
  kind: 'remove'
  path: string
}

export type Change =
  | PutFile
  | PutSymlink
  | PutDirectory
  | PutSpecial
  | PutLink
  | SetAttributes
  | Empty
  | Remove
