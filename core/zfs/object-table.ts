// The objects of a file system while records change them, within limits (zfs-stream.md 5, 11, 16 item 24).
import { refusal } from '../archive/refusals.ts'
import { KeptBlocks } from './kept-blocks.ts'
import type { ObjectSet, ObjectSetLimits, SetUsage, StreamObject } from './object-set.ts'
import { SortedList } from './sorted-list.ts'

const PACK_BYTES = 64 * 1024

/** An object, and its blocks when they are kept. */
export interface TableObject extends Omit<StreamObject, 'blocks'> {
  blocks?: KeptBlocks
}

export class ObjectTable {
  readonly #limits: ObjectSetLimits
  readonly #objects = new Map<number, TableObject>()
  readonly #numbers = new SortedList<number>((number) => number)
  /** slots of the largest object so far */
  #widest = 1
  #metadataBytes = 0

  /** Begins with a copy of `base`, or empty. */
  constructor(limits: ObjectSetLimits, base?: ObjectSet) {
    this.#limits = limits
    for (const { blocks, ...object } of base?.objects.values() ?? []) {
      this.put({ ...object, ...(blocks && { blocks: new KeptBlocks(blocks) }) })
    }
  }

  get usage(): SetUsage {
    return { objects: this.#objects.size, metadataBytes: this.#metadataBytes }
  }

  get(number: number): TableObject | undefined {
    return this.#objects.get(number)
  }

  /** An object as it is by now, in the form that release() gives. */
  peek(number: number): StreamObject | undefined {
    const object = this.#objects.get(number)
    return object && plain(object)
  }

  /** The object one of whose further slots the number is. */
  occupant(number: number): TableObject | undefined {
    for (let back = 1; back < this.#widest; back++) {
      const object = this.#objects.get(number - back)
      if (object !== undefined) return object.slots > back ? object : undefined
    }
    return undefined
  }

  /** Adds the object or replaces the one of its number. @throws TooManyEntries, TooManyBytes */
  put(object: TableObject): void {
    const { number } = object
    const old = this.#objects.get(number)
    if (old === undefined && this.#objects.size >= this.#limits.maxObjects) {
      throw refusal(
        'TooManyEntries',
        `zfs stream has more than ${this.#limits.maxObjects} objects, expected fewer`,
      )
    }
    this.reserve(bytesOf(object) - (old === undefined ? 0 : bytesOf(old)))
    this.#objects.set(number, object)
    if (old === undefined) this.#numbers.insert(number)
    this.#widest = Math.max(this.#widest, object.slots)
  }

  /** Accounts for metadata before it is kept; less than 0 when some is gone. @throws TooManyBytes */
  reserve(bytes: number): void {
    this.#metadataBytes += bytes
    if (this.#metadataBytes > this.#limits.maxMetadataBytes) {
      throw refusal(
        'TooManyBytes',
        `zfs stream has more than ${this.#limits.maxMetadataBytes} bytes of directories and attributes, expected fewer`,
      )
    }
  }

  /** The objects of `count` numbers from `first` on are gone; `count` may be Infinity. */
  forget(first: number, count: number): void {
    for (const number of this.#numbers.cut(first, first + count)) {
      const object = this.#objects.get(number)
      if (object !== undefined) this.#metadataBytes -= bytesOf(object)
      this.#objects.delete(number)
    }
  }

  /** All objects by number; the table is not to be used any more. */
  release(): Map<number, StreamObject> {
    const objects = new Map<number, StreamObject>()
    const pack = packer()
    for (const number of this.#numbers.from(0)) {
      const object = this.#objects.get(number)
      if (object !== undefined) objects.set(number, { ...plain(object), bonus: pack(object.bonus) })
      // what is handed over need not be held twice
      this.#objects.delete(number)
    }
    return objects
  }
}

/** Copies many small arrays into few large ones: a buffer of its own costs each as much again as it holds. */
function packer(): (bytes: Uint8Array) => Uint8Array {
  let pack = new Uint8Array(PACK_BYTES)
  let used = 0
  return (bytes) => {
    const { byteLength } = bytes
    if (byteLength > PACK_BYTES) return bytes
    if (used + byteLength > PACK_BYTES) [pack, used] = [new Uint8Array(PACK_BYTES), 0]
    pack.set(bytes, used)
    used += byteLength
    return pack.subarray(used - byteLength, used)
  }
}

function plain({ blocks, ...rest }: TableObject): StreamObject {
  return { ...rest, ...(blocks && { blocks: blocks.map }) }
}

function bytesOf({ bonus, spill, blocks }: TableObject): number {
  return bonus.byteLength + (spill?.byteLength ?? 0) + (blocks?.bytes ?? 0)
}
