// From one version of a tree to another: what has to change, with contents that are read when their turn comes.
import type { StreamTree, TreeNode } from '../tree.ts'
import type { Change, ChangedAttributes } from './change.ts'
import type { ContentsInOrder } from './contents-in-order.ts'
import type { SourceEntry } from './tree-source.ts'
import { refusal } from '../../archive/refusals.ts'
import { quoted } from '../../quoted.ts'
import { sameBytes, type WantedNode, type WantedTree } from './wanted-tree.ts'

export interface TreeComparison {
  base: StreamTree
  /** sha256 of a file of the base; undefined when it is not known, and then the file counts as another */
  digestOf: (node: TreeNode) => string | undefined
  wanted: WantedTree
  /** where the wanted tree begins in the base; what lies outside stays */
  inside: string
  contents: ContentsInOrder
}

const IMPLIED_MODE = 0o755
const NOTHING = new Uint8Array()

/**
 * What is gone first, then what is new in the order of its source, then the times of directories in which something changed.
 * @throws DuplicateEntry for a name of the base that is shown like another one of the wanted tree
 */
export function treeChanges(comparison: TreeComparison): Change[] {
  return new Comparer(comparison).changes()
}

class Comparer {
  readonly #given: TreeComparison
  readonly #before = new Map<string, TreeNode>()
  /** nodes whose object stays theirs, and the object */
  readonly #kept = new Map<WantedNode, number>()
  /** paths at which something new was put */
  readonly #put = new Map<WantedNode, string>()
  /** directories in which names came or went */
  readonly #touched = new Set<string>()

  constructor(given: TreeComparison) {
    this.#given = given
    for (const node of given.base.nodes) this.#before.set(node.path, node)
  }

  changes(): Change[] {
    this.#checkNames()
    this.#claimObjects()
    const changes = [...this.#removals()]
    for (const [path, node] of inSourceOrder(this.#given.wanted)) changes.push(...this.#name(path, node))
    for (const [path, { type, entry }] of this.#given.wanted.names) {
      const before = this.#before.get(path)
      if (type !== 'directory' || !entry || before?.type !== 'directory') continue
      if (this.#touched.has(path) || differs(before, entry)) {
        changes.push({ kind: 'attributes', path, ...attributesOf(entry) })
      }
    }
    return changes
  }

  /** Trees are compared by their paths as they are shown. */
  #checkNames(): void {
    for (const [path, { names }] of this.#given.wanted.names) {
      const [before, now] = [this.#before.get(path)?.name, names.get(path)]
      if (path === this.#given.inside || !before || !now || sameBytes(before, now)) continue
      throw refusal(
        'DuplicateEntry',
        `${quoted(path)} is shown for two names, one of the base and another one of the new tree`,
      )
    }
  }

  /** A file stays the same object when one of its names led to these contents before. No object is two files. */
  #claimObjects(): void {
    const claimed = new Set<number>()
    for (const node of this.#given.wanted.names.values()) {
      if (this.#kept.has(node)) continue
      for (const path of node.names.keys()) {
        const before = this.#before.get(path)
        if (!before || claimed.has(before.object) || !this.#isSame(before, node)) continue
        claimed.add(before.object)
        this.#kept.set(node, before.object)
        break
      }
    }
  }

  #isSame(before: TreeNode, { type, entry }: WantedNode): boolean {
    if (before.type !== type) return false
    if (type === 'file') {
      const { size = 0, sha256 } = entry ?? {}
      return before.size === size && (size === 0 || this.#given.digestOf(before) === sha256)
    }
    if (type === 'symlink') return sameBytes(before.target ?? NOTHING, entry?.target ?? NOTHING)
    if (type !== 'block' && type !== 'character') return true
    return before.device === `${entry?.device?.major},${entry?.device?.minor}`
  }

  *#removals(): Generator<Change> {
    const { base, inside, wanted } = this.#given
    let gone: string | undefined
    for (const { path, type } of base.nodes) {
      if (path === inside || (inside !== '.' && !path.startsWith(`${inside}/`))) continue
      if (gone !== undefined && path.startsWith(`${gone}/`)) continue
      const now = wanted.names.get(path)
      if (now && (type === 'directory') === (now.type === 'directory')) continue
      gone = path
      this.#touch(path)
      yield { kind: 'remove', path }
    }
  }

  *#name(path: string, node: WantedNode): Generator<Change> {
    const before = this.#before.get(path)
    const name = node.names.get(path) ?? new Uint8Array()
    if (node.type === 'directory') {
      if (before?.type === 'directory') return
      this.#touch(path)
      yield { kind: 'directory', path, name, ...directoryAttributes(node.entry) }
      return
    }
    const kept = this.#kept.get(node)
    if (kept !== undefined && before?.object === kept) {
      // once for all its names
      const isFirst = !this.#put.has(node)
      this.#put.set(node, path)
      if (isFirst && node.entry && differs(before, node.entry))
        yield {
          kind: 'attributes',
          path,
          ...attributesOf(node.entry),
          ...(node.type === 'symlink' && { mode: before.mode }),
        }
      return
    }
    this.#touch(path)
    const to = this.#put.get(node) ?? this.#keptName(node, kept)
    if (to === undefined) {
      this.#put.set(node, path)
      yield this.#made(path, name, node)
    } else yield { kind: 'link', path, name, to }
  }

  /** A name at which the object is that stays. */
  #keptName(node: WantedNode, kept: number | undefined): string | undefined {
    if (kept === undefined) return undefined
    return [...node.names.keys()].find((path) => this.#before.get(path)?.object === kept)
  }

  #made(path: string, name: Uint8Array, { type, entry, index }: WantedNode): Change {
    const { size = 0, sha256 = '', target = new Uint8Array(), device } = entry ?? {}
    const owned = entry ? attributesOf(entry) : directoryAttributes(undefined)
    if (type === 'symlink') {
      const { mode: _mode, ...rest } = owned
      return { kind: 'symlink', path, name, ...rest, target }
    }
    if (type !== 'file') {
      return { kind: type, path, name, ...owned, ...(device && { device }) }
    }
    const { contents } = this.#given
    const open = async function* () {
      yield* await contents.of(index, { path, size })
    }
    return {
      kind: 'file',
      path,
      name,
      ...owned,
      contents: size === 0 ? new Uint8Array() : { size, sha256, open },
    }
  }

  #touch(path: string): void {
    const slash = path.lastIndexOf('/')
    this.#touched.add(slash < 0 ? '.' : path.slice(0, slash))
  }
}

/** Directories, then all else as the source gives contents: the later names of a file with its first. */
function inSourceOrder({ names }: WantedTree): [path: string, node: WantedNode][] {
  const place = ({ type, index }: WantedNode) => (type === 'directory' ? -1 : index)
  return [...names].toSorted(([, a], [, b]) => place(a) - place(b))
}

function attributesOf({ mode, uid, gid, mtime, mtimeNsec }: SourceEntry): ChangedAttributes {
  return { mode, uid, gid, mtime: { seconds: mtime, nanoseconds: mtimeNsec } }
}

function directoryAttributes(entry: SourceEntry | undefined): ChangedAttributes {
  return entry ? attributesOf(entry) : { mode: IMPLIED_MODE, uid: 0, gid: 0 }
}

function differs(before: TreeNode, { type, mode, uid, gid, mtime, mtimeNsec }: SourceEntry): boolean {
  return (
    (type !== 'symlink' && before.mode !== mode) ||
    before.uid !== uid ||
    before.gid !== gid ||
    before.mtime !== mtime ||
    before.mtimeNsec !== mtimeNsec
  )
}
