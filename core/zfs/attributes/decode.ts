// The attributes of one object, in whichever form it has them.
import { ObjectType, type StreamObject } from '../object-set.ts'
import { corruptObject } from './corrupt.ts'
import { isSymlink, type NodeAttributes } from './node-attributes.ts'
import type { SaTables } from './sa-tables.ts'
import { decodeSystemAttributes } from './system-attributes.ts'
import { decodeZnode } from './znode.ts'

/**
 * A file system that was upgraded to ZPL 5 has objects of both forms. The bytes of the result are those of the object, not copies.
 * @throws CorruptStream naming the object
 */
export function decodeAttributes(
  object: StreamObject,
  tables: SaTables | undefined,
  littleEndian: boolean,
): NodeAttributes {
  const attributes = decodeBonus(object, tables, littleEndian)
  if (isSymlink(attributes.mode)) attributes.target = targetOf(object, attributes)
  return attributes
}

function decodeBonus(
  object: StreamObject,
  tables: SaTables | undefined,
  littleEndian: boolean,
): NodeAttributes {
  if (object.bonusType === ObjectType.znode) return decodeZnode(object, littleEndian)
  if (object.bonusType === ObjectType.systemAttributes) {
    if (tables === undefined) {
      throw corruptObject(object.number, 'it has system attributes in a file system without their tables')
    }
    return decodeSystemAttributes(object, tables)
  }
  throw corruptObject(
    object.number,
    `bonus type ${object.bonusType} holds no attributes, expected ${ObjectType.znode} or ${ObjectType.systemAttributes}`,
  )
}

/** As long as the size says; in the first block when it is no attribute. */
function targetOf({ number, blocks }: StreamObject, { target, size }: NodeAttributes): Uint8Array {
  const bytes = target ?? blocks?.get(0) ?? new Uint8Array()
  const tooShort = size > BigInt(bytes.byteLength)
  if (tooShort || (target !== undefined && size !== BigInt(target.byteLength))) {
    throw corruptObject(number, `a symlink of ${size} bytes with ${bytes.byteLength}, expected all of them`)
  }
  return bytes.subarray(0, Number(size))
}
