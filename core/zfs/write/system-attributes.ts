// The attributes of a file system of ZPL 5: in the bonus, and what does not fit there in a spill block (zfs-stream.md 8).
import { SA_MAGIC } from '../attributes/sa-header.ts'
import { MAX_BONUS_BYTES } from '../attributes/znode.ts'
import { aclOfMode, encodeAcl, flagsOfMode } from './acl.ts'
import { fullMode, type WrittenAttributes } from './attributes.ts'

const SPILL_UNIT = 512
const ZPL = 5
/** of the flags word: the project's number counts */
const HAS_PROJECT = 0x8000_0000_0000n

/** What a file system of ours registers: the place is the number. `length` 0 is of any length, `byteswap` a class of 8.1. */
export const REGISTRY = [
  ['ZPL_ATIME', 16, 0],
  ['ZPL_MTIME', 16, 0],
  ['ZPL_CTIME', 16, 0],
  ['ZPL_CRTIME', 16, 0],
  ['ZPL_GEN', 8, 0],
  ['ZPL_MODE', 8, 0],
  ['ZPL_SIZE', 8, 0],
  ['ZPL_PARENT', 8, 0],
  ['ZPL_LINKS', 8, 0],
  ['ZPL_XATTR', 8, 0],
  ['ZPL_RDEV', 8, 0],
  ['ZPL_FLAGS', 8, 0],
  ['ZPL_UID', 8, 0],
  ['ZPL_GID', 8, 0],
  ['ZPL_PAD', 32, 0],
  ['ZPL_ZNODE_ACL', 88, 3],
  ['ZPL_DACL_COUNT', 8, 0],
  ['ZPL_SYMLINK', 0, 3],
  ['ZPL_SCANSTAMP', 32, 3],
  ['ZPL_DACL_ACES', 0, 4],
  ['ZPL_DXATTR', 0, 3],
] as const satisfies readonly (readonly [name: string, length: number, byteswap: number])[]

/** Projects are a feature of newer file systems: theirs may have the attribute, ours has not. */
export type AttributeName = (typeof REGISTRY)[number][0] | 'ZPL_PROJID'

/** The number of each attribute in a file system of ours. */
export const attributeNumbers: ReadonlyMap<AttributeName, number> = new Map(
  REGISTRY.map(([name], number) => [name, number]),
)

/** The value of an attribute in the registration ZAP. */
export function registryValue(number: number, length: number, byteswap: number): bigint {
  return (BigInt(length) << 24n) | (BigInt(byteswap) << 16n) | BigInt(number)
}

/** Quota accounting reads the first seven at fixed places. */
const common: readonly AttributeName[] = [
  'ZPL_MODE',
  'ZPL_SIZE',
  'ZPL_GEN',
  'ZPL_UID',
  'ZPL_GID',
  'ZPL_PARENT',
  'ZPL_FLAGS',
  'ZPL_ATIME',
  'ZPL_MTIME',
  'ZPL_CTIME',
  'ZPL_CRTIME',
  'ZPL_LINKS',
]
const acl: readonly AttributeName[] = ['ZPL_DACL_COUNT', 'ZPL_DACL_ACES']
const plain: readonly AttributeName[] = [...common, ...acl]
const device: readonly AttributeName[] = [...common, 'ZPL_RDEV', ...acl]
const symlink: readonly AttributeName[] = [...common, ...acl, 'ZPL_SYMLINK']

/** Attributes in the order in which they stand, by layout number: they begin at 2 and leave out none. */
type Layouts = ReadonlyMap<number, readonly AttributeName[]>

/**
 * What goes to the spill block when the bonus is too small. What stays has at most 192 bytes, with six entries in its ACL: the
 * pointer to the spill block needs the rest.
 */
const MOVABLE: AttributeName = 'ZPL_SYMLINK'

/** The layouts of a file system of ours. */
export const LAYOUTS: Layouts = new Map<number, readonly AttributeName[]>([
  [2, plain],
  [3, symlink],
  [4, device],
  [5, [MOVABLE]],
])

const variable: ReadonlySet<AttributeName> = new Set(
  REGISTRY.filter(([, length]) => length === 0).map(([name]) => name),
)

export interface EncodedAttributes {
  bonus: Uint8Array
  /** a multiple of 512 bytes */
  spill?: Uint8Array
}

/** A layout, and what it has in which order. */
export interface ChosenLayout {
  number: number
  names: readonly AttributeName[]
}

/** How a file system that somebody else made keeps attributes. */
export interface AttributesForm {
  littleEndian?: boolean
  /** the layout that has these attributes; ours when it is not given */
  layoutOf?: (attributes: readonly AttributeName[]) => ChosenLayout
}

/** In the bonus, and what may be elsewhere in a spill block when that is too small. */
export function encodeSystemAttributes(
  node: WrittenAttributes,
  { littleEndian = true, layoutOf = ownLayout }: AttributesForm = {},
): EncodedAttributes {
  const encode = (names: readonly AttributeName[]) => encodeBuffer(layoutOf(names), node, littleEndian)
  const all = attributesOf(node)
  const bonus = encode(all)
  if (bonus.byteLength <= MAX_BONUS_BYTES) return { bonus }
  const rest = encode([MOVABLE])
  const spill = new Uint8Array(Math.ceil(rest.byteLength / SPILL_UNIT) * SPILL_UNIT)
  spill.set(rest)
  return { bonus: encode(all.filter((name) => name !== MOVABLE)), spill }
}

/** Which attributes an object has, in the order in which we write them. */
function attributesOf({ type }: WrittenAttributes): readonly AttributeName[] {
  if (type === 'symlink') return symlink
  return type === 'block' || type === 'character' ? device : plain
}

function ownLayout(attributes: readonly AttributeName[]): ChosenLayout {
  const wanted = attributes.join()
  for (const [number, names] of LAYOUTS) if (names.join() === wanted) return { number, names }
  throw new Error(`no layout for ${wanted}`)
}

function encodeBuffer(
  { number, names }: ChosenLayout,
  node: WrittenAttributes,
  littleEndian: boolean,
): Uint8Array {
  const hasProject = names.includes('ZPL_PROJID')
  const values = names.map((name) => attributeBytes(name, node, { littleEndian, hasProject }))
  const lengths = names.flatMap((name, index) => (variable.has(name) ? [values[index]?.byteLength ?? 0] : []))
  const headerBytes = roundUp8(Math.max(6 + 2 * lengths.length, 8))
  const bytes = new Uint8Array(values.reduce((sum, value) => sum + roundUp8(value.byteLength), headerBytes))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, SA_MAGIC, littleEndian)
  view.setUint16(4, ((headerBytes / 8) << 10) | number, littleEndian)
  for (const [index, length] of lengths.entries()) view.setUint16(6 + 2 * index, length, littleEndian)
  let at = headerBytes
  for (const value of values) {
    bytes.set(value, at)
    at += roundUp8(value.byteLength)
  }
  return bytes
}

function attributeBytes(
  name: AttributeName,
  node: WrittenAttributes,
  { littleEndian, hasProject }: { littleEndian: boolean; hasProject: boolean },
): Uint8Array {
  const words = (...values: bigint[]) => numbers(values, littleEndian)
  const isDirectory = node.type === 'directory'
  const entries = aclOfMode(ZPL, node.mode, isDirectory)
  switch (name) {
    case 'ZPL_ATIME':
    case 'ZPL_MTIME':
    case 'ZPL_CTIME':
    case 'ZPL_CRTIME':
      return words(BigInt(node.time.seconds), BigInt(node.time.nanoseconds))
    case 'ZPL_GEN':
      return words(node.generation)
    case 'ZPL_MODE':
      return words(BigInt(fullMode(node)))
    case 'ZPL_SIZE':
      return words(BigInt(node.size))
    case 'ZPL_PARENT':
      return words(BigInt(node.parent))
    case 'ZPL_LINKS':
      return words(BigInt(node.links))
    case 'ZPL_RDEV':
      return words(node.device ?? 0n)
    case 'ZPL_FLAGS':
      return words(flagsOfMode(node.mode, isDirectory) | (hasProject ? HAS_PROJECT : 0n))
    case 'ZPL_UID':
      return words(BigInt(node.uid))
    case 'ZPL_GID':
      return words(BigInt(node.gid))
    case 'ZPL_DACL_COUNT':
      return words(BigInt(entries.length))
    case 'ZPL_DACL_ACES':
      return encodeAcl(entries, littleEndian)
    case 'ZPL_PROJID':
      return words(0n)
    case 'ZPL_SYMLINK':
      return node.target ?? new Uint8Array()
    case 'ZPL_XATTR':
    case 'ZPL_PAD':
    case 'ZPL_ZNODE_ACL':
    case 'ZPL_SCANSTAMP':
    case 'ZPL_DXATTR':
      throw new Error(`${name} is not written`)
  }
}

/** Numbers of 64 bits; negative ones are times before the epoch. */
function numbers(values: readonly bigint[], littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length))
  for (const [index, value] of values.entries())
    view.setBigUint64(8 * index, BigInt.asUintN(64, value), littleEndian)
  return new Uint8Array(view.buffer)
}

function roundUp8(length: number): number {
  return Math.ceil(length / 8) * 8
}
