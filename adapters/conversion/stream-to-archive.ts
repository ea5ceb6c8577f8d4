// A ZFS stream as tar or cpio: of a zonepath its zoneroot, as zones are packaged, in path order.
import type { BlobStore } from '#app/ports/blobs.ts'
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import { isHostDevice, parseDevice } from '#core/archive/devices.ts'
import { decodeName } from '#core/archive/member.ts'
import { pathInZone } from '#core/archive/zone-path.ts'
import type { ArchiveLayout } from '#core/manifest.ts'
import { StoredPaths } from '#core/zfs/stored-paths.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import { EntrySpool } from '../archive/entry-spool.ts'
import type { ArchiveEvent, CanonicalMember } from '../packaging/canonical-members.ts'
import { Packing } from '../packaging/packing.ts'
import { lostOf } from '../zfs/sources/stream.ts'
import { archiveFormOf, onlyForm } from './archive-form.ts'
import type { ConverterNeeds } from './convert.ts'
import { openChain } from './open-chain.ts'

export async function streamToArchive(
  { source, to, signal, onProgress }: ConversionRequest,
  needs: ConverterNeeds,
  store: Pick<BlobStore, 'put'>,
): Promise<ConvertedForm> {
  const tree = await openChain(source.artifacts, needs, signal)
  const spool = new EntrySpool(needs.spoolDirectory)
  const packing = new Packing(store, spool, [archiveFormOf(to)])
  try {
    const nodes = placedNodes(tree.tree.nodes, source.layout)
    const names = namesByObject(nodes)
    const first = new Map<number, PlacedNode>()
    for (const placed of nodes) {
      signal.throwIfAborted()
      await packing.write([memberOf(placed, first.get(placed.node.object), names)])
      const { node } = placed
      if (node.type === 'file' && !first.has(node.object))
        for await (const bytes of tree.contents(node)) {
          await packing.write([bytes])
          onProgress(packing.written)
        }
      await packing.write(['end'] satisfies ArchiveEvent[])
      if (!first.has(node.object)) first.set(node.object, placed)
    }
    const blob = onlyForm(await packing.finish(nodes.length), to)
    return { format: to.format, blob, layout: 'zoneroot', lost: lostOf(tree.tree) }
  } catch (error) {
    throw await packing.abort(error)
  } finally {
    await spool.close()
    await tree.close()
  }
}

/** A node with its place in the archive. */
interface PlacedNode {
  path: string
  /** the path as it is stored */
  name: Buffer
  node: TreeNode
}

/** Without what no index has either. */
function placedNodes(nodes: readonly TreeNode[], layout: ArchiveLayout): PlacedNode[] {
  const paths = new StoredPaths()
  return nodes.flatMap((node) => {
    const path = pathInZone(node.path, layout)
    const stored = Buffer.from(paths.of(node))
    const isLeftOut = path === undefined || path === '.' || node.type === 'socket' || isHostDevice(node)
    // what a place in the zone lacks in front is `root/`
    return isLeftOut ? [] : [{ path, name: stored.subarray(node.path.length - path.length), node }]
  })
}

/** All names of each file by its object, of files alone: cpio has further names of a symlink as symlinks, and so has tar here. */
function namesByObject(nodes: readonly PlacedNode[]): ReadonlyMap<number, readonly Buffer[]> {
  const names = new Map<number, Buffer[]>()
  for (const { name, node } of nodes) {
    if (node.type !== 'file') continue
    const all = names.get(node.object)
    if (all) all.push(name)
    else names.set(node.object, [name])
  }
  return names
}

function memberOf(
  { path, name, node }: PlacedNode,
  first: PlacedNode | undefined,
  groups: ReadonlyMap<number, readonly Buffer[]>,
): CanonicalMember {
  const { mode, uid, gid, mtime, type, object, target, device } = node
  const common = { path, name, mode, uid, gid, mtime }
  const names = groups.get(object) ?? []
  if (type === 'file' && first !== undefined) {
    const link = { path: first.path, name: first.name }
    return { ...common, type: 'hardlink', size: 0, link }
  }
  if (type === 'file') return { ...common, type, size: node.size, ...(names.length > 1 && { names }) }
  if (type === 'symlink' && target) {
    const link = { path: decodeName(target), name: Buffer.from(target) }
    return { ...common, type, size: 0, link }
  }
  if (type === 'block' || type === 'character')
    return { ...common, type, size: 0, device: parseDevice(device ?? '0,0') }
  return { ...common, type: type === 'socket' ? 'fifo' : type, size: 0 }
}
