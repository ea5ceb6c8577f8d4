// How many extended attributes are an attribute themselves (zfs-stream.md 10).
import { ProvisionError } from '../../errors.ts'
import { parseNvlist } from '../nvlist.ts'
import { corruptObject } from './corrupt.ts'
import type { NodeAttributes } from './node-attributes.ts'

/** @throws CorruptStream naming the object */
export function countListedXattrs(object: number, { xattrList }: NodeAttributes): number {
  if (xattrList === undefined || xattrList.byteLength === 0) return 0
  try {
    return parseNvlist(xattrList).size
  } catch (cause) {
    if (cause instanceof ProvisionError)
      throw corruptObject(object, `its extended attributes: ${cause.message}`)
    throw cause
  }
}
