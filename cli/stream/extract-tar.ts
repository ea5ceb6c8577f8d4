// A tree as a tar for the machine's own tar, which can do what Node cannot: times to the nanosecond, devices, owners of links.
import type { OpenTree } from '#adapters/zfs/open-tree.ts'
import { parseDevice } from '#core/archive/devices.ts'
import { TAR_BLOCK } from '#core/archive/tar-header.ts'
import { MAX_TAR_DEVICE, tarMember, tarPad, tarTrailer, type TarMember } from '#core/archive/tar-writer.ts'
import { StoredPaths } from '#core/zfs/stored-paths.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'

interface Options {
  /** devices are for root alone */
  isRoot: boolean
  /** told of the bytes of files as they pass */
  onBytes: (length: number) => void
}

interface Range {
  start: number
  end: number
}

const isDevice = ({ type }: TreeNode): boolean => type === 'block' || type === 'character'

const isMade = (node: TreeNode, isRoot: boolean): boolean =>
  node.type !== 'socket' && (!isDevice(node) || (isRoot && hasTarNumbers(node)))

function hasTarNumbers({ device = '0,0' }: TreeNode): boolean {
  const { major, minor } = parseDevice(device)
  return major <= MAX_TAR_DEVICE && minor <= MAX_TAR_DEVICE
}

/** A host has numbers of 32 bits, of which the last stands for none; above are accounts of a domain. */
const MAX_ID = 2 ** 32 - 2
const NOBODY = 60_001

/** What the directory will not have, in words. */
export function leftOut({ nodes, hidden, notices }: StreamTree, isRoot: boolean): string[] {
  const count = (matches: (node: TreeNode) => boolean) => nodes.filter(matches).length
  const devices = count((node) => isDevice(node) && !isMade(node, isRoot))
  const sockets = count(({ type }) => type === 'socket')
  const foreign = isRoot ? count(({ uid, gid }) => uid > MAX_ID || gid > MAX_ID) : 0
  return [
    ...(devices > 0
      ? [
          `devices: ${devices}, left out${isRoot ? ': their numbers are too large' : ': only root makes them'}`,
        ]
      : []),
    ...(sockets > 0 ? [`sockets: ${sockets}, left out: they belong to who runs`] : []),
    ...(hidden.xattrs > 0 ? [`extended attributes: ${hidden.xattrs}, left out`] : []),
    ...(foreign > 0 ? [`owners or groups of a domain: ${foreign}, given to nobody (${NOBODY})`] : []),
    ...(isRoot ? [] : ['owners: left out: only root gives files away']),
    ...notices,
  ]
}

/** The archive in pieces. A name that is a further one of a file is a hard link to the first that was written. */
export async function* tarOf(open: OpenTree, { isRoot, onBytes }: Options): AsyncGenerator<Uint8Array> {
  const paths = new StoredPaths()
  const shared = new Set(
    open.tree.nodes.flatMap((node) => (node.hardlinkTo === undefined ? [] : [node.object])),
  )
  const first = new Map<number, Uint8Array>()
  let written = 0
  const counted = (bytes: Uint8Array): Uint8Array => {
    written += bytes.byteLength
    return bytes
  }
  for (const node of open.tree.nodes) {
    const path = paths.of(node)
    if (!isMade(node, isRoot)) continue
    const linkTo = first.get(node.object)
    if (shared.has(node.object) && !linkTo) first.set(node.object, path)
    const member = memberOf(node, path)
    if (linkTo) yield counted(tarMember({ ...member, type: 'hardlink', size: 0, link: linkTo }))
    else if (node.type !== 'file') yield counted(tarMember(member))
    else for await (const piece of fileOf(open, node, member, onBytes)) yield counted(piece)
  }
  yield tarTrailer(written)
}

function memberOf(node: TreeNode, path: Uint8Array): TarMember {
  const { type, mode, uid, gid, size, mtime, mtimeNsec, target, device } = node
  return {
    path,
    // sockets are left out
    type: type === 'socket' ? 'fifo' : type,
    mode,
    uid: uid > MAX_ID ? NOBODY : uid,
    gid: gid > MAX_ID ? NOBODY : gid,
    size,
    mtime,
    mtimeNsec,
    ...(target && { link: target }),
    ...(device !== undefined && { device: parseDevice(device) }),
  }
}

async function* fileOf(
  open: OpenTree,
  node: TreeNode,
  member: TarMember,
  onBytes: Options['onBytes'],
): AsyncGenerator<Uint8Array> {
  const ranges = [...open.written(node)]
  const stored = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  const map = stored === node.size ? new Uint8Array() : sparseMap(ranges, node.size)
  const isSparse = map.byteLength > 0
  yield tarMember({
    ...member,
    size: map.byteLength + stored,
    ...(isSparse && { pax: sparseRecords(node.size, member.path) }),
  })
  yield map
  for (const range of ranges) {
    for await (const bytes of open.contents(node, range)) {
      onBytes(bytes.byteLength)
      yield bytes
    }
  }
  yield tarPad(stored)
}

/** GNU's sparse format 1.0: the ranges in text before the data, up to a whole block. Only the last may end inside a block. */
function sparseMap(ranges: readonly Range[], size: number): Uint8Array {
  const listed = ranges.at(-1)?.end === size ? ranges : [...ranges, { start: size, end: size }]
  const numbers = [listed.length, ...listed.flatMap(({ start, end }) => [start, end - start])]
  const text = Buffer.from(numbers.map((number) => `${number}\n`).join(''))
  return Buffer.concat([text, Buffer.alloc((TAR_BLOCK - (text.byteLength % TAR_BLOCK)) % TAR_BLOCK)])
}

function sparseRecords(size: number, path: Uint8Array): TarMember['pax'] & {} {
  return [
    ['GNU.sparse.major', Buffer.from('1')],
    ['GNU.sparse.minor', Buffer.from('0')],
    ['GNU.sparse.name', path],
    ['GNU.sparse.realsize', Buffer.from(String(size))],
  ]
}
