// Changes attributes of an object that stays: all others, known or not, keep their bytes and their order (zfs-stream.md 7, 8).
import { refusal } from '../../../archive/refusals.ts'
import { MAX_BONUS_BYTES, ZNODE_BYTES, ZnodeField } from '../../attributes/znode.ts'
import { corruptObject } from '../../attributes/corrupt.ts'
import { ModeType, NodeFlag, TYPE_BITS } from '../../attributes/node-attributes.ts'
import { ObjectType, type StreamObject } from '../../object-set.ts'
import { aclOfMode, encodeAcl } from '../acl.ts'
import type { Moment } from '../attributes.ts'
import { aclObjectOf } from './acl-object.ts'
import type { BaseForm } from './base-form.ts'
import { SaBuffer } from './sa-buffer.ts'

export interface AttributeEdit {
  /** with the bits of the type; the ACL follows it */
  mode?: number
  uid?: number
  gid?: number
  size?: number
  links?: number
  mtime?: Moment
  /** of the change itself */
  ctime: Moment
}

export interface EditedAttributes {
  bonus: Uint8Array
  spill?: Uint8Array
  /** an ACL that lay in an object of its own and is none any more */
  freed?: number
}

const ACL_OBJECT = 176
const ACL_SIZE = 184
const ACL_VERSION = 188
const ACL_COUNT = 190
const ACL_ENTRIES = 192
const PERMISSION_BITS = 0o7777
/** which each further slot adds to the bonus */
const SLOT_BYTES = 512
/** at the end of the bonus, of an object that has a spill block */
const SPILL_POINTER_BYTES = 128

/** @throws CorruptStream for attributes that cannot be read, UnsupportedZfsStream for an ACL that cannot follow the mode */
export function editAttributes(object: StreamObject, edit: AttributeEdit, form: BaseForm): EditedAttributes {
  return object.bonusType === ObjectType.znode
    ? editZnode(object, edit, form)
    : editSystemAttributes(object, edit, form)
}

function editZnode(object: StreamObject, edit: AttributeEdit, form: BaseForm): EditedAttributes {
  const { number, bonus: old } = object
  const { littleEndian } = form
  if (old.byteLength < ZNODE_BYTES || old.byteLength > MAX_BONUS_BYTES)
    throw corruptObject(number, `a znode of ${old.byteLength} bytes`)
  const bonus = old.slice()
  const view = new DataView(bonus.buffer)
  const set = (at: number, value: number | undefined) => {
    if (value !== undefined) view.setBigUint64(at, BigInt(value), littleEndian)
  }
  const setTime = (at: number, time: Moment | undefined) => {
    if (time === undefined) return
    view.setBigInt64(at, BigInt(time.seconds), littleEndian)
    view.setBigUint64(at + 8, BigInt(time.nanoseconds), littleEndian)
  }
  set(ZnodeField.uid, edit.uid)
  set(ZnodeField.gid, edit.gid)
  set(ZnodeField.size, edit.size)
  set(ZnodeField.links, edit.links)
  setTime(ZnodeField.mtime, edit.mtime)
  setTime(ZnodeField.ctime, edit.ctime)
  if (edit.mode === undefined) return { bonus }
  set(ZnodeField.mode, edit.mode)
  const flags = flagsFor(view.getBigUint64(ZnodeField.flags, littleEndian), edit.mode)
  view.setBigUint64(ZnodeField.flags, flags, littleEndian)
  const freed = aclObjectOf(object, form)
  const acl = encodeAcl(aclOfMode(4, edit.mode, isDirectory(edit.mode)), littleEndian)
  set(ACL_OBJECT, 0)
  view.setUint32(ACL_SIZE, acl.byteLength, littleEndian)
  view.setUint16(ACL_VERSION, 1, littleEndian)
  view.setUint16(ACL_COUNT, acl.byteLength / 8, littleEndian)
  bonus.fill(0, ACL_ENTRIES, ZNODE_BYTES)
  bonus.set(acl, ACL_ENTRIES)
  return { bonus, ...(freed !== undefined && { freed }) }
}

function editSystemAttributes(object: StreamObject, edit: AttributeEdit, form: BaseForm): EditedAttributes {
  const buffers = [object.bonus, ...(object.spill ? [object.spill] : [])].map(
    (bytes) => new SaBuffer(object.number, bytes, form.tables),
  )
  const holder = (name: string) => {
    const found = buffers.find((buffer) => buffer.has(name))
    if (found) return found
    throw corruptObject(object.number, `it has no ${name} that could be changed`)
  }
  const set = (name: string, ...values: (number | bigint | undefined)[]) => {
    const given = values.filter((value) => value !== undefined)
    if (given.length > 0) holder(name).setNumbers(name, given)
  }
  set('ZPL_UID', edit.uid)
  set('ZPL_GID', edit.gid)
  set('ZPL_SIZE', edit.size)
  set('ZPL_LINKS', edit.links)
  set('ZPL_MTIME', edit.mtime?.seconds, edit.mtime?.nanoseconds)
  set('ZPL_CTIME', edit.ctime.seconds, edit.ctime.nanoseconds)
  if (edit.mode !== undefined) {
    if (buffers.some((buffer) => buffer.has('ZPL_ZNODE_ACL')))
      throw cannotFollow(object, edit.mode, 'an access list from before an upgrade of its file system')
    set('ZPL_MODE', edit.mode)
    const flags = holder('ZPL_FLAGS')
    flags.setNumbers('ZPL_FLAGS', [flagsFor(flags.number('ZPL_FLAGS'), edit.mode)])
    const entries = aclOfMode(5, edit.mode, isDirectory(edit.mode))
    set('ZPL_DACL_COUNT', entries.length)
    const acl = holder('ZPL_DACL_ACES')
    acl.set('ZPL_DACL_ACES', encodeAcl(entries, acl.littleEndian))
  }
  const [bonus = new Uint8Array(), spill] = buffers.map((buffer, index) => buffer.encode(index > 0))
  const limit = MAX_BONUS_BYTES + SLOT_BYTES * (object.slots - 1) - (spill ? SPILL_POINTER_BYTES : 0)
  if (edit.mode !== undefined && bonus.byteLength > Math.max(limit, object.bonus.byteLength))
    throw cannotFollow(
      object,
      edit.mode,
      `room for ${limit} bytes of attributes, not for ${bonus.byteLength}`,
    )
  return { bonus, ...(spill && { spill }) }
}

function cannotFollow({ number }: StreamObject, mode: number, has: string): Error {
  return refusal(
    'UnsupportedZfsStream',
    `object ${number} has ${has}, expected one whose access list can follow the mode ${(mode & PERMISSION_BITS).toString(8)}: use a clone and change it there, or replace the file in the template`,
  )
}

function flagsFor(flags: bigint, mode: number): bigint {
  const others = flags & ~NodeFlag.everybodyExecutes
  return others | NodeFlag.trivialAcl | ((mode & 0o111) === 0o111 ? NodeFlag.everybodyExecutes : 0n)
}

function isDirectory(mode: number): boolean {
  return (mode & TYPE_BITS) === ModeType.directory
}
