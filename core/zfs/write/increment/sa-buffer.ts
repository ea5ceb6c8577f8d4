// A buffer of system attributes, taken apart and put together again in its own layout and byte order (zfs-stream.md 8.2).
import { corruptObject } from '../../attributes/corrupt.ts'
import { readSaHeader, SA_MAGIC } from '../../attributes/sa-header.ts'
import type { SaTables } from '../../attributes/sa-tables.ts'

const SPILL_UNIT = 512
const LENGTHS_AT = 6

interface Part {
  name: string
  bytes: Uint8Array
  /** its length stands in the header */
  isVariable: boolean
}

export class SaBuffer {
  readonly littleEndian: boolean
  readonly #object: number
  readonly #layout: number
  readonly #headerBytes: number
  readonly #parts: Part[] = []

  /** @throws CorruptStream when the buffer is not as its layout says */
  constructor(object: number, bytes: Uint8Array, tables: SaTables | undefined) {
    const header = readSaHeader(bytes)
    const layout = header && tables?.layouts.get(header.layout)
    if (!header || !layout) throw corruptObject(object, 'its system attributes are in no known layout')
    this.littleEndian = header.littleEndian
    this.#object = object
    this.#layout = header.layout
    this.#headerBytes = header.headerBytes
    let lengthAt = LENGTHS_AT
    let at = header.headerBytes
    for (const number of layout) {
      const { name = '', length: fixed = 0 } = tables?.attributes.get(number) ?? {}
      const isVariable = fixed === 0
      if (isVariable && lengthAt + 2 > header.headerBytes)
        throw corruptObject(object, `the length of ${name} is missing`)
      const length = isVariable ? header.view.getUint16(lengthAt, this.littleEndian) : fixed
      if (isVariable) lengthAt += 2
      if (at + length > bytes.byteLength)
        throw corruptObject(object, `${name} of ${length} bytes does not fit`)
      this.#parts.push({ name, bytes: bytes.slice(at, at + length), isVariable })
      at += roundUp(length, 8)
    }
  }

  has(name: string): boolean {
    return this.#parts.some((part) => part.name === name)
  }

  /** The first 64 bits of an attribute that is there. */
  number(name: string): bigint {
    const { bytes } = this.#part(name)
    if (bytes.byteLength < 8) throw corruptObject(this.#object, `${name} of ${bytes.byteLength} bytes`)
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, this.littleEndian)
  }

  setNumbers(name: string, values: readonly (number | bigint)[]): void {
    const view = new DataView(new ArrayBuffer(8 * values.length))
    for (const [index, value] of values.entries())
      view.setBigUint64(8 * index, BigInt.asUintN(64, BigInt(value)), this.littleEndian)
    this.set(name, new Uint8Array(view.buffer))
  }

  /** @throws CorruptStream when its length is fixed and another */
  set(name: string, bytes: Uint8Array): void {
    const part = this.#part(name)
    if (!part.isVariable && part.bytes.byteLength !== bytes.byteLength)
      throw corruptObject(
        this.#object,
        `${name} of ${part.bytes.byteLength} bytes, expected ${bytes.byteLength}`,
      )
    part.bytes = bytes
  }

  encode(isSpill: boolean): Uint8Array {
    const length = this.#parts.reduce(
      (sum, { bytes }) => sum + roundUp(bytes.byteLength, 8),
      this.#headerBytes,
    )
    const encoded = new Uint8Array(isSpill ? roundUp(length, SPILL_UNIT) : length)
    const view = new DataView(encoded.buffer)
    view.setUint32(0, SA_MAGIC, this.littleEndian)
    view.setUint16(4, ((this.#headerBytes / 8) << 10) | this.#layout, this.littleEndian)
    let lengthAt = LENGTHS_AT
    let at = this.#headerBytes
    for (const { bytes, isVariable } of this.#parts) {
      if (isVariable) {
        view.setUint16(lengthAt, bytes.byteLength, this.littleEndian)
        lengthAt += 2
      }
      encoded.set(bytes, at)
      at += roundUp(bytes.byteLength, 8)
    }
    return encoded
  }

  #part(name: string): Part {
    const found = this.#parts.find((part) => part.name === name)
    if (found) return found
    throw corruptObject(this.#object, `it has no ${name}`)
  }
}

function roundUp(length: number, unit: number): number {
  return Math.ceil(length / unit) * unit
}
