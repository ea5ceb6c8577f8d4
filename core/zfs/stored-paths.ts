// Paths as they are stored, of nodes in path order: a listing shows names that are no UTF-8 in other words.
import type { TreeNode } from './tree.ts'

const SLASH = 0x2f

export class StoredPaths {
  /** of the directories above, by depth */
  readonly #above: Uint8Array[] = []

  /** `.` for the root. A directory must have come before what is in it. */
  of({ path, name }: Pick<TreeNode, 'path' | 'name'>): Uint8Array {
    if (path === '.') return new TextEncoder().encode(path)
    const depth = path.split('/').length - 1
    const bytes = depth === 0 ? name : joined(this.#above[depth - 1], name)
    this.#above[depth] = bytes
    return bytes
  }
}

function joined(above: Uint8Array | undefined, name: Uint8Array): Uint8Array {
  const length = above?.byteLength ?? 0
  const bytes = new Uint8Array(length + 1 + name.byteLength)
  if (above) bytes.set(above)
  bytes[length] = SLASH
  bytes.set(name, length + 1)
  return bytes
}
