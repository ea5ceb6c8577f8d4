// Streams opened as a tree, with the digests of its files where they are wanted.
import { sha256Of } from '#adapters/archive/sha256-of.ts'
import { ContentHasher } from '#adapters/zfs/content-hasher.ts'
import { loadStream, openStreamTree, treeOf, type OpenTree } from '#adapters/zfs/open-tree.ts'
import type { StreamSource } from '#adapters/zfs/stream-source.ts'
import { orderKey } from '#core/diff/path-order.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import { checkFileBytes } from '#core/zfs/tree-entries.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'
import { refused, usageFailure } from '../failures.ts'
import { checkFiles, openSources, streamBytes } from './files.ts'

/** Files that are read may have so many bytes whatever the stream: hashed in a minute or so. Above, so many for each of its own. */
const FREE_BYTES = 64 * 1024 ** 3
const MAX_GROWTH = 1024

/** The names that a full stream and increments on it leave. Each is read once, as it comes. */
export async function loadTree(files: readonly string[]): Promise<StreamTree> {
  checkFiles(files)
  let base: ObjectSet | undefined
  for (const file of files) base = (await loadStream(streamBytes(file), { ...(base && { base }) })).set
  if (base === undefined) throw usageFailure('no stream is given, expected one or more')
  return treeOf(base)
}

/** The same with what is in the files, in any order. The caller must close it. */
export async function openTree(files: readonly string[]): Promise<OpenTree> {
  return openStreamTree(await openSources(files))
}

export interface HashedTree {
  open: OpenTree
  /** in hexadecimal digits; undefined unless a file */
  digestOf: (node: TreeNode) => Promise<string | undefined>
}

/** The sources are its own from here on. Most files are hashed as they pass, the others are read again. */
export async function openHashed(sources: readonly StreamSource[]): Promise<HashedTree> {
  const hasher = new ContentHasher()
  const open = await openStreamTree(sources, { contents: hasher })
  checkHoles(open)
  const again = new Map<number, string>()
  const digestOf = async (node: TreeNode) => {
    if (node.type !== 'file') return undefined
    const known = hasher.digestOf(node.object) ?? again.get(node.object)
    if (known !== undefined) return known
    const digest = await sha256Of(open.contents(node))
    again.set(node.object, digest)
    return digest
  }
  return { open, digestOf }
}

/**
 * Holes cost nothing in a stream, and time wherever they are read: to be called before all files are.
 * @throws TooManyBytes
 */
export function checkHoles({ tree, infos }: OpenTree): void {
  const received = infos.reduce((sum, { bytes }) => sum + bytes, 0)
  checkFileBytes(tree, { maxUncompressedBytes: Math.max(FREE_BYTES, MAX_GROWTH * received) })
}

/** The node of a path. @throws CliFailure */
export function nodeAt(tree: StreamTree, path: string): TreeNode {
  const wanted = normalized(path)
  const node = tree.nodes.find((candidate) => candidate.path === wanted)
  if (node) return node
  throw refused('PathNotFound', `there is no ${path} in the stream, expected a path below its root`, {
    advice: '`zoneflash stream ls FILE` lists them',
  })
}

/** A path and all that is below it. @throws CliFailure */
export function nodesBelow(tree: StreamTree, path: string | undefined): readonly TreeNode[] {
  if (path === undefined) return tree.nodes
  const top = nodeAt(tree, path)
  if (top.path === '.') return tree.nodes
  const prefix = `${orderKey(top.path)}\0`
  return tree.nodes.filter((node) => node === top || orderKey(node.path).startsWith(prefix))
}

/** As listings have it: relative, without `./`, `.` for the root. */
function normalized(path: string): string {
  return (
    path
      .split('/')
      .filter((name) => name !== '' && name !== '.')
      .join('/') || '.'
  )
}
