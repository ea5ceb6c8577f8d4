// File systems made by hand, for tests alone: ZPL 4, little-endian, as an object set.
import { ObjectType, type ObjectSet, type StreamObject } from '#core/zfs/object-set.ts'
import type { BeginInfo } from '#core/zfs/records.ts'
import { bytesOf, makeMicroZap } from './zap/make-zap.ts'

export const begin: BeginInfo = {
  headerType: 1,
  features: 0n,
  flags: 0,
  objsetType: 2,
  created: 1_700_000_000,
  toGuid: '1',
  fromGuid: '0',
  toName: 'pool/made@by-hand',
  littleEndian: true,
}

export interface MadeZnode {
  mode: number
  size?: number | bigint
  links?: number
  mtime?: [seconds: bigint, nanoseconds: bigint]
  xattr?: number
  device?: bigint
  flags?: bigint
  uid?: bigint
  gid?: bigint
  generation?: bigint
  /** what follows the fixed part */
  more?: Uint8Array
}

export function makeZnode(node: MadeZnode, littleEndian = true): Uint8Array {
  const bonus = new Uint8Array(264 + (node.more?.length ?? 0))
  const view = new DataView(bonus.buffer)
  const put = (at: number, value: number | bigint) => view.setBigUint64(at, BigInt(value), littleEndian)
  const [seconds, nanoseconds] = node.mtime ?? [1_700_000_000n, 5n]
  view.setBigInt64(16, seconds, littleEndian)
  put(24, nanoseconds)
  put(64, node.generation ?? 7n)
  put(72, node.mode)
  put(80, node.size ?? 0)
  put(88, 4)
  put(96, node.links ?? 1)
  put(104, node.xattr ?? 0)
  put(112, node.device ?? 0n)
  put(120, node.flags ?? 4n)
  put(128, node.uid ?? 0n)
  put(136, node.gid ?? 0n)
  bonus.set(node.more ?? [], 264)
  return bonus
}

/** An entry's value: object and, in its top bits, type. */
export const entryValue = (object: number, type = 0): bigint => BigInt(object) | (BigInt(type) << 60n)

export function zapObject(number: number, type: number, entries: Record<string, bigint>): StreamObject {
  const made = Object.entries(entries).map(([name, value]) => ({ name: bytesOf(name), values: [value] }))
  return objectWith(number, type, makeMicroZap(made))
}

/** An object whose only content is a ZAP. */
export function objectWith(number: number, type: number, blocks: Map<number, Uint8Array>): StreamObject {
  const blockSize = blocks.get(0)?.length ?? 512
  return { number, type, bonusType: 0, blockSize, slots: 1, bonus: new Uint8Array(), blocks }
}

/** Objects 5 and more are the caller's; 4 is the root. */
export class MadeSet {
  readonly objects = new Map<number, StreamObject>()

  constructor(master: Record<string, bigint> = {}) {
    this.put(zapObject(1, ObjectType.masterNode, { VERSION: 4n, ROOT: 4n, DELETE_QUEUE: 3n, ...master }))
    this.put(zapObject(3, ObjectType.unlinkedSet, {}))
    this.directory(4, {})
  }

  put(object: StreamObject): this {
    this.objects.set(object.number, object)
    return this
  }

  directory(number: number, entries: Record<string, bigint>, node: Partial<MadeZnode> = {}): this {
    return this.directoryOf(
      number,
      Object.entries(entries).map(([name, value]) => [bytesOf(name), value]),
      node,
    )
  }

  directoryOf(
    number: number,
    entries: [name: Uint8Array, value: bigint][],
    node: Partial<MadeZnode> = {},
  ): this {
    const blocks = makeMicroZap(entries.map(([name, value]) => ({ name, values: [value] })))
    return this.put({
      ...objectWith(number, ObjectType.directory, blocks),
      bonusType: ObjectType.znode,
      bonus: makeZnode({ mode: 0o040755, ...node }),
    })
  }

  node(number: number, node: MadeZnode, blocks?: Map<number, Uint8Array>): this {
    const bonus = makeZnode(node)
    return this.put({
      number,
      type: ObjectType.file,
      bonusType: ObjectType.znode,
      blockSize: 512,
      slots: 1,
      bonus,
      ...(blocks && { blocks }),
    })
  }

  file(number: number, node: Partial<MadeZnode> = {}): this {
    return this.node(number, { mode: 0o100644, ...node })
  }

  set(over: Partial<BeginInfo> = {}): ObjectSet {
    return { begin: { ...begin, ...over }, objects: this.objects }
  }
}
