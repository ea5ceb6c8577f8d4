import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeFatZap } from '#core/zfs/write/fat-zap.ts'
import { encodeMicroZap, fitsMicroZap } from '#core/zfs/write/micro-zap.ts'
import { encodeZap } from '#core/zfs/write/encode-zap.ts'
import { readZap } from '#core/zfs/zap/read-zap.ts'
import { zapHash } from '#core/zfs/zap/hash.ts'
import { checkFatZap } from './check-zap.ts'

const SALT = 0x1234_5678_9abc_def1n

const named = (names: Iterable<string>) =>
  Array.from(names, (name, index) => ({ name: Buffer.from(name), value: BigInt(index + 1) }))
const numbered = (count: number, name = (index: number) => `name-${index}`) =>
  named(Array.from({ length: count }, (_, index) => name(index)))

function readBack(blocks: readonly Uint8Array[]): Map<string, bigint> {
  const size = blocks[0]?.byteLength ?? 0
  const entries = readZap(new Map(blocks.map((block, index) => [index * size, block])), {
    littleEndian: true,
    maxEntries: 1_000_000,
    where: 'the zap',
  })
  return new Map(entries.map(({ name, values }) => [Buffer.from(name).toString('latin1'), values[0] ?? 0n]))
}

const expected = (entries: ReturnType<typeof named>) =>
  new Map(entries.map(({ name, value }) => [name.toString('latin1'), value]))

describe('micro zap', () => {
  test('holds nothing in one block of 512 bytes', () => {
    const block = encodeMicroZap([], SALT)
    expect(block.byteLength).toBe(512)
    expect(readBack([block])).toEqual(new Map())
  })

  test('is read back with names of up to 49 bytes, 2047 of them in 128 KiB', () => {
    const entries = numbered(2047, (index) => `${index}`.padEnd(49, 'x'))
    const [block, ...others] = encodeZap(entries, SALT)
    expect(others).toEqual([])
    expect(block?.byteLength).toBe(128 * 1024)
    expect(readBack([block ?? new Uint8Array()])).toEqual(expected(entries))
  })

  test('does not hold a name of 50 bytes, nor 2048 names', () => {
    expect(fitsMicroZap(named(['x'.repeat(49)]))).toBe(true)
    expect(fitsMicroZap(named(['x'.repeat(50)]))).toBe(false)
    expect(fitsMicroZap(numbered(2048))).toBe(false)
  })

  test('numbers the names whose hashes are equal', () => {
    const [first = '', second = ''] = colliding()
    const view = new DataView(encodeMicroZap(named([first, 'other', second]), SALT).buffer)
    expect([64, 128, 192].map((at) => view.getUint32(at + 8, true))).toEqual([0, 0, 1])
  })
})

describe('fat zap', () => {
  test('of one long name takes two blocks of 16 KiB', () => {
    const entries = named(['l'.repeat(255)])
    const blocks = encodeZap(entries, SALT)
    expect(blocks.map((block) => block.byteLength)).toEqual([16384, 16384])
    checkFatZap(blocks, SALT)
    expect(readBack(blocks)).toEqual(expected(entries))
  })

  test.each([1, 60, 205, 206, 207, 5000])('of %i names has all of them where a receiver looks', (count) => {
    const entries = numbered(count, (index) => `${index} ${'ä'.repeat(index % 40)}`)
    const blocks = encodeFatZap(
      entries.map(({ name, value }) => ({ name, integerBytes: 8, values: [value] })),
      SALT,
    )
    checkFatZap(blocks, SALT)
    expect(readBack(blocks)).toEqual(expected(entries))
  })

  test('goes over to larger blocks when the pointers of small ones cannot tell the leaves apart', () => {
    // Of these names 250 begin with the same 10 bits, all that 1024 pointers can tell apart, and a leaf of 16 KiB holds 206.
    const crowded = Array.from({ length: 256_000 }, (_, index) => `${index}`).filter(
      (name) => zapHash(SALT, Buffer.from(name)) >> 54n === 0n,
    )
    const entries = named(crowded).map(({ name, value }) => ({
      name,
      integerBytes: 8 as const,
      values: [value],
    }))
    expect(entries.length).toBeGreaterThan(206)
    const blocks = encodeFatZap(entries, SALT)
    expect(blocks[0]?.byteLength).toBe(32_768)
    checkFatZap(blocks, SALT)
    expect(readBack(blocks).size).toBe(entries.length)
  })

  test('holds arrays of small numbers, big-endian', () => {
    const values = Array.from({ length: 30 }, (_, index) => BigInt(index * 1000))
    const blocks = encodeFatZap([{ name: Buffer.from('2'), integerBytes: 2, values }], SALT)
    const [entry] = readZap(new Map(blocks.map((block, index) => [index * 16384, block])), {
      littleEndian: true,
      maxEntries: 10,
      where: 'layouts',
    })
    expect(entry).toMatchObject({ integerBytes: 2, values })
  })

  test('keeps names whose hashes are equal apart', () => {
    const [first = '', second = ''] = colliding()
    const entries = named([second, first, 'n'.repeat(80)])
    const blocks = encodeZap(entries, SALT)
    checkFatZap(blocks, SALT)
    expect(readBack(blocks)).toEqual(expected(entries))
  })

  test('refuses a name of 256 bytes', () => {
    expect(() => encodeZap(named(['x'.repeat(256)]), SALT)).toThrow(
      expect.objectContaining({ code: 'NameTooLong', message: 'a name has 256 bytes, expected at most 255' }),
    )
  })
})

/** Names that differ little have hashes that are spread evenly: a CRC does that. */
const mixed = (index: number) => createHash('md5').update(`${index}`).digest('hex')

/** Two names with the same 28 bits. */
function colliding(): string[] {
  const seen = new Map<bigint, string>()
  for (let index = 0; ; index++) {
    const name = mixed(index)
    const hash = zapHash(SALT, Buffer.from(name))
    const before = seen.get(hash)
    if (before !== undefined) return [before, name]
    seen.set(hash, name)
  }
}
