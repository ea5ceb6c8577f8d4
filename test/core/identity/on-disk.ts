// Trees on a disk as the core sees them, and what changes make of them.
import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { ZonerootEntry } from '#core/identity/zoneroot-entry.ts'
import type { Change } from '#core/zfs/write/change.ts'

export function entriesOf(root: string): ZonerootEntry[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => {
    const at = path.join(root, file)
    const stat = lstatSync(at)
    const { uid, gid, size } = stat
    const type = stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : stat.isFIFO()
          ? 'fifo'
          : 'file'
    return {
      path: file,
      type,
      mode: stat.mode & 0o7777,
      uid,
      gid,
      size,
      ...(type === 'symlink' && { target: readlinkSync(at) }),
    }
  })
}

/** What the changes mean, on a disk. */
export function applyChanges(root: string, changes: readonly Change[]): void {
  for (const change of changes) {
    const at = path.join(root, change.path)
    if (change.kind === 'empty') truncateSync(at)
    else rmSync(at, { recursive: true, force: true })
    if (change.kind === 'file' && change.contents instanceof Uint8Array) {
      writeFileSync(at, change.contents)
      chownSync(at, change.uid, change.gid)
      chmodSync(at, change.mode)
    } else if (change.kind === 'symlink') symlinkSync(Buffer.from(change.target), at)
    else if (!['empty', 'remove'].includes(change.kind)) throw new Error(`a change of kind ${change.kind}`)
  }
}
