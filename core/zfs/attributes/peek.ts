// Mode, size and generation before the tables of a file system are known: quota accounting of hosts wants them at fixed places (zfs-stream.md 7, 8.2).
import { ObjectType } from '../object-set.ts'
import { readSaHeader } from './sa-header.ts'
import { ZNODE_BYTES, ZnodeField } from './znode.ts'

export interface FileFacts {
  /** with the bits of the file type */
  mode: number
  size: bigint
  /** another one under the same object number means another file */
  generation: bigint
}

/** Undefined for a bonus that is no file's, or too short to be one. */
export function peekFileFacts(
  bonus: Uint8Array,
  bonusType: number,
  littleEndian: boolean,
): FileFacts | undefined {
  if (bonusType === ObjectType.znode) {
    if (bonus.byteLength < ZNODE_BYTES) return undefined
    const view = new DataView(bonus.buffer, bonus.byteOffset, bonus.byteLength)
    return factsAt(view, [ZnodeField.mode, ZnodeField.size, ZnodeField.generation], littleEndian)
  }
  if (bonusType !== ObjectType.systemAttributes) return undefined
  const header = readSaHeader(bonus)
  if (header === undefined || header.headerBytes + 24 > bonus.byteLength) return undefined
  const first = header.headerBytes
  return factsAt(header.view, [first, first + 8, first + 16], header.littleEndian)
}

function factsAt(
  view: DataView,
  [modeAt, sizeAt, generationAt]: readonly [number, number, number],
  littleEndian: boolean,
): FileFacts {
  return {
    mode: Number(view.getBigUint64(modeAt, littleEndian) & 0xffffn),
    size: view.getBigUint64(sizeAt, littleEndian),
    generation: view.getBigUint64(generationAt, littleEndian),
  }
}
