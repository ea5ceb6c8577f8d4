// What a zoneroot holds, as far as its identity asks.
import type { NodeType, StreamTree } from '../zfs/tree.ts'

export interface ZonerootEntry {
  /** below the zoneroot: `etc/nodename` */
  path: string
  type: NodeType
  /** permission bits with setuid, setgid and sticky */
  mode: number
  uid: number
  gid: number
  /** bytes of a file */
  size: number
  /** of a symlink, as text */
  target?: string
}

/** The entries below `root/` of a zonepath, and the zoneroot itself as `.`. */
export function* zonerootEntries(tree: StreamTree): Generator<ZonerootEntry> {
  const decoder = new TextDecoder()
  for (const { path, type, mode, uid, gid, size, target } of tree.nodes) {
    const below = path === 'root' ? '.' : path.startsWith('root/') ? path.slice('root/'.length) : undefined
    if (below === undefined) continue
    yield { path: below, type, mode, uid, gid, size, ...(target && { target: decoder.decode(target) }) }
  }
}
