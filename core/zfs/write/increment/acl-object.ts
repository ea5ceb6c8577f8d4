// Where an access list lies that is too long for the attributes of its file (zfs-stream.md 7).
import { ZNODE_BYTES } from '../../attributes/znode.ts'
import { ObjectType, type StreamObject } from '../../object-set.ts'
import type { BaseForm } from './base-form.ts'
import { SaBuffer } from './sa-buffer.ts'

/** in a znode */
const ACL_OBJECT = 176
/** the same part of a znode, as an attribute of a file system that was upgraded */
const ZNODE_ACL = 'ZPL_ZNODE_ACL'

/** The object of its own that it has, if that is there and holds an access list. @throws CorruptStream */
export function aclObjectOf(object: StreamObject, form: BaseForm): number | undefined {
  const number = Number(statedNumber(object, form))
  const type = form.set.objects.get(number)?.type
  return type === ObjectType.acl || type === ObjectType.oldAcl ? number : undefined
}

function statedNumber({ number, bonusType, bonus, spill }: StreamObject, form: BaseForm): bigint {
  if (bonusType === ObjectType.znode && bonus.byteLength >= ZNODE_BYTES) {
    const view = new DataView(bonus.buffer, bonus.byteOffset, bonus.byteLength)
    return view.getBigUint64(ACL_OBJECT, form.littleEndian)
  }
  if (bonusType !== ObjectType.systemAttributes) return 0n
  const buffers = [bonus, ...(spill ? [spill] : [])].map((bytes) => new SaBuffer(number, bytes, form.tables))
  return buffers.find((buffer) => buffer.has(ZNODE_ACL))?.number(ZNODE_ACL) ?? 0n
}
