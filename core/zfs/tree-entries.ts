// The index of a file system that came as a stream: the same entries, under the same policy, as an archive of it has.
import { isHostDevice } from '../archive/devices.ts'
import { EntryPolicy, type EntryLimits } from '../archive/entry-policy.ts'
import { LayoutRecognizer } from '../archive/layout.ts'
import type { Member } from '../archive/member.ts'
import { decodeName } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveLayout } from '../manifest.ts'
import { StoredPaths } from './stored-paths.ts'
import type { StreamTree, TreeNode } from './tree.ts'

export interface TreeLimits extends EntryLimits {
  /** bytes of all files as they read, holes and all */
  maxUncompressedBytes: number
}

/** What is known when all entries are out. */
export interface TreeIndex {
  layout: ArchiveLayout
  entries: number
  /** names without an entry: sockets belong to who runs, devices to the host */
  sockets: number
  devices: number
}

/** ZFS keeps names that no archive can have. */
const MAX_COMPONENT_BYTES = 1023

/**
 * Entries in path order. Of a file with several names the first is the file; of anything else each name is one of its own.
 * @throws the codes of EntryPolicy and LayoutRecognizer, TooManyBytes; and UnsupportedZfsStream for a file whose digest is unknown
 */
export function* entriesOf(
  tree: StreamTree,
  limits: TreeLimits,
  digestOf: (node: TreeNode) => string | undefined,
): Generator<Entry, TreeIndex> {
  checkFileBytes(tree, limits)
  const policy = new EntryPolicy({ ...limits, maxComponentBytes: MAX_COMPONENT_BYTES })
  const layout = new LayoutRecognizer()
  const paths = new StoredPaths()
  let [sockets, devices] = [0, 0]
  for (const node of tree.nodes) {
    const pathBytes = paths.of(node).byteLength
    if (node.type === 'socket') {
      sockets += 1
      continue
    }
    if (isHostDevice(node)) {
      devices += 1
      continue
    }
    const { path, link } = policy.admit(memberOf(node, node.type, pathBytes))
    layout.see(path, node.type)
    const isLink = node.type === 'file' && node.hardlinkTo !== undefined
    yield {
      path,
      type: isLink ? 'hardlink' : node.type,
      mode: node.mode,
      uid: node.uid,
      gid: node.gid,
      size: isLink ? 0 : node.size,
      mtime: node.mtime,
      ...(isLink && { link: node.hardlinkTo }),
      ...(link !== undefined && { link }),
      ...(node.device !== undefined && { device: node.device }),
      ...(node.type === 'file' && !isLink && { sha256: knownDigest(node, digestOf) }),
    }
  }
  return { layout: layout.decide(), entries: policy.entries, sockets, devices }
}

/** To be called before any file is read again. @throws TooManyBytes */
export function checkFileBytes(
  { nodes }: StreamTree,
  { maxUncompressedBytes }: Pick<TreeLimits, 'maxUncompressedBytes'>,
): void {
  let bytes = 0
  for (const { type, size, hardlinkTo } of nodes)
    if (type === 'file' && hardlinkTo === undefined) bytes += size
  if (bytes <= maxUncompressedBytes) return
  throw refusal(
    'TooManyBytes',
    `the files of the zfs stream have ${bytes} bytes, holes and all, expected at most ${maxUncompressedBytes}`,
  )
}

/** A hard link is told to the policy as the file it is: its first name was let through already, and ZFS has no other kind. */
function memberOf(node: TreeNode, type: Exclude<TreeNode['type'], 'socket'>, pathBytes: number): Member {
  return {
    path: node.path,
    pathBytes,
    type,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    size: node.size,
    mtime: node.mtime,
    ...(node.target && { link: decodeName(node.target) }),
    ...(node.device !== undefined && { device: node.device }),
  }
}

function knownDigest(node: TreeNode, digestOf: (node: TreeNode) => string | undefined): string {
  const digest = digestOf(node)
  if (digest !== undefined) return digest
  throw refusal(
    'UnsupportedZfsStream',
    `${quoted(node.path)} (object ${node.object}) could not be hashed as it passed: its blocks are in no order or it is mostly holes; expected an ordinary send, or an archive`,
  )
}
