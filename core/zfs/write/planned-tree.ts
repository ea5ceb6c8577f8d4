// The tree while its object numbers are given out: names, and what each object will say of itself.
import { decodeName } from '../../archive/member.ts'
import { refusal } from '../../archive/refusals.ts'
import { quoted } from '../../quoted.ts'
import { MAX_PATH_BYTES, MAX_PATH_DEPTH, type NodeType } from '../tree.ts'
import type { Moment } from './attributes.ts'

/** One object with a name. */
export interface PlannedNode {
  object: number
  type: NodeType
  mode: number
  uid: number
  gid: number
  time: Moment
  /** bytes of a file */
  size: number
  /** names of a file; 0: it was replaced by a later one and is not written */
  names: number
  /** the directory of its first name; the root's is the root */
  parent: PlannedNode | undefined
  /** that name, one character for each byte */
  name: string
  target?: Uint8Array
  device?: { major: number; minor: number }
  /** of a file with contents: which entry of the source it is */
  entry?: number
  /** of a directory: by name, one character for each byte */
  children?: Map<string, PlannedNode>
}

/** bytes; longer ones need a feature that not every receiver has */
const MAX_NAME = 255
const SLASH = 0x2f

/** For messages. */
export function pathOf(node: PlannedNode): string {
  const names: string[] = []
  for (let at: PlannedNode | undefined = node; at?.parent && at.parent !== at; at = at.parent)
    names.unshift(at.name)
  return shownName(names.join('/')) || '.'
}

export function shownName(name: string): string {
  return decodeName(nameBytes(name))
}

export function nameBytes(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0))
}

/** The names of a path below `above`, a directory that is put around all. @throws InvalidName, NameTooLong, TooDeep */
export function nameKeys(path: readonly Uint8Array[], above = ''): string[] {
  const depth = path.length + (above === '' ? 0 : 1)
  if (depth > MAX_PATH_DEPTH) {
    throw refusal('TooDeep', `a path is ${depth} levels deep, expected at most ${MAX_PATH_DEPTH}`)
  }
  const bytes = path.reduce((sum, name) => sum + 1 + name.byteLength, above.length) - (above === '' ? 1 : 0)
  if (bytes > MAX_PATH_BYTES) {
    throw refusal('NameTooLong', `a path has ${bytes} bytes, expected at most ${MAX_PATH_BYTES}`)
  }
  return path.map(nameKey)
}

function nameKey(name: Uint8Array): string {
  const isDots = name.every((byte) => byte === 0x2e) && name.byteLength < 3
  if (isDots || name.includes(0) || name.includes(SLASH)) {
    throw refusal('InvalidName', `${quoted(decodeName(name))} is no file name`)
  }
  if (name.byteLength > MAX_NAME) {
    const text = quoted(decodeName(name))
    throw refusal('NameTooLong', `${text} has ${name.byteLength} bytes, expected at most ${MAX_NAME}`)
  }
  return String.fromCharCode(...name)
}

/** Directories in the tree below each other, found and made by name. */
export class PlannedTree {
  readonly root: PlannedNode
  readonly #make: (like: Moment) => PlannedNode

  /** `make` gives a new directory that the source never mentioned. */
  constructor(root: PlannedNode, make: (like: Moment) => PlannedNode) {
    this.root = root
    this.#make = make
  }

  find(names: readonly string[]): PlannedNode | undefined {
    let node: PlannedNode | undefined = this.root
    for (const name of names) node = node?.children?.get(name)
    return node
  }

  /** The directory at `names`, with all above it. @throws DuplicateEntry when the source has something else there */
  directory(names: readonly string[], like: Moment): PlannedNode {
    let node = this.root
    for (const [depth, name] of names.entries()) {
      const found = node.children?.get(name)
      if (found && !found.children) {
        const path = quoted(shownName(names.slice(0, depth + 1).join('/')))
        throw refusal('DuplicateEntry', `${path} is a ${found.type}, and something lies below it`)
      }
      node = found ?? this.attach(node, name, this.#make(like))
    }
    return node
  }

  /** Gives `child` a name in `parent`; what had that name loses it. */
  attach(parent: PlannedNode, name: string, child: PlannedNode): PlannedNode {
    const before = parent.children?.get(name)
    if (before) before.names -= 1
    parent.children?.set(name, child)
    child.names += 1
    if (!child.parent) {
      child.parent = parent
      child.name = name
    }
    return child
  }
}
