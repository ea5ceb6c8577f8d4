// The listing of a tree: what `ls -ldn` and a digest say of each entry, in a form that is the same on every system.
import type { Entry } from '../entry.ts'

/** The lines of one entry. The listing is all lines, sorted by their bytes. */
export function listingLines(entry: Entry, names: readonly string[]): string[] {
  const { path, type, mode, uid, gid, size, link = '', sha256 = '' } = entry
  switch (type) {
    case 'symlink':
      return [`l - - - - ./${path} -> ${link}`]
    case 'file':
    case 'hardlink':
      return [`${modeText('-', mode)} ${uid} ${gid} ${size} ${names.length} ./${path}`, `${sha256} ./${path}`]
    case 'directory':
      return [`${modeText('d', mode)} ${uid} ${gid} - - ./${path}`]
    case 'fifo':
      return [`${modeText('p', mode)} ${uid} ${gid} - - ./${path}`]
    case 'block':
    case 'character':
      return [`${modeText(type === 'block' ? 'b' : 'c', mode)} ${uid} ${gid} - - ./${path}`]
  }
}

/** As ls writes it: `-rwsr-xr-x`. */
function modeText(kind: string, mode: number): string {
  const triple = (shift: number, special: number, set: string): string => {
    const bits = mode >> shift
    const isSet = (mode & special) !== 0
    const last = (bits & 1) !== 0 ? (isSet ? set : 'x') : isSet ? set.toUpperCase() : '-'
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${last}`
  }
  return kind + triple(6, 0o4000, 's') + triple(3, 0o2000, 's') + triple(0, 0o1000, 't')
}
