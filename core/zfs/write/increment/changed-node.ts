// An object while changes are applied: what it was, and what becomes of it.
import type { NodeType, TreeNode } from '../../tree.ts'
import type { ChangedAttributes, PutFile } from '../change.ts'

export interface ChangedNode {
  object: number
  type: NodeType
  /** in the base; absent for one that is new */
  before?: TreeNode
  /** its attributes are made from nothing: it is new, or a file that another took the place of */
  isFresh: boolean
  /** names that lead to it now */
  names: number
  /** the directory of its last name */
  parent: number
  /** set when owner, mode or time change */
  attributes?: ChangedAttributes
  /** set when contents change */
  contents?: PutFile['contents']
  /** of a new symlink */
  target?: Uint8Array
  /** of a new device */
  device?: { major: number; minor: number }
  /** of a directory that was looked into: values by name, one character for each byte */
  entries?: Map<string, bigint>
  /** names came or went */
  hasNewEntries: boolean
}

const DIRECTORY_TYPE = 4n
const TYPE_SHIFT = 60n

/** The type that a directory entry states: the upper four bits of its value. */
export function isDirectoryEntry(value: bigint): boolean {
  return value >> TYPE_SHIFT === DIRECTORY_TYPE
}

export function blankNode(object: number, type: NodeType, parent: number): ChangedNode {
  return { object, type, parent, isFresh: true, names: 0, hasNewEntries: false }
}
