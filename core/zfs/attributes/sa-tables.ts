// Which attributes a ZPL 5 file system has, and in which orders they are stored: each has its own numbers (zfs-stream.md 8.1).
import { quoted } from '../../quoted.ts'
import { numbersOf, objectNumber, objectOf, readMasterNode } from '../master-node.ts'
import { ObjectType, type ObjectSet } from '../object-set.ts'
import { corruptZap, type ZapEntry } from '../zap/entry.ts'
import { readObjectZap } from '../zap/read-zap.ts'

export interface SaAttribute {
  name: string
  /** bytes; 0 when the buffer states it */
  length: number
}

export interface SaTables {
  /** by number */
  attributes: ReadonlyMap<number, SaAttribute>
  /** numbers of attributes in the order in which they are stored, by number of the layout */
  layouts: ReadonlyMap<number, readonly number[]>
}

/** attribute numbers have 16 bits */
const MAX_ATTRIBUTES = 65_536
/** layout numbers have 10 */
const MAX_LAYOUTS = 1024
/** reserved: buffers without attributes */
const EMPTY_LAYOUTS = [0, 1]

/** Undefined for a file system before ZPL 5. @throws CorruptStream, UnsupportedZfsStream */
export function readSaTables(set: ObjectSet): SaTables | undefined {
  const { saMasterNode } = readMasterNode(set)
  if (saMasterNode === undefined) return undefined
  const where = `sa master node (object ${saMasterNode})`
  const master = numbersOf(entriesOf(set, saMasterNode, ObjectType.saMasterNode, where, MAX_LAYOUTS), where)
  const registry = objectNumber(master, 'REGISTRY')
  const layouts = objectNumber(master, 'LAYOUTS')
  const attributes = registry === undefined ? new Map<number, SaAttribute>() : readRegistry(set, registry)
  return {
    attributes,
    layouts: layouts === undefined ? new Map<number, number[]>() : readLayouts(set, layouts, attributes),
  }
}

function entriesOf(
  set: ObjectSet,
  number: number,
  type: number,
  where: string,
  maxEntries: number,
): ZapEntry[] {
  const object = objectOf(set, number, type, where)
  return readObjectZap(object, { littleEndian: set.begin.littleEndian, maxEntries, where })
}

/** Bits 0 to 15 of a registration are the number, 24 to 39 the length. */
function readRegistry(set: ObjectSet, number: number): Map<number, SaAttribute> {
  const where = `sa registry (object ${number})`
  const attributes = new Map<number, SaAttribute>()
  const entries = entriesOf(set, number, ObjectType.saRegistry, where, MAX_ATTRIBUTES)
  for (const [name, value] of numbersOf(entries, where)) {
    const attribute = Number(value & 0xffffn)
    const other = attributes.get(attribute)
    if (other !== undefined) {
      throw corruptZap(where, `attribute ${attribute} is ${other.name} and ${name}, expected one of them`)
    }
    attributes.set(attribute, { name, length: Number((value >> 24n) & 0xffffn) })
  }
  return attributes
}

function readLayouts(
  set: ObjectSet,
  number: number,
  attributes: ReadonlyMap<number, SaAttribute>,
): Map<number, readonly number[]> {
  const where = `sa layouts (object ${number})`
  const layouts = new Map<number, readonly number[]>(EMPTY_LAYOUTS.map((layout) => [layout, []]))
  const names = new TextDecoder()
  for (const { name, integerBytes, values } of entriesOf(
    set,
    number,
    ObjectType.saLayouts,
    where,
    MAX_LAYOUTS,
  )) {
    const text = names.decode(name)
    if (!/^(0|[1-9]\d{0,3})$/.test(text) || integerBytes !== 2) {
      throw corruptZap(
        where,
        `${quoted(text)} with integers of ${integerBytes} bytes, expected a number with 2`,
      )
    }
    const layout = values.map(Number)
    const unknown = layout.find((attribute) => !attributes.has(attribute))
    if (unknown !== undefined) {
      throw corruptZap(where, `layout ${text} has attribute ${unknown}, which is not registered`)
    }
    if (new Set(layout).size !== layout.length) {
      throw corruptZap(where, `layout ${text} has an attribute twice`)
    }
    layouts.set(Number(text), layout)
  }
  return layouts
}
