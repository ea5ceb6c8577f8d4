// The tree of other streams as a tree to be written: in another ZPL version, and without features that a receiver may lack.
import { sha256Of } from '../../archive/sha256-of.ts'
import type { OpenTree } from '../open-tree.ts'
import { parseDevice } from '#core/archive/devices.ts'
import type { Entry } from '#core/entry.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

export interface StreamTreeOptions {
  /** of the stream, in path order too: it knows digests. Files that it does not show are read once more */
  index?: () => AsyncIterable<Entry>
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
    return lostOf(this.#open.tree)
  }

  async *entries(): AsyncGenerator<SourceEntry, undefined> {
    const { nodes } = this.#open.tree
    const paths = new Map<string, readonly Uint8Array[]>([['.', []]])
    const linked = new Set(nodes.flatMap(({ hardlinkTo }) => hardlinkTo ?? []))
    const digests = new Digests(this.#options.index?.())
    try {
      for (const node of nodes) {
        this.#options.signal?.throwIfAborted()
        const path = node.path === '.' ? [] : [...(paths.get(parentOf(node.path)) ?? []), node.name]
        if (node.type === 'directory' || linked.has(node.path)) paths.set(node.path, path)
        const entry = entryOf(node, path)
        const first = node.hardlinkTo === undefined ? undefined : paths.get(node.hardlinkTo)
        const known = await digests.of(node)
        if (first) yield { ...entry, type: 'hardlink', size: 0, linkTo: first }
        else if (hasContents(node))
          yield { ...entry, sha256: known ?? (await sha256Of(this.#open.contents(node))) }
        else yield entry
      }
    } finally {
      await digests.close()
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
}

/** What of a tree neither a stream that is written nor an archive has, in words. */
export function lostOf({ nodes, hidden }: StreamTree): string[] {
  const lists = nodes.filter(({ accessList, hardlinkTo }) => accessList && hardlinkTo === undefined).length
  return [
    ...(hidden.xattrs > 0 ? [`extended attributes: ${hidden.xattrs}, left out`] : []),
    ...(lists > 0 ? [`access lists: ${lists}, the modes count instead`] : []),
  ]
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
    ...(device !== undefined && { device: parseDevice(device) }),
  }
}

/** Digests of files by the stream's index, asked for in path order. */
class Digests {
  readonly #entries: AsyncIterator<Entry> | undefined
  #next: Entry | undefined

  constructor(entries: AsyncIterable<Entry> | undefined) {
    this.#entries = entries?.[Symbol.asyncIterator]()
  }

  /** Nodes that no index shows are between those that it does. */
  async of({ path }: TreeNode): Promise<string | undefined> {
    this.#next ??= await this.#read()
    if (this.#next?.path !== path) return undefined
    const { sha256 } = this.#next
    this.#next = undefined
    return sha256
  }

  async close(): Promise<void> {
    await this.#entries?.return?.()
  }

  async #read(): Promise<Entry | undefined> {
    const next = await this.#entries?.next()
    return next?.done === false ? next.value : undefined
  }
}
