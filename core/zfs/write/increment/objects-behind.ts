// Objects that are reached through one other object alone, and so go with it: extended attributes and access lists.
import { decodeAttributes } from '../../attributes/decode.ts'
import { readDirectory } from '../../directory.ts'
import { ObjectType, type StreamObject } from '../../object-set.ts'
import { aclObjectOf } from './acl-object.ts'
import type { BaseForm } from './base-form.ts'

/** Their numbers; each is there. @throws CorruptStream */
export function objectsBehind(object: StreamObject, form: BaseForm): Set<number> {
  const { set, tables, littleEndian } = form
  const behind = new Set<number>()
  const addAcl = (owner: StreamObject | undefined) => {
    const acl = owner && aclObjectOf(owner, form)
    if (acl !== undefined) behind.add(acl)
  }
  addAcl(object)
  const number = Number(decodeAttributes(object, tables, littleEndian).xattrObject)
  const directory = set.objects.get(number)
  if (directory?.type !== ObjectType.directory) return behind
  behind.add(number)
  addAcl(directory)
  const where = `directory object ${number}`
  for (const entry of readDirectory(directory, { littleEndian, maxEntries: set.objects.size, where })) {
    const child = set.objects.get(entry.object)
    if (!child) continue
    behind.add(entry.object)
    addAcl(child)
  }
  return behind
}
