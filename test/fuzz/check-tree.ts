// What holds of every tree that is given out, whatever the stream was.
import { createHash } from 'node:crypto'
import type { ContentHasher } from '#adapters/zfs/content-hasher.ts'
import type { OpenTree } from '#adapters/zfs/open-tree.ts'
import { decodeName } from '#core/archive/member.ts'
import { orderKey } from '#core/diff/path-order.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'

/** Larger files are read at both ends. */
const WHOLE_BYTES = 2 * 1024 * 1024
const END_BYTES = 64 * 1024

/** @throws Error that says what is wrong */
export function checkTree({ nodes, zplVersion }: StreamTree): void {
  ensure(zplVersion >= 1 && zplVersion <= 5, `ZPL version ${zplVersion}`)
  ensure(nodes[0]?.path === '.' && nodes[0].type === 'directory', 'the first node is the root')
  const byPath = new Map<string, TreeNode>()
  let previous = ''
  for (const node of nodes) {
    checkNode(node)
    const key = orderKey(node.path)
    ensure(byPath.size === 0 || previous < key, `${node.path} is out of order or there twice`)
    previous = key
    const slash = node.path.lastIndexOf('/')
    const parent = byPath.get(slash < 0 ? '.' : node.path.slice(0, slash))
    ensure(node.path === '.' || parent?.type === 'directory', `${node.path} has no directory above it`)
    if (node.hardlinkTo !== undefined) {
      const first = byPath.get(node.hardlinkTo)
      ensure(
        first?.object === node.object && first.hardlinkTo === undefined,
        `${node.path} links to ${node.hardlinkTo}`,
      )
    }
    byPath.set(node.path, node)
  }
}

function checkNode(node: TreeNode): void {
  const { path, name, type, mode, uid, gid, size, mtime, mtimeNsec, links, target } = node
  const text = decodeName(name)
  ensure(path === '.' || path.endsWith(text), `${path} ends with its name`)
  ensure((path === '.') === (name.byteLength === 0), `${path} has a name`)
  ensure(path === '.' || (text !== '.' && text !== '..'), `a name is ${text}`)
  ensure(!name.includes(0) && !name.includes(0x2f), `${path} has a name with a slash or NUL`)
  ensure(name.byteLength <= 1023, `${path} has a name of ${name.byteLength} bytes`)
  ensure(
    (target !== undefined) === (type === 'symlink'),
    `${path} is a ${type} with a target or a symlink without one`,
  )
  ensure(size === 0 || type === 'file', `${path} is a ${type} of ${size} bytes`)
  ensure(mode >= 0 && mode <= 0o7777, `${path} has the mode ${mode}`)
  ensure(mtimeNsec >= 0 && mtimeNsec < 1_000_000_000, `${path} has ${mtimeNsec} nanoseconds`)
  for (const number of [size, uid, gid, mtime, links])
    ensure(Number.isSafeInteger(number), `${path} has the number ${number}`)
  for (const number of [size, uid, gid, links]) ensure(number >= 0, `${path} has the number ${number}`)
}

/** Files have the bytes that they say, and the digest that was made as they passed is that of reading them. */
export async function checkContents(open: OpenTree, hasher: ContentHasher): Promise<void> {
  const seen = new Set<number>()
  for (const node of open.tree.nodes) {
    const { type, object, size, path } = node
    if (type !== 'file' || seen.has(object)) continue
    seen.add(object)
    if (size > WHOLE_BYTES) {
      await checkRange(open, node, 0, END_BYTES)
      await checkRange(open, node, size - END_BYTES, size)
      continue
    }
    const digest = await checkRange(open, node, 0, size)
    const passed = hasher.digestOf(object)
    ensure(passed === undefined || passed === digest, `${path} was hashed as ${passed}, it is ${digest}`)
  }
}

async function checkRange(open: OpenTree, node: TreeNode, start: number, end: number): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of open.contents(node, { start, end })) {
    hash.update(piece)
    bytes += piece.byteLength
  }
  ensure(bytes === end - start, `${node.path} has ${bytes} bytes from ${start} to ${end}`)
  return hash.digest('hex')
}

function ensure(holds: boolean, said: string): void {
  if (!holds) throw new Error(`no correct tree: ${said}`)
}
