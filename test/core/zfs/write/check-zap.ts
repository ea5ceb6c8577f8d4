import { expect } from 'vitest'
import { zapHash } from '#core/zfs/zap/hash.ts'

/**
 * Looks at a fat ZAP as a receiver does that inserts, finds and removes names in it: every count, pointer and list, and every name by
 * its hash (zfs-stream.md 6.3). It shares nothing with the writer but the hash.
 */
export function checkFatZap(blocks: readonly Uint8Array[], salt: bigint): void {
  const [header, ...leaves] = blocks.map(
    (block) => new DataView(block.buffer, block.byteOffset, block.byteLength),
  )
  if (!header) throw new Error('no header')
  const size = header.byteLength
  const shift = Math.log2(size)
  const u64 = (at: number) => header.getBigUint64(at, true)
  expect([0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 88, 96].map(u64)).toEqual([
    0x8000000000000001n,
    0x2f52ab2abn,
    0n,
    0n,
    BigInt(shift - 4),
    0n,
    0n,
    BigInt(blocks.length),
    BigInt(leaves.length),
    salt,
    0n,
    0n,
  ])
  const pointers = Array.from({ length: 2 ** (shift - 4) }, (_, index) => Number(u64(size / 2 + 8 * index)))
  let entries = 0
  const differentiators = new Set<string>()
  for (const [index, leaf] of leaves.entries()) {
    expect(leaf.byteLength).toBe(size)
    const prefixBits = leaf.getUint16(32, true)
    const prefix = Number(leaf.getBigUint64(16, true))
    const span = 2 ** (shift - 4 - prefixBits)
    const mine = pointers.flatMap((block, pointer) => (block === index + 1 ? [pointer] : []))
    const first = prefix * span
    if (mine.length !== span || mine.some((pointer, place) => pointer !== first + place))
      throw new Error(
        `leaf ${index + 1} of prefix ${prefix} (${prefixBits} bits) has the pointers ${mine.join()}`,
      )
    entries += checkLeaf(leaf, { shift, salt, prefix, prefixBits, differentiators })
  }
  expect(u64(72)).toBe(BigInt(entries))
}

interface LeafPlace {
  shift: number
  salt: bigint
  prefix: number
  prefixBits: number
  differentiators: Set<string>
}

function checkLeaf(leaf: DataView, { shift, salt, prefix, prefixBits, differentiators }: LeafPlace): number {
  const slots = 2 ** (shift - 5)
  const chunks = Math.floor((leaf.byteLength - 2 * slots) / 24) - 2
  const at = (chunk: number) => 48 + 2 * slots + 24 * chunk
  expect(leaf.getBigUint64(0, true)).toBe(0x8000000000000000n)
  expect(leaf.getUint32(24, true)).toBe(0x2ab1eaf)
  const taken = new Set<number>()
  const take = (chunk: number, type: number) => {
    if (chunk >= chunks || taken.has(chunk) || leaf.getUint8(at(chunk)) !== type)
      throw new Error(`chunk ${chunk} is no free chunk of type ${type}`)
    taken.add(chunk)
  }
  const array = (first: number) => {
    const bytes: number[] = []
    for (let chunk = first; chunk !== 0xffff; chunk = leaf.getUint16(at(chunk) + 22, true)) {
      take(chunk, 251)
      for (let index = 0; index < 21; index++) bytes.push(leaf.getUint8(at(chunk) + 1 + index))
    }
    return Uint8Array.from(bytes)
  }
  let entries = 0
  for (let slot = 0; slot < slots; slot++) {
    let last = -1
    for (let chunk = leaf.getUint16(48 + 2 * slot, true); chunk !== 0xffff;) {
      take(chunk, 252)
      entries += 1
      const entryAt = at(chunk)
      const nameBytes = leaf.getUint16(entryAt + 6, true)
      const name = array(leaf.getUint16(entryAt + 4, true))
      same('the end of a name', name[nameBytes - 1], 0)
      const hash = zapHash(salt, name.subarray(0, nameBytes - 1))
      same('a hash', leaf.getBigUint64(entryAt + 16, true), hash)
      const bits = hash.toString(2).padStart(64, '0')
      same('a prefix', parseInt(bits.slice(0, prefixBits) || '0', 2), prefix)
      same('a slot', parseInt(bits.slice(prefixBits, prefixBits + shift - 5), 2), slot)
      const differentiator = leaf.getUint32(entryAt + 12, true)
      same('the order of a chain', differentiator >= last, true)
      last = differentiator
      const key = `${hash} ${differentiator}`
      same('a differentiator that is used twice', differentiators.has(key), false)
      differentiators.add(key)
      const values = array(leaf.getUint16(entryAt + 8, true))
      const valueBytes = leaf.getUint8(entryAt + 1) * leaf.getUint16(entryAt + 10, true)
      same('the chunks of a value', Math.ceil(valueBytes / 21), values.byteLength / 21)
      chunk = leaf.getUint16(entryAt + 2, true)
    }
  }
  expect(leaf.getUint16(30, true)).toBe(entries)
  expect(leaf.getUint16(28, true)).toBe(chunks - taken.size)
  expect(chunks - taken.size).toBeGreaterThanOrEqual(20)
  for (let free = leaf.getUint16(34, true); free !== 0xffff; free = leaf.getUint16(at(free) + 22, true))
    take(free, 253)
  expect(taken.size).toBe(chunks)
  return entries
}

/** `expect` is too slow for what every entry is asked. */
function same<Value>(what: string, value: Value, wanted: Value): void {
  if (value !== wanted) throw new Error(`${what} is ${String(value)}, expected ${String(wanted)}`)
}
