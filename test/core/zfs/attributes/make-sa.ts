// Buffers of system attributes made by hand, for tests alone.
import type { SaTables } from '#core/zfs/attributes/sa-tables.ts'

const names = [
  'ATIME',
  'MTIME',
  'CTIME',
  'CRTIME',
  'GEN',
  'MODE',
  'SIZE',
  'PARENT',
  'LINKS',
  'XATTR',
  'RDEV',
  'FLAGS',
  'UID',
  'GID',
] as const
const lengths = new Map([
  ['ATIME', 16],
  ['MTIME', 16],
  ['CTIME', 16],
  ['CRTIME', 16],
])

/** Numbers as on no real system, so that nobody gets them from elsewhere: 100 and on; variable ones from 200. */
export const number = (name: string): number =>
  name === 'SYMLINK'
    ? 200
    : name === 'DXATTR'
      ? 201
      : name === 'ACES'
        ? 202
        : 100 + names.findIndex((one) => one === name)

export const BASIC = [
  'MODE',
  'SIZE',
  'GEN',
  'UID',
  'GID',
  'PARENT',
  'FLAGS',
  'ATIME',
  'MTIME',
  'CTIME',
  'CRTIME',
  'LINKS',
]

export function makeTables(layouts: Record<number, readonly string[]>): SaTables {
  const attributes = new Map(
    names.map((name) => [number(name), { name: `ZPL_${name}`, length: lengths.get(name) ?? 8 }]),
  )
  attributes.set(200, { name: 'ZPL_SYMLINK', length: 0 })
  attributes.set(201, { name: 'ZPL_DXATTR', length: 0 })
  attributes.set(202, { name: 'ZPL_DACL_ACES', length: 0 })
  return {
    attributes,
    layouts: new Map(Object.entries(layouts).map(([layout, all]) => [Number(layout), all.map(number)])),
  }
}

/** In the order given; numbers are one word, pairs two, bytes are of variable size. */
export function makeSa(
  layout: number,
  values: readonly (bigint | readonly [bigint, bigint] | Uint8Array)[],
  littleEndian = true,
): Uint8Array {
  const variable = values.filter((value) => value instanceof Uint8Array)
  const headerBytes = Math.ceil((6 + 2 * Math.max(1, variable.length)) / 8) * 8
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x2f505a, littleEndian)
  view.setUint16(4, layout | ((headerBytes / 8) << 10), littleEndian)
  for (const [index, { length }] of variable.entries()) view.setUint16(6 + 2 * index, length, littleEndian)
  let at = headerBytes
  for (const value of values) {
    if (value instanceof Uint8Array) {
      bytes.set(value, at)
      at += Math.ceil(value.length / 8) * 8
      continue
    }
    for (const word of typeof value === 'bigint' ? [value] : value) {
      view.setBigInt64(at, BigInt.asIntN(64, word), littleEndian)
      at += 8
    }
  }
  return bytes.slice(0, at)
}
