/** The tree of other streams as a tree to be written: in another ZPL version, and without features that a receiver may lack. */
import { createHash } from 'node:crypto'
import type { OpenTree } from '../open-tree.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

export interface StreamTreeOptions {
  /**
   * sha256 of a file's contents where it is known: made while the stream passed, or from its index. Asked in path order, once for each
   * file; the contents of those that it does not know are read once more.
   */
  digestOf?: (node: TreeNode) => string | undefined | Promise<string | undefined>
  signal?: AbortSignal
}

/** Entries come in path order. Extended attributes and access lists are not carried: `lost` says how many there are. */
export class StreamTreeSource implements TreeSource {
  readonly #open: OpenTree
  readonly #options: StreamTreeOptions

  constructor(open: OpenTree, options: StreamTreeOptions = {}) {
    this.#open = open
    this.#options = options
  }

  /** What the written stream will not have, in words; empty when nothing is lost. */
  get lost(): readonly string[] {
    const { nodes, hidden } = this.#open.tree
    const lists = nodes.filter(({ accessList, hardlinkTo }) => accessList && hardlinkTo === undefined).length
    return [
      ...(hidden.xattrs > 0 ? [`extended attributes: ${hidden.xattrs}, left out`] : []),
      ...(lists > 0 ? [`access lists: ${lists}, the modes count instead`] : []),
    ]
  }

  async *entries(): AsyncGenerator<SourceEntry, undefined> {
    const { nodes } = this.#open.tree
    const paths = new Map<string, readonly Uint8Array[]>([['.', []]])
    const linked = new Set(nodes.flatMap(({ hardlinkTo }) => hardlinkTo ?? []))
    for (const node of nodes) {
      this.#options.signal?.throwIfAborted()
      const path = node.path === '.' ? [] : [...(paths.get(parentOf(node.path)) ?? []), node.name]
      if (node.type === 'directory' || linked.has(node.path)) paths.set(node.path, path)
      const entry = entryOf(node, path)
      const first = node.hardlinkTo === undefined ? undefined : paths.get(node.hardlinkTo)
      if (first) yield { ...entry, type: 'hardlink', size: 0, linkTo: first }
      else if (hasContents(node)) yield { ...entry, sha256: await this.#sha256(node) }
      else yield entry
    }
    return undefined
  }

  async *contents(): AsyncGenerator<SourceContents, undefined> {
    for (const [index, node] of this.#open.tree.nodes.entries()) {
      this.#options.signal?.throwIfAborted()
      if (hasContents(node)) yield { index, bytes: this.#open.contents(node) }
    }
    return undefined
  }

  async #sha256(node: TreeNode): Promise<string> {
    const known = await this.#options.digestOf?.(node)
    if (known !== undefined) return known
    const hash = createHash('sha256')
    for await (const piece of this.#open.contents(node)) hash.update(piece)
    return hash.digest('hex')
  }
}

function hasContents({ type, size, hardlinkTo }: TreeNode): boolean {
  return type === 'file' && size > 0 && hardlinkTo === undefined
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}

function entryOf(node: TreeNode, path: readonly Uint8Array[]): SourceEntry {
  const { type, mode, uid, gid, mtime, mtimeNsec, size, target, device } = node
  const [major = 0, minor = 0] = (device ?? '').split(',').map(Number)
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime,
    mtimeNsec,
    size,
    ...(target && { target }),
    ...(device !== undefined && { device: { major, minor } }),
  }
}
