// A tree that was read is written as a new stream, and that one read: nothing may be different.
import { createHash } from 'node:crypto'
import type { OpenTree } from '#adapters/zfs/open-tree.ts'
import { StreamTreeSource } from '#adapters/zfs/sources/stream.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'

/** Holes are written by reading their zeros. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Undefined when the tree is too large to be worth it. `read` opens the written stream.
 * @throws Error that says what is different, and what the writer refuses
 */
export async function writeAgain(
  open: OpenTree,
  zpl: 4 | 5,
  read: (stream: Uint8Array) => Promise<OpenTree>,
): Promise<void> {
  if (open.tree.nodes.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES) return
  const pieces: Uint8Array[] = []
  for await (const piece of writeFullStream(new StreamTreeSource(open), { zpl, snapshot: 'again' }))
    pieces.push(piece.slice())
  const [before, after] = [await linesOf(open), await linesOf(await read(Buffer.concat(pieces)))]
  before.forEach((line, index) => {
    if (line !== after[index]) throw new Error(`written as ZPL ${zpl}: ${after[index]}, it was ${line}`)
  })
  if (before.length !== after.length)
    throw new Error(`written as ZPL ${zpl}: ${after.length} names, there were ${before.length}`)
}

async function linesOf(open: OpenTree): Promise<string[]> {
  const lines: string[] = []
  for (const node of open.tree.nodes) if (node.type !== 'socket') lines.push(await lineOf(open, node))
  return lines
}

async function lineOf(open: OpenTree, node: TreeNode): Promise<string> {
  const { path, type, mode, uid, gid, size, mtime, mtimeNsec, target, hardlinkTo, device } = node
  const hash = createHash('sha256')
  if (type === 'file') for await (const bytes of open.contents(node)) hash.update(bytes)
  const link = target && Buffer.from(target).toString('hex')
  return JSON.stringify([
    path,
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    mtimeNsec,
    link,
    hardlinkTo,
    device,
    hash.digest('hex'),
  ])
}
