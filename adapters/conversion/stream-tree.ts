/** An opened stream as the tree of another: for a receiver of an older file system, in the plain form that every receiver takes. */
import type { ConversionSource } from '#app/ports/conversion.ts'
import type { Entry } from '#core/entry.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import type { OpenTree } from '../zfs/open-tree.ts'

export class StreamTreeSource implements TreeSource {
  readonly #open: OpenTree
  readonly #index: ConversionSource['entries']

  /** `index` is that of the stream, in path order too; it knows the digests. */
  constructor(open: OpenTree, index: ConversionSource['entries']) {
    this.#open = open
    this.#index = index
  }

  async *entries(): AsyncGenerator<SourceEntry> {
    const digests = new Digests(this.#index())
    const names = new Map<string, readonly Uint8Array[]>()
    try {
      for (const node of this.#open.tree.nodes) {
        const path = pathOf(node, names)
        if (node.type === 'directory' || node.links > 1) names.set(node.path, path)
        const linkTo = node.hardlinkTo === undefined ? undefined : names.get(node.hardlinkTo)
        yield sourceEntry(node, path, linkTo, await digests.of(node))
      }
    } finally {
      await digests.close()
    }
  }

  async *contents(): AsyncGenerator<SourceContents> {
    for (const [index, node] of this.#open.tree.nodes.entries())
      if (hasBytes(node)) yield { index, bytes: this.#open.contents(node) }
  }
}

const hasBytes = ({ type, size, hardlinkTo }: TreeNode): boolean =>
  type === 'file' && size > 0 && hardlinkTo === undefined

/** A directory comes before what is in it. */
function pathOf(
  { path, name }: TreeNode,
  above: ReadonlyMap<string, readonly Uint8Array[]>,
): readonly Uint8Array[] {
  if (path === '.') return []
  const slash = path.lastIndexOf('/')
  const parent = slash < 0 ? [] : (above.get(path.slice(0, slash)) ?? [])
  return [...parent, name]
}

function sourceEntry(
  node: TreeNode,
  path: readonly Uint8Array[],
  linkTo: readonly Uint8Array[] | undefined,
  sha256: string | undefined,
): SourceEntry {
  const { type, mode, uid, gid, mtime, mtimeNsec, size, target, device } = node
  const numbers = device?.split(',').map(Number)
  return {
    path,
    type: linkTo ? 'hardlink' : type,
    mode,
    uid,
    gid,
    mtime,
    mtimeNsec,
    size: linkTo ? 0 : size,
    ...(linkTo && { linkTo }),
    ...(target && { target }),
    ...(numbers && { device: { major: numbers[0] ?? 0, minor: numbers[1] ?? 0 } }),
    ...(sha256 !== undefined && { sha256 }),
  }
}

/** Digests of files by the stream's index, asked for in path order. */
class Digests {
  readonly #entries: AsyncIterator<Entry>
  #next: Entry | undefined

  constructor(entries: AsyncIterable<Entry>) {
    this.#entries = entries[Symbol.asyncIterator]()
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
    await this.#entries.return?.()
  }

  async #read(): Promise<Entry | undefined> {
    const next = await this.#entries.next()
    return next.done === true ? undefined : next.value
  }
}
