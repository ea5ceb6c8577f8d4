// What a listing says of an object, from its attributes.
import { refusal } from '../archive/refusals.ts'
import { corruptObject } from './attributes/corrupt.ts'
import { deviceNumbers } from './attributes/device-number.ts'
import { ModeType, NodeFlag, TYPE_BITS, type NodeAttributes } from './attributes/node-attributes.ts'
import { ObjectType, type StreamObject } from './object-set.ts'
import type { NodeType, TreeNode } from './tree.ts'

/** All of a node that its name does not decide. */
export type NodeFacts = Omit<TreeNode, 'path' | 'name' | 'hardlinkTo'>

/** by the type bits of a mode */
export const nodeTypes: ReadonlyMap<number, NodeType> = new Map([
  [ModeType.fifo, 'fifo'],
  [ModeType.character, 'character'],
  [ModeType.directory, 'directory'],
  [ModeType.block, 'block'],
  [ModeType.file, 'file'],
  [ModeType.symlink, 'symlink'],
  [ModeType.socket, 'socket'],
])

/**
 * `xattrs`: how many extended attributes it has.
 * @throws CorruptStream, UnsupportedEntry, InvalidName (symlink targets), TooManyBytes
 */
export function nodeFacts(object: StreamObject, attributes: NodeAttributes, xattrs: number): NodeFacts {
  const { number } = object
  const { mode, target } = attributes
  const type = nodeTypes.get(mode & TYPE_BITS)
  if (type === undefined) {
    throw refusal('UnsupportedEntry', `object ${number}: mode 0${mode.toString(8)} is of no known type`)
  }
  const expected = type === 'directory' ? ObjectType.directory : ObjectType.file
  if (object.type !== expected) {
    throw corruptObject(number, `a ${type} of object type ${object.type}, expected ${expected}`)
  }
  if (type === 'symlink' && (target === undefined || target.byteLength === 0 || target.includes(0))) {
    throw refusal('InvalidName', `object ${number}: the target of the symlink is empty or contains NUL`)
  }
  const isDevice = type === 'block' || type === 'character'
  return {
    object: number,
    type,
    mode: mode & ~TYPE_BITS,
    uid: exact(attributes.uid, 'uid', number),
    gid: exact(attributes.gid, 'gid', number),
    size: type === 'file' ? sizeOf(attributes.size, number) : 0,
    mtime: attributes.mtime.seconds,
    mtimeNsec: attributes.mtime.nanoseconds,
    links: exact(attributes.links, 'link count', number),
    generation: attributes.generation.toString(),
    ...(type === 'symlink' && target !== undefined && { target }),
    ...(isDevice && {
      rawDevice: attributes.rawDevice.toString(),
      device: deviceNumbers(attributes.rawDevice),
    }),
    xattrs,
    ...((attributes.flags & NodeFlag.trivialAcl) === 0n && { accessList: true }),
  }
}

function exact(value: bigint, what: string, object: number): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw corruptObject(object, `${what} ${value}, expected less than 2^53`)
  }
  return Number(value)
}

function sizeOf(size: bigint, object: number): number {
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw refusal('TooManyBytes', `object ${object}: a file of ${size} bytes, expected less than 2^53`)
  }
  return Number(size)
}
