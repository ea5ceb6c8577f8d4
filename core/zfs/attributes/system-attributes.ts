// Attributes of ZPL 5: buffers whose layouts the stream itself explains, in the bonus and in a spill block (zfs-stream.md 8).
import type { StreamObject } from '../object-set.ts'
import { corruptObject, modeOf, timestampAt } from './corrupt.ts'
import type { NodeAttributes, Timestamp } from './node-attributes.ts'
import { readSaHeader } from './sa-header.ts'
import type { SaTables } from './sa-tables.ts'

/** One attribute as it is stored. */
interface StoredAttribute {
  bytes: Uint8Array
  /** of the buffer it is in */
  littleEndian: boolean
}

/** Without the target of a symlink that is in its first block still, as after an upgrade. @throws CorruptStream */
export function decodeSystemAttributes(object: StreamObject, tables: SaTables): NodeAttributes {
  const found = new Map<string, StoredAttribute>()
  // what is in both counts as it is in the bonus: hosts look there first
  if (object.spill !== undefined) collect(object.number, object.spill, 'spill block', tables, found)
  collect(object.number, object.bonus, 'bonus', tables, found)

  const { number } = object
  const word = (name: string): bigint => {
    const value = optionalWord(found, name, number)
    if (value === undefined) throw corruptObject(number, `it has no ${name}`)
    return value
  }
  const target = found.get('ZPL_SYMLINK')?.bytes
  const xattrList = found.get('ZPL_DXATTR')?.bytes
  return {
    mode: modeOf(word('ZPL_MODE'), number),
    size: word('ZPL_SIZE'),
    generation: word('ZPL_GEN'),
    uid: word('ZPL_UID'),
    gid: word('ZPL_GID'),
    parent: word('ZPL_PARENT'),
    links: word('ZPL_LINKS'),
    xattrObject: optionalWord(found, 'ZPL_XATTR', number) ?? 0n,
    rawDevice: optionalWord(found, 'ZPL_RDEV', number) ?? 0n,
    flags: word('ZPL_FLAGS'),
    mtime: time(found, 'ZPL_MTIME', number),
    ...(target !== undefined && { target }),
    ...(xattrList !== undefined && { xattrList }),
  }
}

/** Puts every attribute of one buffer into `found`. */
function collect(
  object: number,
  bytes: Uint8Array,
  what: string,
  tables: SaTables,
  found: Map<string, StoredAttribute>,
): void {
  const header = readSaHeader(bytes)
  if (header === undefined) throw corruptObject(object, `its ${what} holds no system attributes`)
  const { littleEndian, view, headerBytes } = header
  const layout = tables.layouts.get(header.layout)
  if (layout === undefined)
    throw corruptObject(object, `its ${what} has layout ${header.layout}, which the stream lacks`)
  let lengthAt = 6
  let at = headerBytes
  for (const attribute of layout) {
    const registered = tables.attributes.get(attribute)
    if (registered === undefined) throw corruptObject(object, `its attribute ${attribute} is not registered`)
    let { length } = registered
    if (length === 0) {
      if (lengthAt + 2 > headerBytes) {
        throw corruptObject(object, `its ${what} does not state the length of ${registered.name}`)
      }
      length = view.getUint16(lengthAt, littleEndian)
      lengthAt += 2
    }
    if (at + length > bytes.byteLength) {
      throw corruptObject(
        object,
        `${registered.name} of ${length} bytes at ${at} of its ${what} of ${bytes.byteLength}, expected it to fit`,
      )
    }
    found.set(registered.name, { bytes: bytes.subarray(at, at + length), littleEndian })
    at += (length + 7) & ~7
  }
}

function optionalWord(
  found: ReadonlyMap<string, StoredAttribute>,
  name: string,
  object: number,
): bigint | undefined {
  const stored = found.get(name)
  if (stored === undefined) return undefined
  return viewOf(stored, 8, name, object).getBigUint64(0, stored.littleEndian)
}

function time(found: ReadonlyMap<string, StoredAttribute>, name: string, object: number): Timestamp {
  const stored = found.get(name)
  if (stored === undefined) throw corruptObject(object, `it has no ${name}`)
  return timestampAt(viewOf(stored, 16, name, object), 0, stored.littleEndian, object)
}

function viewOf({ bytes }: StoredAttribute, length: number, name: string, object: number): DataView {
  if (bytes.byteLength !== length) {
    throw corruptObject(object, `${name} of ${bytes.byteLength} bytes, expected ${length}`)
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
