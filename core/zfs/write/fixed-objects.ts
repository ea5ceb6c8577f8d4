// The objects that every file system has before its first directory (zfs-stream.md 5.1, 8.1, 12).
import { ObjectType } from '../object-set.ts'
import { encodeZap } from './encode-zap.ts'
import { encodeFatZap } from './fat-zap.ts'
import type { NumberEntry } from './micro-zap.ts'
import { attributeNumbers, LAYOUTS, REGISTRY, registryValue } from './system-attributes.ts'
import { zapObject, type WrittenObject } from './written-object.ts'

/** Object numbers. Those of everything with a name follow. */
export interface FixedNumbers {
  deleteQueue: number
  root: number
}

const MASTER_NODE = 1
const SA_MASTER_NODE = 2
const SA_REGISTRY = 3
const SA_LAYOUTS = 4
const LAYOUT_INTEGER_BYTES = 2

export function fixedNumbers(zpl: 4 | 5): FixedNumbers {
  return zpl === 5 ? { deleteQueue: 5, root: 6 } : { deleteQueue: 2, root: 3 }
}

/** In ascending order, up to the root directory and without it. `saltOf` gives the salt of an object. */
export function fixedObjects(zpl: 4 | 5, saltOf: (object: number) => bigint): WrittenObject[] {
  const { deleteQueue, root } = fixedNumbers(zpl)
  const zap = (object: number, type: number, values: Record<string, number | bigint>) =>
    zapObject(object, type, encodeZap(named(values), saltOf(object)))
  const master = zap(MASTER_NODE, ObjectType.masterNode, {
    VERSION: zpl,
    DELETE_QUEUE: deleteQueue,
    ROOT: root,
    normalization: 0,
    utf8only: 0,
    casesensitivity: 0,
    ...(zpl === 5 && { SA_ATTRS: SA_MASTER_NODE }),
  })
  const queue = zap(deleteQueue, ObjectType.unlinkedSet, {})
  if (zpl < 5) return [master, queue]
  const registry = REGISTRY.map(([name, length, byteswap], number) => [
    name,
    registryValue(number, length, byteswap),
  ])
  return [
    master,
    zap(SA_MASTER_NODE, ObjectType.saMasterNode, { REGISTRY: SA_REGISTRY, LAYOUTS: SA_LAYOUTS }),
    zap(SA_REGISTRY, ObjectType.saRegistry, Object.fromEntries(registry) as Record<string, bigint>),
    zapObject(SA_LAYOUTS, ObjectType.saLayouts, encodeLayouts(saltOf(SA_LAYOUTS))),
    queue,
  ]
}

function named(values: Record<string, number | bigint>): NumberEntry[] {
  const encoder = new TextEncoder()
  return Object.entries(values).map(([name, value]) => ({ name: encoder.encode(name), value: BigInt(value) }))
}

function encodeLayouts(salt: bigint): Uint8Array[] {
  const encoder = new TextEncoder()
  const entries = Array.from(LAYOUTS, ([number, names]) => ({
    name: encoder.encode(`${number}`),
    integerBytes: LAYOUT_INTEGER_BYTES as 2,
    values: names.map((name) => BigInt(attributeNumbers.get(name) ?? 0)),
  }))
  return encodeFatZap(entries, salt)
}
