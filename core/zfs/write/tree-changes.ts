/** What makes one tree of another, as the changes that an increment carries. */
import { decodeName } from '../../archive/member.ts'
import type { StreamTree, TreeNode } from '../tree.ts'
import { isHostDevice } from '../tree-entries.ts'
import type { Change, ChangedAttributes, StreamedContents } from './change.ts'
import type { SourceEntry, TreeSource } from './tree-source.ts'

export interface ChangesBase {
  tree: StreamTree
  /** of the file at this path */
  digestOf: (path: string) => string | undefined
}

/** Contents of the target's entry of this number, asked for in ascending order. */
export type OpenContents = (index: number) => AsyncIterable<Uint8Array>

/**
 * Changes in the order of the target's entries: what is the same is not among them. Times count to the second where the target
 * knows no more. Sockets and devices that no index shows stay as they are.
 */
export async function treeChanges(
  base: ChangesBase,
  target: Pick<TreeSource, 'entries'>,
  open: OpenContents,
): Promise<Change[]> {
  const comparison = new Comparison(base, await furtherNames(target.entries()), open)
  let index = 0
  for await (const entry of target.entries()) comparison.add(entry, index++)
  return comparison.finish()
}

/** Of files that have several: by the path of the first. */
async function furtherNames(entries: AsyncIterable<SourceEntry>): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>()
  for await (const { path, linkTo } of entries) {
    if (!linkTo) continue
    const first = pathOf(linkTo)
    const others = names.get(first)
    if (others) others.push(pathOf(path))
    else names.set(first, [pathOf(path)])
  }
  return names
}

class Comparison {
  readonly #digestOf: ChangesBase['digestOf']
  readonly #open: OpenContents
  readonly #base = new Map<string, TreeNode>()
  readonly #changes: Change[] = []
  readonly #seen = new Set<string>()
  /** which file of the target an object of the base stays to be, by the path of its first name */
  readonly #kept = new Map<number, string>()
  /** attributes of the target's directories; names that come and go change their times */
  readonly #directories = new Map<string, ChangedAttributes>()
  readonly #touched = new Set<string>()

  readonly #furtherNames: ReadonlyMap<string, readonly string[]>

  constructor(
    { tree, digestOf }: ChangesBase,
    names: ReadonlyMap<string, readonly string[]>,
    open: OpenContents,
  ) {
    this.#digestOf = digestOf
    this.#furtherNames = names
    this.#open = open
    for (const node of tree.nodes)
      if (node.type !== 'socket' && !isHostDevice(node)) this.#base.set(node.path, node)
  }

  add(entry: SourceEntry, index: number): void {
    if (entry.type === 'socket') return
    const path = pathOf(entry.path)
    this.#ensureParents(entry)
    // a path that comes again replaces what came before
    const before = this.#seen.has(path) ? undefined : this.#base.get(path)
    this.#seen.add(path)
    const attributes = attributesOf(entry)
    if (entry.type === 'directory') return this.#addDirectory(path, entry, before)
    const same = before && this.#isSame(path, entry, before) ? before : this.#sameByOtherName(path, entry)
    if (same && same !== before) {
      this.#touch(path)
      this.#changes.push({ kind: 'link', path, ...nameOf(entry), to: same.path })
    }
    if (same) {
      if (entry.type !== 'hardlink' && hasOtherAttributes(entry, same))
        this.#changes.push({ kind: 'attributes', path, ...attributes, mode: modeOf(entry, same) })
      return
    }
    this.#touch(path)
    const named = { path, ...nameOf(entry) }
    if (entry.type === 'hardlink')
      this.#changes.push({ kind: 'link', ...named, to: pathOf(entry.linkTo ?? []) })
    else if (entry.type === 'file')
      this.#changes.push({ kind: 'file', ...named, ...attributes, contents: this.#contents(entry, index) })
    else if (entry.type === 'symlink')
      this.#changes.push({
        kind: 'symlink',
        ...named,
        ...attributes,
        target: entry.target ?? new Uint8Array(),
      })
    else
      this.#changes.push({
        kind: entry.type,
        ...named,
        ...attributes,
        ...(entry.device && { device: entry.device }),
      })
  }

  /** What the target has not goes first, so that names are free; directories get their times last. */
  finish(): Change[] {
    const removed: Change[] = []
    for (const path of this.#base.keys()) {
      if (path === '.' || this.#seen.has(path)) continue
      if (!this.#seen.has(parentOf(path)) && parentOf(path) !== '.') continue
      removed.push({ kind: 'remove', path })
      this.#touch(path)
    }
    const times = [...this.#touched].flatMap((path): Change[] => {
      const attributes = this.#directories.get(path)
      return attributes ? [{ kind: 'attributes', path, ...attributes }] : []
    })
    return [...removed, ...this.#changes, ...times]
  }

  #addDirectory(path: string, entry: SourceEntry, before: TreeNode | undefined): void {
    const attributes = attributesOf(entry)
    const isThere = before?.type === 'directory' || this.#directories.has(path)
    this.#directories.set(path, attributes)
    if (!isThere) {
      this.#touch(path)
      this.#changes.push({ kind: 'directory', path, ...nameOf(entry), ...attributes })
    } else if (!before || hasOtherAttributes(entry, before)) this.#touched.add(path)
  }

  #isSame(path: string, entry: SourceEntry, before: TreeNode): boolean {
    if (entry.type === 'hardlink') return this.#kept.get(before.object) === pathOf(entry.linkTo ?? [])
    if (entry.type !== before.type) return false
    if (entry.type === 'symlink') return isEqual(entry.target, before.target)
    if (entry.type !== 'file') return before.device === deviceOf(entry)
    if (entry.size !== before.size || this.#kept.has(before.object)) return false
    if (entry.size > 0 && entry.sha256 !== this.#digestOf(before.hardlinkTo ?? path)) return false
    this.#kept.set(before.object, path)
    return true
  }

  /** A file whose first name is new, and that had another of its names before. */
  #sameByOtherName(path: string, entry: SourceEntry): TreeNode | undefined {
    if (entry.type !== 'file') return undefined
    for (const name of this.#furtherNames.get(path) ?? []) {
      const before = this.#seen.has(name) ? undefined : this.#base.get(name)
      if (before && this.#isSame(name, entry, before)) {
        this.#kept.set(before.object, path)
        return before
      }
    }
    return undefined
  }

  #contents({ size, sha256 = '' }: SourceEntry, index: number): Uint8Array | StreamedContents {
    if (size === 0) return new Uint8Array()
    return { size, sha256, open: () => this.#open(index) }
  }

  /** An archive need not have the directories of what it has. */
  #ensureParents({ path, mtime, mtimeNsec }: SourceEntry): void {
    for (let depth = 1; depth < path.length; depth++) {
      const above = path.slice(0, depth)
      if (this.#directories.has(pathOf(above))) continue
      this.add({ path: above, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime, mtimeNsec, size: 0 }, -1)
    }
  }

  #touch(path: string): void {
    if (path !== '.') this.#touched.add(parentOf(path))
  }
}

function attributesOf({ mode, uid, gid, mtime, mtimeNsec }: SourceEntry): ChangedAttributes {
  return { mode, uid, gid, mtime: { seconds: mtime, nanoseconds: mtimeNsec } }
}

/** The mode of a symlink is nobody's choice. */
function modeOf({ type, mode }: SourceEntry, before: TreeNode): number {
  return type === 'symlink' ? before.mode : mode
}

function hasOtherAttributes(entry: SourceEntry, before: TreeNode): boolean {
  return (
    modeOf(entry, before) !== before.mode ||
    entry.uid !== before.uid ||
    entry.gid !== before.gid ||
    entry.mtime !== before.mtime ||
    (entry.mtimeNsec !== 0 && entry.mtimeNsec !== before.mtimeNsec)
  )
}

function nameOf({ path }: SourceEntry): { name?: Uint8Array } {
  const name = path.at(-1)
  return name ? { name } : {}
}

const pathOf = (names: readonly Uint8Array[]): string => names.map(decodeName).join('/') || '.'

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}

function deviceOf({ device }: SourceEntry): string | undefined {
  return device && `${device.major},${device.minor}`
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a?.byteLength === b?.byteLength && (a?.every((byte, index) => byte === b?.[index]) ?? true)
}
