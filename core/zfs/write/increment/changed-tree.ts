// A tree that changes are applied to: what is gone, what is new, what is different, by object.
import { readDirectory } from '../../directory.ts'
import { ObjectType } from '../../object-set.ts'
import type { StreamTree, TreeNode } from '../../tree.ts'
import { directoryEntry } from '../attributes.ts'
import type { Change, PutFile, SetAttributes } from '../change.ts'
import type { BaseForm } from './base-form.ts'
import { blankNode, type ChangedNode } from './changed-node.ts'
import { invalidChange } from './invalid-change.ts'
import { objectsBehind } from './objects-behind.ts'
import { PathIndex } from './path-index.ts'

const SLASH = 0x2f
const DOT = 0x2e

type Put = Extract<Change, { name?: Uint8Array }>

export class ChangedTree {
  readonly #form: BaseForm
  readonly #paths: PathIndex
  readonly #nodes = new Map<number, ChangedNode>()
  readonly #freed = new Set<number>()
  #nextObject: number

  constructor(form: BaseForm, tree: StreamTree) {
    this.#form = form
    this.#paths = new PathIndex(tree)
    this.#nextObject = form.nextObject
  }

  /** Objects that are new or different, in the order of their numbers. */
  changed(): ChangedNode[] {
    return [...this.#nodes.values()]
      .filter((node) => node.names > 0 && isChanged(node))
      .toSorted((a, b) => a.object - b.object)
  }

  /** Numbers of objects of the base that are gone, ascending. */
  freed(): number[] {
    return [...this.#freed].toSorted((a, b) => a - b)
  }

  /** @throws ChangeInvalid when a change does not fit what is there */
  apply(change: Change): void {
    switch (change.kind) {
      case 'remove':
        return this.#remove(change.path)
      case 'attributes':
        return this.#setAttributes(change)
      case 'empty':
        return this.#empty(change.path)
      case 'file':
        return this.#putFile(change)
      case 'link': {
        const target = this.#existing(change.to)
        if (target.type === 'directory') throw invalidChange(change.to, 'is a directory, expected a file')
        return this.#attach(change, target)
      }
      case 'symlink':
        return this.#putNew(change, { attributes: { ...change, mode: 0o777 }, target: change.target })
      case 'directory':
        return this.#putNew(change, { attributes: change, entries: new Map() })
      default:
        return this.#putNew(change, {
          attributes: change,
          ...(change.device && { device: change.device }),
        })
    }
  }

  #putFile(change: PutFile): void {
    const before = this.#at(change.path)
    // bytes that come in the order of their source need numbers in that order
    const isReplaced = before?.type === 'file' && before.names === 1 && change.contents instanceof Uint8Array
    if (!before || !isReplaced) {
      return this.#putNew(change, { attributes: change, contents: change.contents })
    }
    this.#forgetHidden(before.before)
    Object.assign(before, { isFresh: true, attributes: change, contents: change.contents })
    before.parent = this.#parentOf(change.path).object
  }

  #putNew(change: Put, facts: Partial<ChangedNode>): void {
    if (change.kind === 'link') return
    const node = { ...blankNode(this.#nextObject++, change.kind, 0), ...facts }
    this.#nodes.set(node.object, node)
    this.#attach(change, node)
  }

  #attach(change: Put, node: ChangedNode): void {
    const { path } = change
    const parent = this.#parentOf(path)
    const name = change.name ?? new TextEncoder().encode(path.slice(path.lastIndexOf('/') + 1))
    if (name.byteLength === 0 || name.byteLength > this.#form.maxNameBytes || name.includes(0))
      throw invalidChange(path, `has a name of ${name.byteLength} bytes`)
    if (isNoName(name))
      throw invalidChange(path, 'is no file name: expected one without a slash, and neither . nor ..')
    if (this.#paths.at(path) === node.object) return
    this.#remove(path)
    if (change.kind === 'link' && node.names === 0)
      throw invalidChange(path, 'takes the place of its own target')
    this.#entries(parent, path).set(String.fromCharCode(...name), directoryEntry(node.object, node.type))
    parent.hasNewEntries = true
    node.names += 1
    node.parent = parent.object
    this.#paths.set(path, node.object, name)
  }

  #remove(path: string): void {
    const node = this.#at(path)
    if (!node) return
    if (path === '.') throw invalidChange(path, 'is the root, which cannot be removed')
    const parent = this.#parentOf(path)
    this.#entries(parent, path).delete(String.fromCharCode(...this.#paths.nameOf(path)))
    parent.hasNewEntries = true
    for (const gone of this.#paths.remove(path, node.type === 'directory'))
      this.#unlink(this.#node(gone.object, gone.node))
  }

  #unlink(node: ChangedNode): void {
    node.names -= 1
    if (node.names > 0) return
    if (node.before) {
      this.#freed.add(node.object)
      this.#forgetHidden(node.before)
    }
  }

  #setAttributes({ path, mode, uid, gid, mtime }: SetAttributes): void {
    this.#existing(path).attributes = { mode, uid, gid, ...(mtime && { mtime }) }
  }

  #empty(path: string): void {
    const node = this.#existing(path)
    if (node.type !== 'file') throw invalidChange(path, `is a ${node.type}, expected a file`)
    node.contents = new Uint8Array()
  }

  #existing(path: string): ChangedNode {
    const node = this.#at(path)
    if (node) return node
    throw invalidChange(path, 'is not there')
  }

  #at(path: string): ChangedNode | undefined {
    const object = this.#paths.at(path)
    return object === undefined ? undefined : this.#node(object, this.#paths.before(path))
  }

  #node(object: number, before: TreeNode | undefined): ChangedNode {
    const known = this.#nodes.get(object)
    if (known) return known
    if (!before) throw new Error(`object ${object} is of nobody`)
    const names = this.#paths.namesOf(before)
    const node: ChangedNode = {
      ...blankNode(object, before.type, 0),
      before,
      names,
      isFresh: false,
    }
    this.#nodes.set(object, node)
    return node
  }

  #parentOf(path: string): ChangedNode {
    const slash = path.lastIndexOf('/')
    const parent = this.#at(slash < 0 ? '.' : path.slice(0, slash))
    if (parent?.type === 'directory') return parent
    throw invalidChange(path, `lies in what is no directory`)
  }

  #entries(directory: ChangedNode, path: string): Map<string, bigint> {
    directory.entries ??= this.#readEntries(directory.object, path)
    return directory.entries
  }

  #readEntries(number: number, path: string): Map<string, bigint> {
    const { set, littleEndian } = this.#form
    const object = set.objects.get(number)
    if (!object) throw invalidChange(path, `lies in object ${number}, which is missing`)
    const where = `directory object ${number}`
    const maxEntries = this.#paths.size
    return new Map(
      readDirectory(object, { littleEndian, maxEntries, where }).map(({ name, object: child, type }) => [
        String.fromCharCode(...name),
        type === 0 ? this.#untyped(child) : directoryEntryValue(child, type),
      ]),
    )
  }

  /** Very old file systems leave the type out; what is written again gets it. */
  #untyped(child: number): bigint {
    const isDirectory = this.#form.set.objects.get(child)?.type === ObjectType.directory
    return isDirectory ? directoryEntry(child, 'directory') : BigInt(child)
  }

  #forgetHidden(before: TreeNode | undefined): void {
    const object = before && this.#form.set.objects.get(before.object)
    if (object) for (const hidden of objectsBehind(object, this.#form)) this.#freed.add(hidden)
  }
}

function isNoName(name: Uint8Array): boolean {
  return name.includes(SLASH) || (name.byteLength < 3 && name.every((byte) => byte === DOT))
}

function directoryEntryValue(object: number, type: number): bigint {
  return (BigInt(type >> 12) << 60n) | BigInt(object)
}

/** Also a file of several names one of which went: its link count did. */
function isChanged(node: ChangedNode): boolean {
  const { before, isFresh, attributes, contents, hasNewEntries, names } = node
  return (
    isFresh ||
    attributes !== undefined ||
    contents !== undefined ||
    hasNewEntries ||
    (before !== undefined && before.type !== 'directory' && names !== before.links)
  )
}
