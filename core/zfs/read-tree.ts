// From the objects of a file system to its tree of names (zfs-stream.md 5 to 10).
import { decodeName } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { decodeAttributes } from './attributes/decode.ts'
import { readSaTables, type SaTables } from './attributes/sa-tables.ts'
import { checkName, readDirectory, type DirectoryEntry } from './directory.ts'
import { HiddenObjects } from './hidden-objects.ts'
import { objectOf, readMasterNode } from './master-node.ts'
import { ObjectType, type ObjectSet } from './object-set.ts'
import { TreeBudget } from './tree-budget.ts'
import { nodeFacts, nodeTypes, type NodeFacts } from './tree-node.ts'
import { treeNotices } from './tree-notices.ts'
import type { StreamTree, TreeNode } from './tree.ts'
import { corruptZap } from './zap/entry.ts'

export interface TreeReadLimits {
  /** names in all, those of extended attributes included */
  maxEntries: number
  /** bytes of a whole path */
  maxNameBytes: number
  /** names in a path */
  maxDepth: number
}

/** A directory whose entries are being passed. */
interface Level {
  path: string
  pathBytes: number
  /** in reverse: the next is the last */
  entries: NamedEntry[]
}

interface NamedEntry extends DirectoryEntry {
  text: string
}

/**
 * The whole tree. Nothing is taken on trust: directories that form a cycle or have two names, names that are none, entries that lead nowhere or to something
 * else than they say are refused.
 * @throws CorruptStream, UnsupportedZfsStream, InvalidName, ParentReference, NameTooLong, TooDeep, DuplicateEntry, TooManyEntries, TooManyBytes,
 *   UnsupportedEntry; each names the object and the path
 */
export function readTree(set: ObjectSet, limits: TreeReadLimits): StreamTree {
  const master = readMasterNode(set)
  const walk = new TreeWalk(set, limits, readSaTables(set))
  const nodes = walk.walk(master.root)
  return {
    zplVersion: master.zplVersion,
    nodes,
    hidden: walk.hidden.finish(master, walk.reached),
    notices: treeNotices(master, nodes),
  }
}

class TreeWalk {
  readonly hidden: HiddenObjects
  readonly #set: ObjectSet
  readonly #limits: TreeReadLimits
  readonly #tables: SaTables | undefined
  readonly #budget: TreeBudget
  /** the first node of each object */
  readonly #first = new Map<number, TreeNode>()
  readonly #nodes: TreeNode[] = []
  /** the directories from the root to where the walk is */
  readonly #levels: Level[] = []

  constructor(set: ObjectSet, limits: TreeReadLimits, tables: SaTables | undefined) {
    this.#set = set
    this.#limits = limits
    this.#tables = tables
    this.#budget = new TreeBudget(limits.maxEntries)
    this.hidden = new HiddenObjects(set, this.#budget)
  }

  get reached(): ReadonlyMap<number, TreeNode> {
    return this.#first
  }

  /** Nodes in path order: a directory, then all below it, then its neighbours. */
  walk(root: number): TreeNode[] {
    objectOf(this.#set, root, ObjectType.directory, 'root directory')
    this.#add({ name: new Uint8Array(), object: root, type: 0, text: '' }, undefined)
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      const entry = level.entries.pop()
      if (entry === undefined) this.#levels.pop()
      else this.#add(entry, level)
    }
    return this.#nodes
  }

  #add(entry: NamedEntry, parent: Level | undefined): void {
    const path =
      parent === undefined ? '.' : parent.path === '.' ? entry.text : `${parent.path}/${entry.text}`
    const separator = parent === undefined || parent.path === '.' ? 0 : 1
    const pathBytes = (parent?.pathBytes ?? 0) + separator + entry.name.byteLength
    if (pathBytes > this.#limits.maxNameBytes) {
      throw refusal(
        'NameTooLong',
        `${quoted(path)} (object ${entry.object}) has ${pathBytes} bytes, expected at most ${this.#limits.maxNameBytes}`,
      )
    }
    if (this.#levels.length > this.#limits.maxDepth) {
      throw refusal(
        'TooDeep',
        `${quoted(path)} (object ${entry.object}) is ${this.#levels.length} levels deep, expected at most ${this.#limits.maxDepth}`,
      )
    }
    const first = this.#first.get(entry.object)
    const facts = first ?? this.#facts(entry, path)
    checkType(entry, facts, path)
    if (facts.type === 'directory') this.#enter(path, pathBytes, facts.object)
    const node: TreeNode = { ...facts, path, name: entry.name, ...(first && { hardlinkTo: first.path }) }
    if (first === undefined) this.#first.set(entry.object, node)
    this.#nodes.push(node)
  }

  #facts({ object: number }: NamedEntry, path: string): NodeFacts {
    const object = this.#set.objects.get(number)
    if (object === undefined) throw corruptZap(quoted(path), `its object ${number} is missing`)
    const attributes = decodeAttributes(object, this.#tables, this.#set.begin.littleEndian)
    return nodeFacts(object, attributes, this.hidden.countXattrs(object.number, attributes))
  }

  /** Makes the walk go on in this directory. */
  #enter(path: string, pathBytes: number, number: number): void {
    const where = `directory ${quoted(path)} (object ${number})`
    this.#budget.claimDirectory(number, where)
    const object = objectOf(this.#set, number, ObjectType.directory, where)
    const { littleEndian } = this.#set.begin
    const entries = readDirectory(object, { littleEndian, maxEntries: this.#budget.left, where })
    this.#budget.spend(entries.length)
    this.#levels.push({ path, pathBytes, entries: inReverse(entries, where) })
  }
}

/** Decoded, checked, and sorted backwards. */
function inReverse(entries: readonly DirectoryEntry[], where: string): NamedEntry[] {
  const named = entries.map((entry) => ({ ...entry, text: decodeName(entry.name) }))
  named.sort((left, right) => (left.text < right.text ? 1 : left.text > right.text ? -1 : 0))
  let previous: string | undefined
  for (const { text } of named) {
    checkName(text, where)
    if (text === previous)
      throw refusal('DuplicateEntry', `${where} has ${quoted(text)} twice, expected it once`)
    previous = text
  }
  return named
}

function checkType({ type, object }: NamedEntry, facts: NodeFacts, path: string): void {
  const { type: actual } = facts
  const expected = type === 0 ? actual : nodeTypes.get(type)
  if (actual !== expected) {
    throw corruptZap(
      quoted(path),
      `its directory says ${expected ?? `type ${type}`}, object ${object} is a ${actual}`,
    )
  }
}
