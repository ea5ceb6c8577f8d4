// Attributes of file systems before ZPL 5: a bonus of fixed places (zfs-stream.md 7).
import type { StreamObject } from '../object-set.ts'
import { corruptObject, modeOf, timestampAt } from './corrupt.ts'
import { isSymlink, type NodeAttributes } from './node-attributes.ts'

/** the fixed part; the target of a short symlink follows */
export const ZNODE_BYTES = 264
/** of a dnode of one slot */
export const MAX_BONUS_BYTES = 320

export const ZnodeField = {
  atime: 0,
  mtime: 16,
  ctime: 32,
  crtime: 48,
  generation: 64,
  mode: 72,
  size: 80,
  parent: 88,
  links: 96,
  xattr: 104,
  device: 112,
  flags: 120,
  uid: 128,
  gid: 136,
} as const

/** Without the target of a symlink that is too long for the bonus: that lies in its first block. @throws CorruptStream */
export function decodeZnode({ number, bonus }: StreamObject, littleEndian: boolean): NodeAttributes {
  if (bonus.byteLength < ZNODE_BYTES) {
    throw corruptObject(number, `a znode of ${bonus.byteLength} bytes, expected at least ${ZNODE_BYTES}`)
  }
  const view = new DataView(bonus.buffer, bonus.byteOffset, bonus.byteLength)
  const word = (at: number) => view.getBigUint64(at, littleEndian)
  const mode = modeOf(word(ZnodeField.mode), number)
  const size = word(ZnodeField.size)
  const attributes: NodeAttributes = {
    mode,
    size,
    generation: word(ZnodeField.generation),
    uid: word(ZnodeField.uid),
    gid: word(ZnodeField.gid),
    parent: word(ZnodeField.parent),
    links: word(ZnodeField.links),
    xattrObject: word(ZnodeField.xattr),
    rawDevice: word(ZnodeField.device),
    flags: word(ZnodeField.flags),
    mtime: timestampAt(view, ZnodeField.mtime, littleEndian, number),
  }
  if (isSymlink(mode) && size <= BigInt(MAX_BONUS_BYTES - ZNODE_BYTES)) {
    const end = ZNODE_BYTES + Number(size)
    if (end > bonus.byteLength) {
      throw corruptObject(
        number,
        `a symlink of ${size} bytes in a znode of ${bonus.byteLength}, expected it to fit`,
      )
    }
    attributes.target = bonus.subarray(ZNODE_BYTES, end)
  }
  return attributes
}
