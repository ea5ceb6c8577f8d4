// The bonus of a file system up to ZPL 4: a znode of 264 bytes, and a short symlink's target behind it (zfs-stream.md 7).
import { MAX_BONUS_BYTES, ZNODE_BYTES } from '../attributes/znode.ts'
import { aclOfMode, encodeAcl, flagsOfMode } from './acl.ts'
import { fullMode, type WrittenAttributes } from './attributes.ts'

const ZPL = 4

/** The longest target that a znode holds; a longer one is the contents of block 0. */
export const MAX_INLINE_TARGET = MAX_BONUS_BYTES - ZNODE_BYTES

export function encodeZnode(node: WrittenAttributes, littleEndian = true): Uint8Array {
  const target = node.target ?? new Uint8Array()
  const inline = target.byteLength <= MAX_INLINE_TARGET ? target : new Uint8Array()
  const bytes = new Uint8Array(ZNODE_BYTES + inline.byteLength)
  const view = new DataView(bytes.buffer)
  const u64 = (at: number, value: number | bigint) => view.setBigUint64(at, BigInt(value), littleEndian)
  const { mode, time, type } = node
  for (let at = 0; at < 64; at += 16) {
    view.setBigInt64(at, BigInt(time.seconds), littleEndian)
    u64(at + 8, time.nanoseconds)
  }
  const isDirectory = type === 'directory'
  const acl = encodeAcl(aclOfMode(ZPL, mode, isDirectory), littleEndian)
  u64(64, node.generation)
  u64(72, fullMode(node))
  u64(80, node.size)
  u64(88, node.parent)
  u64(96, node.links)
  u64(112, node.device ?? 0n)
  u64(120, flagsOfMode(mode, isDirectory))
  u64(128, node.uid)
  u64(136, node.gid)
  view.setUint32(184, acl.byteLength, littleEndian)
  view.setUint16(188, 1, littleEndian)
  view.setUint16(190, acl.byteLength / 8, littleEndian)
  bytes.set(acl, 192)
  bytes.set(inline, ZNODE_BYTES)
  return bytes
}
