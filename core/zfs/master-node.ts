// The master node: object 1, where everything else in a file system is found (zfs-stream.md 5.1).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { ObjectType, type ObjectSet, type StreamObject } from './object-set.ts'
import { corruptZap, type ZapEntry } from './zap/entry.ts'
import { readObjectZap } from './zap/read-zap.ts'

export interface MasterNode {
  /** 1 to 5 */
  zplVersion: number
  /** object numbers */
  root: number
  deleteQueue: number
  /** where the tables of system attributes are; ZPL 5 alone */
  saMasterNode?: number
  shares?: number
  /** 0 none */
  normalization: bigint
  caseSensitivity: 'sensitive' | 'insensitive' | 'mixed'
  utf8Only: boolean
}

export const MASTER_NODE = 1

const MAX_ZPL_VERSION = 5
/** far more than there are properties, quota lists included */
const MAX_MASTER_ENTRIES = 1024
const WHERE = 'master node (object 1)'
const caseSensitivities = ['sensitive', 'insensitive', 'mixed'] as const

/** @throws CorruptStream; UnsupportedZfsStream for the ZPL version of Oracle Solaris and what may come after it */
export function readMasterNode(set: ObjectSet): MasterNode {
  const object = objectOf(set, MASTER_NODE, ObjectType.masterNode, WHERE)
  const entries = readObjectZap(object, {
    littleEndian: set.begin.littleEndian,
    maxEntries: MAX_MASTER_ENTRIES,
    where: WHERE,
  })
  const values = numbersOf(entries, WHERE)
  const version = values.get('VERSION')
  if (version === undefined || version === 0n) throw corruptZap(WHERE, 'it states no ZPL version')
  if (version > BigInt(MAX_ZPL_VERSION)) {
    throw refusal(
      'UnsupportedZfsStream',
      `the file system has ZPL version ${version}, which only Oracle Solaris has: expected 1 to ${MAX_ZPL_VERSION}; send one made with version=4, or an archive`,
    )
  }
  const saMasterNode = objectNumber(values, 'SA_ATTRS')
  if (version === 5n && saMasterNode === undefined) {
    throw corruptZap(WHERE, 'it has no SA_ATTRS, expected them in ZPL version 5')
  }
  const shares = objectNumber(values, 'SHARES')
  return {
    zplVersion: Number(version),
    root: required(values, 'ROOT'),
    deleteQueue: required(values, 'DELETE_QUEUE'),
    ...(saMasterNode !== undefined && { saMasterNode }),
    ...(shares !== undefined && { shares }),
    normalization: values.get('normalization') ?? 0n,
    caseSensitivity: caseSensitivities[Number(values.get('casesensitivity') ?? 0n)] ?? 'mixed',
    utf8Only: (values.get('utf8only') ?? 0n) !== 0n,
  }
}

/**
 * An object that must be there and be of this type.
 * @throws CorruptStream naming `where`
 */
export function objectOf(set: ObjectSet, number: number, type: number, where: string): StreamObject {
  const object = set.objects.get(number)
  if (object === undefined)
    throw corruptZap(where, `object ${number} is missing, expected one of type ${type}`)
  if (object.type !== type) {
    throw corruptZap(where, `object ${number} has type ${object.type}, expected ${type}`)
  }
  return object
}

/**
 * Entries that are one 64-bit number, by name.
 * @throws CorruptStream naming `where` when a name stands twice: nobody could say which one counts
 */
export function numbersOf(entries: readonly ZapEntry[], where: string): Map<string, bigint> {
  const names = new TextDecoder()
  const values = new Map<string, bigint>()
  for (const { name, integerBytes, values: numbers } of entries) {
    const [value] = numbers
    if (integerBytes !== 8 || numbers.length !== 1 || value === undefined) continue
    const key = names.decode(name)
    if (values.has(key)) throw corruptZap(where, `it has ${quoted(key)} twice`)
    values.set(key, value)
  }
  return values
}

/** The object that the entry `key` names; undefined when there is none. */
export function objectNumber(values: ReadonlyMap<string, bigint>, key: string): number | undefined {
  const value = values.get(key)
  return value === undefined || value === 0n ? undefined : Number(value)
}

function required(values: ReadonlyMap<string, bigint>, key: string): number {
  const number = objectNumber(values, key)
  if (number === undefined) throw corruptZap(WHERE, `it has no ${key}, expected the number of an object`)
  return number
}
