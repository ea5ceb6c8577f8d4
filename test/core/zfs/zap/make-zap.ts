// ZAPs made the plain way, for tests alone.
import { zapHash } from '#core/zfs/zap/hash.ts'
import { leafLayout } from '#core/zfs/zap/layout.ts'

export interface MadeEntry {
  name: Uint8Array
  values: bigint[]
  integerBytes?: 1 | 2 | 4 | 8
}

export const SALT = 0x1234567890abcdefn

const encoder = new TextEncoder()
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)

/** One block; the size is rounded up to 512 as real ones are. */
export function makeMicroZap(entries: readonly MadeEntry[], littleEndian = true): Map<number, Uint8Array> {
  const block = new Uint8Array(Math.ceil((64 + entries.length * 64) / 512) * 512)
  const view = new DataView(block.buffer)
  view.setBigUint64(0, 0x8000000000000003n, littleEndian)
  view.setBigUint64(8, SALT, littleEndian)
  for (const [index, { name, values }] of entries.entries()) {
    const at = 64 + index * 64
    view.setBigUint64(at, values[0] ?? 0n, littleEndian)
    block.set(name, at + 14)
  }
  return new Map([[0, block]])
}

export interface FatShape {
  littleEndian?: boolean
  blockBytes?: number
  /** bits by which entries are spread over leaves; every leaf exists */
  leafBits?: number
  /** the pointer table in blocks of its own, with this many more bits than leafBits */
  externalBits?: number
}

/** @throws when a leaf would overflow: choose more bits */
export function makeFatZap(
  entries: readonly MadeEntry[],
  { littleEndian = true, blockBytes = 4096, leafBits = 1, externalBits }: FatShape = {},
): Map<number, Uint8Array> {
  const blocks: Uint8Array[] = [new Uint8Array(blockBytes)]
  const leaves: Uint8Array[] = []
  for (let prefix = 0; prefix < 2 ** leafBits; prefix++) {
    const own = entries.filter(({ name }) => Number(zapHash(SALT, name) >> BigInt(64 - leafBits)) === prefix)
    leaves.push(makeLeaf(own, prefix, leafBits, blockBytes, littleEndian))
  }
  blocks.push(...leaves)
  const shift = externalBits === undefined ? Math.log2(blockBytes) - 4 : leafBits + externalBits
  const table = new Uint8Array(8 * 2 ** shift)
  for (let index = 0; index < 2 ** shift; index++) {
    new DataView(table.buffer).setBigUint64(
      8 * index,
      BigInt(1 + (index >> (shift - leafBits))),
      littleEndian,
    )
  }
  const [header = new Uint8Array(blockBytes)] = blocks
  const view = new DataView(header.buffer)
  const put = (at: number, value: number | bigint) => view.setBigUint64(at, BigInt(value), littleEndian)
  put(0, 0x8000000000000001n)
  put(8, 0x2f52ab2abn)
  put(32, shift)
  if (externalBits === undefined) {
    header.set(table, blockBytes / 2)
  } else {
    put(16, blocks.length)
    put(24, table.length / blockBytes)
    for (let at = 0; at < table.length; at += blockBytes) blocks.push(table.slice(at, at + blockBytes))
  }
  put(56, blocks.length)
  put(64, leaves.length)
  put(72, entries.length)
  put(80, SALT)
  return new Map(blocks.map((block, index) => [index * blockBytes, block]))
}

function makeLeaf(
  entries: readonly MadeEntry[],
  prefix: number,
  bits: number,
  blockBytes: number,
  littleEndian: boolean,
): Uint8Array {
  const { hashSlots, chunksAt, chunks } = leafLayout(blockBytes)
  const block = new Uint8Array(blockBytes)
  const view = new DataView(block.buffer)
  view.setBigUint64(0, 0x8000000000000000n, littleEndian)
  view.setBigUint64(16, BigInt(prefix), littleEndian)
  view.setUint32(24, 0x2ab1eaf, littleEndian)
  view.setUint16(30, entries.length, littleEndian)
  view.setUint16(32, bits, littleEndian)
  view.setUint16(34, 0xffff, littleEndian)
  block.fill(0xff, 48, 48 + 2 * hashSlots)
  let used = 0
  const take = (): [chunk: number, at: number] => {
    if (used === chunks) throw new Error('the leaf is full')
    return [used, chunksAt + 24 * used++]
  }
  const putArray = (bytes: Uint8Array): number => {
    let first = 0xffff
    let previousAt: number | undefined
    for (let done = 0; done < bytes.length; done += 21) {
      const [chunk, at] = take()
      block[at] = 251
      block.set(bytes.subarray(done, done + 21), at + 1)
      view.setUint16(at + 22, 0xffff, littleEndian)
      if (previousAt === undefined) first = chunk
      else view.setUint16(previousAt + 22, chunk, littleEndian)
      previousAt = at
    }
    return first
  }
  for (const { name, values, integerBytes = 8 } of entries) {
    const hash = zapHash(SALT, name)
    const slotBits = Math.log2(hashSlots)
    const slotAt = 48 + 2 * Number((hash >> BigInt(64 - bits - slotBits)) & BigInt(hashSlots - 1))
    const [chunk, at] = take()
    block[at] = 252
    block[at + 1] = integerBytes
    view.setUint16(at + 2, view.getUint16(slotAt, littleEndian), littleEndian)
    view.setUint16(slotAt, chunk, littleEndian)
    view.setUint16(at + 4, putArray(new Uint8Array([...name, 0])), littleEndian)
    view.setUint16(at + 6, name.length + 1, littleEndian)
    view.setUint16(at + 8, putArray(bigEndian(values, integerBytes)), littleEndian)
    view.setUint16(at + 10, values.length, littleEndian)
    view.setBigUint64(at + 16, hash, littleEndian)
  }
  for (let at = chunksAt + 24 * used; at < chunksAt + 24 * chunks; at += 24) block[at] = 253
  return block
}

function bigEndian(values: readonly bigint[], size: number): Uint8Array {
  const bytes = new Uint8Array(values.length * size)
  for (const [index, value] of values.entries()) {
    for (let byte = 0; byte < size; byte++) {
      bytes[index * size + byte] = Number((value >> BigInt(8 * (size - 1 - byte))) & 0xffn)
    }
  }
  return bytes
}
