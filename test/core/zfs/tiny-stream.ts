// Streams written field by field, for tests of what real senders do not send.
import { Fletcher4 } from '#core/zfs/fletcher4.ts'

/** Fields by offset: number 32 bits, bigint 64 bits, text and bytes as they are, `{ u8 }` one byte. */
export type Fields = Record<number, number | bigint | string | Uint8Array | { u8: number }>

export interface TinyRecord {
  type: number
  fields?: Fields
  payload?: Uint8Array
}

export interface TinyOptions {
  littleEndian?: boolean
  /** whether headers carry the running checksum; END's body does either way */
  checksums?: boolean
}

export const BEGIN = (fields: Fields = {}, payload?: Uint8Array): TinyRecord => ({
  type: 0,
  fields: {
    4: payload?.byteLength ?? 0,
    8: 0x2f5bacbacn,
    16: 1n,
    32: 2,
    40: 77n,
    56: 'pool/tiny@snap',
    ...fields,
  },
  ...(payload && { payload }),
})
export const END = (fields: Fields = {}): TinyRecord => ({ type: 5, fields: { 40: 77n, ...fields } })
export const OBJECT = (object: bigint, fields: Fields = {}, payload?: Uint8Array): TinyRecord => ({
  type: 1,
  fields: {
    8: object,
    16: 19,
    24: 512,
    ...(payload && { 20: 17, 28: payload.byteLength }),
    34: { u8: 1 },
    40: 77n,
    ...fields,
  },
  ...(payload && { payload }),
})
export const WRITE = (object: bigint, fields: Fields, payload: Uint8Array): TinyRecord => ({
  type: 3,
  fields: { 8: object, 16: 19, 24: 0n, 32: BigInt(payload.byteLength), 40: 77n, ...fields },
  payload,
})

/** The bytes of these records with their checksums. An END directly behind another END is a package's. */
export function tinyStream(
  records: readonly TinyRecord[],
  { littleEndian = true, checksums = true }: TinyOptions = {},
): Uint8Array {
  let sum = new Fletcher4(littleEndian)
  let between = true
  const parts = records.flatMap(({ type, fields = {}, payload = new Uint8Array() }) => {
    const header = new Uint8Array(312)
    const view = new DataView(header.buffer)
    view.setUint32(0, type, littleEndian)
    for (const [offset, value] of Object.entries(fields)) set(view, Number(offset), value, littleEndian)
    const store = (at: number) =>
      sum.value().forEach((word, index) => view.setBigUint64(at + 8 * index, word, littleEndian))
    if (type === 0) sum = new Fletcher4(littleEndian)
    else if (type === 5 && !between) store(8)
    sum.update(header.subarray(0, 280))
    if (checksums && type !== 0 && !(type === 5 && between)) store(280)
    sum.update(header.subarray(280))
    sum.update(payload)
    between = type === 5
    return [header, payload]
  })
  return Buffer.concat(parts)
}

function set(view: DataView, offset: number, value: Fields[number], littleEndian: boolean): void {
  if (typeof value === 'number') view.setUint32(offset, value, littleEndian)
  else if (typeof value === 'bigint') view.setBigUint64(offset, value, littleEndian)
  else if (typeof value === 'string') new Uint8Array(view.buffer).set(Buffer.from(value), offset)
  else if (value instanceof Uint8Array) new Uint8Array(view.buffer).set(value, offset)
  else view.setUint8(offset, value.u8)
}
