// Streams held in memory, and the tree that a chain of them gives, told in plain words.
import { createHash } from 'node:crypto'
import { openStreamTree } from '#adapters/zfs/open-tree.ts'
import type { StreamSource } from '#adapters/zfs/stream-source.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import type { StreamTree } from '#core/zfs/tree.ts'

export interface Applied {
  set: ObjectSet
  tree: StreamTree
  /** by path: type, mode, owner, contents or target, and the first name of what has several */
  told: Map<string, string>
  /** contents by path */
  read: (path: string) => Promise<Buffer>
}

function inMemory(bytes: Uint8Array): StreamSource {
  return {
    read: async function* () {
      yield await Promise.resolve(bytes)
    },
    readAt: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
    close: () => Promise.resolve(),
  }
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(Uint8Array.from(chunk))
  return Buffer.concat(pieces)
}

export async function applied(...streams: Uint8Array[]): Promise<Applied> {
  const open = await openStreamTree(streams.map(inMemory))
  const byPath = new Map(open.tree.nodes.map((node) => [node.path, node]))
  const read = async (path: string) => {
    const node = byPath.get(path)
    return node ? collect(open.contents(node)) : Buffer.alloc(0)
  }
  const told = new Map<string, string>()
  for (const node of open.tree.nodes) {
    const { path, type, mode, uid, gid, size, target, device = '', links, hardlinkTo } = node
    const data =
      type === 'file'
        ? `${size} ${createHash('sha256')
            .update(await read(path))
            .digest('hex')}`
        : Buffer.from(target ?? []).toString('latin1')
    told.set(path, `${type} ${mode.toString(8)} ${uid}:${gid} ${links} ${data}${device} ${hardlinkTo ?? ''}`)
  }
  return { set: open.set, tree: open.tree, told, read }
}
