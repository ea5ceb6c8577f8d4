// What is written of each changed object, without its blocks: those are made when their turn comes.
import { ObjectType } from '../../object-set.ts'
import {
  encodeDevice,
  fullMode,
  type DeviceReader,
  type Moment,
  type WrittenAttributes,
} from '../attributes.ts'
import { encodeZap } from '../encode-zap.ts'
import { nodeObject, zapObject, type AttributeForm, type WrittenObject } from '../written-object.ts'
import { editAttributes, type AttributeEdit, type EditedAttributes } from './attribute-edit.ts'
import type { BaseForm } from './base-form.ts'
import { isDirectoryEntry, type ChangedNode } from './changed-node.ts'
import type { LayoutTable } from './layout-table.ts'

/** How everything new of an increment is written. */
export interface IncrementForm {
  base: BaseForm
  layouts: LayoutTable
  /** of all that does not say its own */
  now: Moment
  /** of all new objects; greater than any before, so that a number that is used again is known as another file's */
  generation: bigint
  /** whose device numbers the base has */
  devicesOf: () => DeviceReader
  saltOf: (object: number) => bigint
}

export interface PreparedObject {
  node: ChangedNode
  /** a file's with no blocks, a directory's with none yet */
  written: WrittenObject
  /** what the object had is replaced; else it stays */
  replaces: boolean
  /** of a file that gets contents */
  size: number
  /** an object of the base that this one needs no more */
  freed?: number | undefined
}

/** @throws CorruptStream, UnsupportedZfsStream when attributes of the base cannot be changed */
export function prepareObject(node: ChangedNode, form: IncrementForm): PreparedObject {
  const size = sizeOf(node.contents)
  if (node.isFresh) {
    return { node, written: freshObject(node, size, form), replaces: node.before !== undefined, size }
  }
  const { written, freed } = editedObject(node, size, form)
  return { node, written, replaces: node.contents !== undefined || node.hasNewEntries, size, freed }
}

/** The object as it is written, with its blocks when it is a directory. */
export function withEntries({ node, written }: PreparedObject, form: IncrementForm): WrittenObject {
  const { isFresh, hasNewEntries, type, entries } = node
  if (type !== 'directory' || !entries || (!isFresh && !hasNewEntries)) return written
  const named = Array.from(entries, ([name, value]) => ({
    name: Uint8Array.from(name, (character) => character.charCodeAt(0)),
    value,
  }))
  const { littleEndian, maxNameBytes } = form.base
  const blocks = encodeZap(named, form.saltOf(node.object), { littleEndian, maxNameBytes })
  return { ...written, blocks, blockSize: blocks[0]?.byteLength ?? written.blockSize }
}

function freshObject(node: ChangedNode, size: number, form: IncrementForm): WrittenObject {
  const { object, type, parent, attributes, target, device, names } = node
  const { mode = 0, uid = 0, gid = 0, mtime = form.now } = attributes ?? {}
  const { zpl, littleEndian, maxNameBytes } = form.base
  const directory = directorySize(node)
  const written: WrittenAttributes = {
    type,
    mode,
    uid,
    gid,
    parent,
    size: directory?.size ?? target?.byteLength ?? size,
    links: directory?.links ?? names,
    generation: form.generation,
    time: mtime,
    ...(target && { target }),
    ...(device && { device: encodeDevice(device, form.devicesOf()) }),
  }
  const how: AttributeForm = { zpl, littleEndian, maxNameBytes, layoutOf: form.layouts.choose }
  const made = nodeObject(object, written, how)
  const slots = form.base.set.objects.get(object)?.slots ?? 1
  return { ...made, slots, type: directory ? ObjectType.directory : ObjectType.file }
}

function editedObject(
  node: ChangedNode,
  size: number,
  { base, now }: IncrementForm,
): { written: WrittenObject; freed: number | undefined } {
  const object = base.set.objects.get(node.object)
  if (!object || !node.before) throw new Error(`object ${node.object} is not in the base`)
  const { bonus, spill, freed }: EditedAttributes = editAttributes(object, editOf(node, size, now), base)
  // of a file that stays the same one receivers take no smaller blocks than it has, emptied or not
  const { type, bonusType, slots, blockSize } = object
  const written = { ...zapObject(node.object, type, []), blockSize, bonusType, bonus, slots }
  return { written: { ...written, ...(spill && { spill }) }, freed }
}

function editOf(node: ChangedNode, size: number, now: Moment): AttributeEdit {
  const { attributes, before, type, contents, hasNewEntries, names } = node
  const directory = directorySize(node)
  const hasOtherData = contents !== undefined || hasNewEntries
  return {
    ...(attributes && {
      uid: attributes.uid,
      gid: attributes.gid,
      // an ACL that says more than the mode stays, unless the mode is another
      ...(attributes.mode !== before?.mode && { mode: fullMode({ type, mode: attributes.mode }) }),
    }),
    ...((attributes || hasOtherData) && { mtime: attributes?.mtime ?? now }),
    ...(contents !== undefined && { size }),
    ...(directory ? hasNewEntries && directory : names !== before?.links && { links: names }),
    ctime: now,
  }
}

/** A wrong size would make the directory one that cannot be removed (zfs-stream.md 10). */
function directorySize({ type, entries }: ChangedNode): { size: number; links: number } | undefined {
  if (type !== 'directory') return undefined
  let links = 2
  for (const value of entries?.values() ?? []) if (isDirectoryEntry(value)) links += 1
  return { size: (entries?.size ?? 0) + 2, links }
}

function sizeOf(contents: ChangedNode['contents']): number {
  if (contents === undefined) return 0
  return contents instanceof Uint8Array ? contents.byteLength : contents.size
}
