// Objects that no path leads to: extended attributes and what was unlinked while it was open (zfs-stream.md 16 items 17 and 18).
import { countListedXattrs } from './attributes/count-xattrs.ts'
import type { NodeAttributes } from './attributes/node-attributes.ts'
import { readDirectory } from './directory.ts'
import { objectOf, type MasterNode } from './master-node.ts'
import { ObjectType, type ObjectSet } from './object-set.ts'
import type { TreeBudget } from './tree-budget.ts'
import type { StreamTree } from './tree.ts'

export class HiddenObjects {
  readonly #set: ObjectSet
  readonly #budget: TreeBudget
  /** accounted for */
  readonly #known = new Set<number>()
  #xattrDirectories = 0
  #xattrs = 0

  constructor(set: ObjectSet, budget: TreeBudget) {
    this.#set = set
    this.#budget = budget
  }

  /** How many extended attributes the object has. Call once for each object. @throws CorruptStream, TooManyEntries */
  countXattrs(object: number, attributes: NodeAttributes): number {
    const { xattrObject } = attributes
    let count = countListedXattrs(object, attributes)
    if (xattrObject !== 0n) {
      this.#xattrDirectories += 1
      count += this.#countDirectory(Number(xattrObject), `extended attributes of object ${object}`)
    }
    this.#xattrs += count
    return count
  }

  /** Counts what is left once every path is known. */
  finish(master: MasterNode, reached: ReadonlyMap<number, unknown>): StreamTree['hidden'] {
    const where = `delete queue (object ${master.deleteQueue})`
    const queue = objectOf(this.#set, master.deleteQueue, ObjectType.unlinkedSet, where)
    const unlinked = readDirectory(queue, this.#options(where))
    for (const { object } of unlinked) this.#known.add(object)
    let others = 0
    for (const { number, type } of this.#set.objects.values()) {
      const isNode = type === ObjectType.file || type === ObjectType.directory
      if (isNode && !reached.has(number) && !this.#known.has(number)) others += 1
    }
    return {
      xattrDirectories: this.#xattrDirectories,
      xattrs: this.#xattrs,
      unlinked: unlinked.length,
      others,
    }
  }

  #countDirectory(number: number, where: string): number {
    const directory = objectOf(this.#set, number, ObjectType.directory, where)
    this.#budget.claimDirectory(number, where)
    this.#known.add(number)
    const entries = readDirectory(directory, this.#options(where))
    this.#budget.spend(entries.length)
    for (const { object } of entries) this.#known.add(object)
    return entries.length
  }

  #options(where: string) {
    return { littleEndian: this.#set.begin.littleEndian, maxEntries: this.#budget.left, where }
  }
}
