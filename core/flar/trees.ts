// Trees as manifests compare them: names and what lstat says, no contents.
import type { OldFile } from './manifest.ts'

/** What is at a path, as lstat says. */
export interface TreeFile {
  /** st_mode with the file type */
  mode: number
  uid: number
  gid: number
  /** seconds since the epoch */
  mtime: number
  /** bytes of a file */
  size: number
  /** target of a symlink */
  link?: string
}

/** A tree by path: `/` and below, in one spelling. */
export interface FileTree {
  get(path: string): TreeFile | undefined
  /** names in a directory, in byte order; none when it is none */
  names(directory: string): readonly string[]
}

const FILE_TYPE = 0o170000
const REGULAR = 0o100000
const DIRECTORY = 0o040000
const SYMLINK = 0o120000

export const isDirectory = ({ mode }: TreeFile): boolean => (mode & FILE_TYPE) === DIRECTORY

export const isSameType = (a: TreeFile, b: TreeFile): boolean => (a.mode & FILE_TYPE) === (b.mode & FILE_TYPE)

/** As a line of a manifest has it. */
export function oldFileOf(file: TreeFile): OldFile {
  const { mode, uid, gid } = file
  const type = mode & FILE_TYPE
  if (type === DIRECTORY) return { mode, uid, gid, what: { type: 'directory' } }
  if (type === SYMLINK) return { mode, uid, gid, what: { type: 'symlink', target: file.link ?? '' } }
  // the size of a device or a pipe says nothing
  const size = type === REGULAR ? file.size : undefined
  return { mode, uid, gid, what: { type: 'file', mtime: file.mtime, size } }
}

/** In what a file is not as it was, in words; undefined when in nothing. Times are compared in 32 bits, as the manifest has them. */
export function differenceOf(old: OldFile, now: TreeFile): string | undefined {
  if (old.mode !== now.mode >>> 0)
    return `its mode is ${now.mode.toString(8)}, it was ${old.mode.toString(8)}`
  if (old.uid !== now.uid >>> 0) return `its owner is ${now.uid}, it was ${old.uid}`
  if (old.gid !== now.gid >>> 0) return `its group is ${now.gid}, it was ${old.gid}`
  const { what } = old
  if (what.type === 'directory') return undefined
  if (what.type === 'symlink')
    return what.target === now.link
      ? undefined
      : `it leads to ${now.link ?? 'nothing'}, it led to ${what.target}`
  if (what.mtime >>> 0 !== now.mtime >>> 0) return `its time is ${now.mtime}, it was ${what.mtime >>> 0}`
  if (what.size !== undefined && what.size !== now.size)
    return `it has ${now.size} bytes, it had ${what.size}`
  return undefined
}

/** `/` and `etc` → `/etc` */
export function below(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}
