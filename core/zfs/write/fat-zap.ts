// Writes a fat ZAP: a header with the pointer table, and as many leaves as the names need (zfs-stream.md 6.3).
import { refusal } from '../../archive/refusals.ts'
import { zapHash } from '../zap/hash.ts'
import { BlockType, FAT_MAGIC } from '../zap/layout.ts'
import { encodeLeaf, fitsLeaf, hashBits, type FatEntry, type HashedEntry } from './zap-leaf.ts'

/** 16 KiB, as ZFS begins; up to 128 KiB before the pointer table would need blocks of its own */
const MIN_BLOCK_SHIFT = 14
const MAX_BLOCK_SHIFT = 17
/** bytes of a name without its NUL: longer ones need a feature that not every receiver has */
const MAX_NAME = 255

/** What a file system that is not ours may want otherwise. */
export interface ZapForm {
  /** the byte order; little-endian when it is not given */
  littleEndian?: boolean
  /** bytes of a name without its NUL: more than 255 where the file system has long names */
  maxNameBytes?: number
}

interface Leaf {
  prefix: number
  prefixBits: number
  entries: HashedEntry[]
}

/** Equal blocks, the header first. `salt` is odd. @throws NameTooLong, TooManyEntries */
export function encodeFatZap(
  entries: readonly FatEntry[],
  salt: bigint,
  { littleEndian = true, maxNameBytes = MAX_NAME }: ZapForm = {},
): Uint8Array[] {
  const hashed = withHashes(entries, salt, maxNameBytes)
  for (let blockShift = MIN_BLOCK_SHIFT; blockShift <= MAX_BLOCK_SHIFT; blockShift++) {
    const leaves = split(hashed, blockShift)
    if (!leaves) continue
    return [
      encodeHeader(leaves, { entries: entries.length, salt, blockShift, littleEndian }),
      ...leaves.map((leaf) => encodeLeaf(leaf.entries, { ...leaf, blockShift, littleEndian })),
    ]
  }
  throw refusal(
    'TooManyEntries',
    `a directory has ${entries.length} names, more than one block of pointers can tell apart`,
  )
}

function withHashes(entries: readonly FatEntry[], salt: bigint, maxNameBytes: number): HashedEntry[] {
  const seen = new Map<bigint, number>()
  return entries.map((entry) => {
    if (entry.name.byteLength > maxNameBytes) {
      throw refusal(
        'NameTooLong',
        `a name has ${entry.name.byteLength} bytes, expected at most ${maxNameBytes}`,
      )
    }
    const hash = zapHash(salt, entry.name)
    const differentiator = seen.get(hash) ?? 0
    seen.set(hash, differentiator + 1)
    return { ...entry, hash, differentiator }
  })
}

/** Splits by one more bit of the hash wherever a leaf is full; undefined when the table of this block size has too few bits. */
function split(entries: HashedEntry[], blockShift: number): Leaf[] | undefined {
  const done: Leaf[] = []
  const open: Leaf[] = [{ prefix: 0, prefixBits: 0, entries }]
  for (let leaf = open.pop(); leaf !== undefined; leaf = open.pop()) {
    if (fitsLeaf(leaf.entries, blockShift)) {
      done.push(leaf)
      continue
    }
    const prefixBits = leaf.prefixBits + 1
    if (prefixBits > blockShift - 4) return undefined
    const halves: [HashedEntry[], HashedEntry[]] = [[], []]
    for (const entry of leaf.entries)
      halves[hashBits(entry.hash, leaf.prefixBits, 1) === 0 ? 0 : 1].push(entry)
    // The lower half is done first: the leaves come in the order of their hashes.
    open.push({ prefix: leaf.prefix * 2 + 1, prefixBits, entries: halves[1] })
    open.push({ prefix: leaf.prefix * 2, prefixBits, entries: halves[0] })
  }
  return done
}

function encodeHeader(
  leaves: readonly Leaf[],
  {
    entries,
    salt,
    blockShift,
    littleEndian,
  }: { entries: number; salt: bigint; blockShift: number; littleEndian: boolean },
): Uint8Array {
  const tableShift = blockShift - 4
  const bytes = new Uint8Array(2 ** blockShift)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BlockType.header, littleEndian)
  view.setBigUint64(8, FAT_MAGIC, littleEndian)
  view.setBigUint64(32, BigInt(tableShift), littleEndian)
  view.setBigUint64(56, BigInt(leaves.length + 1), littleEndian)
  view.setBigUint64(64, BigInt(leaves.length), littleEndian)
  view.setBigUint64(72, BigInt(entries), littleEndian)
  view.setBigUint64(80, salt, littleEndian)
  let at = bytes.byteLength / 2
  for (const [index, { prefixBits }] of leaves.entries()) {
    for (let pointer = 0; pointer < 2 ** (tableShift - prefixBits); pointer++, at += 8) {
      view.setBigUint64(at, BigInt(index + 1), littleEndian)
    }
  }
  return bytes
}
