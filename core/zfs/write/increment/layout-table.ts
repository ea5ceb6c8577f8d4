// Layouts of a base's system attributes: one that it has for a set of attributes, or a new one (zfs-stream.md 8.1).
import { refusal } from '../../../archive/refusals.ts'
import { numbersOf, objectNumber, objectOf } from '../../master-node.ts'
import { ObjectType, type StreamObject } from '../../object-set.ts'
import { readObjectZap } from '../../zap/read-zap.ts'
import { encodeFatZap } from '../fat-zap.ts'
import { attributeNumbers, type AttributeName, type ChosenLayout } from '../system-attributes.ts'
import { zapObject, type WrittenObject } from '../written-object.ts'
import type { FatEntry } from '../zap-leaf.ts'
import type { BaseForm } from './base-form.ts'

const MAX_LAYOUT = 1023
const FIRST_LAYOUT = 2
const LAYOUT_INTEGER_BYTES = 2

export class LayoutTable {
  readonly #form: BaseForm
  /** the base's number of each attribute */
  readonly #numbers = new Map<string, number>()
  readonly #layouts: ChosenLayout[] = []
  readonly #added: ChosenLayout[] = []
  /** of all layouts, those of attributes that we do not know included */
  #highest = FIRST_LAYOUT - 1

  constructor(form: BaseForm) {
    this.#form = form
    const attributes = form.tables?.attributes
    for (const [number, { name }] of attributes ?? []) this.#numbers.set(name, number)
    for (const [number, members] of form.tables?.layouts ?? []) {
      this.#highest = Math.max(this.#highest, number)
      const names = members.map((member) => attributes?.get(member)?.name).filter(isKnown)
      if (names.length === members.length) this.#layouts.push({ number, names })
    }
  }

  /** The layout with exactly these attributes; a project beside them does no harm. @throws UnsupportedZfsStream */
  choose = (wanted: readonly AttributeName[]): ChosenLayout => {
    const found = this.#find(wanted) ?? this.#find([...wanted, 'ZPL_PROJID'])
    return found ?? this.#add(wanted)
  }

  /** The layouts' object once more, when there are new ones in it. */
  changed(salt: bigint): WrittenObject | undefined {
    if (this.#added.length === 0) return undefined
    const object = this.#layoutsObject()
    const { littleEndian } = this.#form
    const before = readObjectZap(object, { littleEndian, maxEntries: MAX_LAYOUT + 1, where: 'sa layouts' })
    const added = this.#added.map(({ number, names }): FatEntry => ({
      name: new TextEncoder().encode(`${number}`),
      integerBytes: LAYOUT_INTEGER_BYTES,
      values: names.map((name) => BigInt(this.#numbers.get(name) ?? 0)),
    }))
    const blocks = encodeFatZap([...before, ...added], salt, { littleEndian })
    return { ...zapObject(object.number, object.type, blocks), slots: object.slots }
  }

  #find(wanted: readonly AttributeName[]): ChosenLayout | undefined {
    return this.#layouts.find(
      ({ names }) => names.length === wanted.length && wanted.every((name) => names.includes(name)),
    )
  }

  #add(names: readonly AttributeName[]): ChosenLayout {
    const unknown = names.find((name) => !this.#numbers.has(name))
    const number = this.#highest + 1
    if (unknown !== undefined || number > MAX_LAYOUT) {
      const lack = unknown === undefined ? `no layout number below ${number}` : `no attribute ${unknown}`
      throw refusal(
        'UnsupportedZfsStream',
        `the file system of ${this.#form.set.begin.toName} has ${lack} free for what is to be added, expected one`,
      )
    }
    const layout = { number, names }
    this.#highest = number
    this.#layouts.push(layout)
    this.#added.push(layout)
    return layout
  }

  #layoutsObject(): StreamObject {
    const { set, littleEndian, saMasterNode = 0 } = this.#form
    const where = `sa master node (object ${saMasterNode})`
    const master = objectOf(set, saMasterNode, ObjectType.saMasterNode, where)
    const entries = readObjectZap(master, { littleEndian, maxEntries: MAX_LAYOUT, where })
    const number = objectNumber(numbersOf(entries, where), 'LAYOUTS') ?? 0
    return objectOf(set, number, ObjectType.saLayouts, where)
  }
}

function isKnown(name: string | undefined): name is AttributeName {
  return name !== undefined && (attributeNumbers.has(name as AttributeName) || name === 'ZPL_PROJID')
}
