import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leafLayout } from '#core/zfs/zap/layout.ts'
import { readZap, type ZapEntry } from '#core/zfs/zap/read-zap.ts'
import { bytesOf, makeFatZap, makeMicroZap, type MadeEntry } from './make-zap.ts'

const options = { littleEndian: true, maxEntries: 10_000, where: 'object 7' }

const shown = (entries: readonly (ZapEntry | MadeEntry)[]) =>
  entries
    .map(
      ({ name, values, integerBytes = 8 }) =>
        `${Buffer.from(name).toString('hex')} ${integerBytes} ${values.join()}`,
    )
    .toSorted()

/** names without NUL, none twice, of any other bytes */
const names = (maxLength: number, most: number) =>
  fc.uniqueArray(fc.uint8Array({ min: 1, minLength: 1, maxLength }), {
    maxLength: most,
    selector: (name) => Buffer.from(name).toString('hex'),
  })
const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const micro = fc
  .tuple(names(49, 40), number)
  .map(([all, value]) =>
    all.map((name, index) => ({ name, values: [BigInt.asUintN(64, value + BigInt(index))] })),
  )
const values = fc.oneof(
  fc.record({ integerBytes: fc.constant(8 as const), values: fc.array(number, { maxLength: 9 }) }),
  fc.record({
    integerBytes: fc.constant(2 as const),
    values: fc.array(fc.bigInt({ min: 0n, max: 65_535n }), { maxLength: 40 }),
  }),
  fc.record({
    integerBytes: fc.constantFrom(1 as const, 4 as const),
    values: fc.array(fc.bigInt({ min: 0n, max: 255n }), { maxLength: 5 }),
  }),
)
const fat = fc
  .tuple(names(300, 20), fc.array(values, { minLength: 20, maxLength: 20 }))
  .map(([all, each]) => all.map((name, index): MadeEntry => ({ name, values: [], ...each[index] })))

describe('a micro zap', () => {
  test('gives the names and numbers that were put in, in both byte orders', () => {
    fc.assert(
      fc.property(micro, fc.boolean(), (entries, littleEndian) => {
        const read = readZap(makeMicroZap(entries, littleEndian), { ...options, littleEndian })
        expect(shown(read)).toEqual(shown(entries))
      }),
    )
  })

  test('may be larger than 128 KiB', () => {
    const entries = Array.from({ length: 5000 }, (_, index) => ({
      name: bytesOf(`n${index}`),
      values: [BigInt(index)],
    }))
    expect(readZap(makeMicroZap(entries), options)).toHaveLength(5000)
  })

  test('has free places between entries', () => {
    const blocks = makeMicroZap([
      { name: new Uint8Array(), values: [9n] },
      { name: bytesOf('a'), values: [1n] },
    ])
    expect(shown(readZap(blocks, options))).toEqual(['61 8 1'])
  })

  test('is refused with a name that does not end', () => {
    const blocks = makeMicroZap([{ name: new Uint8Array(50).fill(97), values: [1n] }])
    expect(() => readZap(blocks, options)).toThrow(
      'object 7: the name at byte 78 of the micro zap does not end',
    )
  })

  test('is refused with a length that no block has', () => {
    const block = new Uint8Array(700)
    block.set(makeMicroZap([]).get(0) ?? [])
    expect(() => readZap(new Map([[0, block]]), options)).toThrow('a micro zap block of 700 bytes')
  })

  test('is refused with more blocks than its one', () => {
    const blocks = makeMicroZap([])
    blocks.set(512, new Uint8Array(512))
    expect(() => readZap(blocks, options)).toThrow('a micro zap of 2 blocks, expected one')
  })

  test('is refused beyond the entries that are allowed', () => {
    const entries = ['a', 'b', 'c'].map((name) => ({ name: bytesOf(name), values: [1n] }))
    expect(() => readZap(makeMicroZap(entries), { ...options, maxEntries: 2 })).toThrow(
      expect.objectContaining({ code: 'TooManyEntries' }),
    )
  })
})

describe('a fat zap', () => {
  test('gives the entries that were put in: several leaves, both byte orders, every size of integer', () => {
    fc.assert(
      fc.property(fat, fc.boolean(), fc.constantFrom(1, 2, 3), (entries, littleEndian, leafBits) => {
        const blocks = makeFatZap(entries, { littleEndian, leafBits, blockBytes: 16_384 })
        expect(shown(readZap(blocks, { ...options, littleEndian }))).toEqual(shown(entries))
      }),
    )
  })

  const many = Array.from({ length: 300 }, (_, index) => ({
    name: bytesOf(`name-${index}`),
    values: [BigInt(index)],
  }))

  test.each([
    { leafBits: 4, blockBytes: 4096 },
    { leafBits: 4, blockBytes: 4096, externalBits: 6 },
    { leafBits: 3, blockBytes: 8192, externalBits: 9, littleEndian: false },
    { leafBits: 6, blockBytes: 1024, externalBits: 2 },
  ])('may keep its pointers in blocks of their own: %j', (shape) => {
    const { littleEndian = true } = { littleEndian: undefined, ...shape }
    expect(shown(readZap(makeFatZap(many, shape), { ...options, littleEndian }))).toEqual(shown(many))
  })

  test('takes a name of 1023 bytes and none of 1024', () => {
    const one = (length: number) => makeFatZap([{ name: new Uint8Array(length).fill(97), values: [1n] }])
    expect(readZap(one(1023), options)[0]?.name).toHaveLength(1023)
    expect(() => readZap(one(1024), options)).toThrow('has a name of 1025 bytes')
  })

  test('is refused beyond the entries that are allowed', () => {
    expect(() => readZap(makeFatZap(many, { leafBits: 4 }), { ...options, maxEntries: 299 })).toThrow(
      expect.objectContaining({ code: 'TooManyEntries' }),
    )
  })

  /** one leaf pair of 4096 bytes with one entry, in the leaf of block `entryBlock` */
  const small = () => {
    const blocks = makeFatZap([{ name: bytesOf('a-name-longer-than-21-bytes'), values: [1n, 2n, 3n] }])
    const { chunksAt } = leafLayout(4096)
    const leaf = [1, 2].map((number) => blocks.get(4096 * number)).find((block) => block?.[chunksAt] === 252)
    if (leaf === undefined) throw new Error('no leaf holds the entry')
    const put16 = (chunk: number, at: number, value: number) =>
      new DataView(leaf.buffer).setUint16(chunksAt + 24 * chunk + at, value, true)
    const header = new DataView((blocks.get(0) ?? new Uint8Array(0)).buffer)
    return { blocks, leaf, put16, header, chunksAt }
  }

  // chunk 0 is the entry, 1 and 2 its name, 3 and 4 its values
  test.each<[what: string, chunk: number, at: number, value: number, message: string]>([
    ['an entry that follows itself', 0, 2, 0, 'chunk 0 is used twice'],
    ['a name chunk that follows itself', 1, 22, 1, 'chunk 1 is used twice'],
    ['a name that runs into the values', 1, 22, 3, 'goes on at chunk 4, expected its end'],
    ['a NUL in the name', 1, 3, 0, 'does not end where its length says'],
    ['a name chunk out of range', 0, 4, 5000, 'chunk 5000 is out of range'],
    ['a name in the entry itself', 0, 4, 0, 'chunk 0 has type 252, expected 251'],
    ['a name chain that ends too early', 1, 22, 0xffff, 'chunk 65535 is out of range'],
    ['a name chain that ends too late', 2, 22, 3, 'goes on at chunk 3, expected its end'],
    ['no name', 0, 6, 0, 'has a name of 0 bytes'],
    ['a name cut short', 0, 6, 20, 'goes on at chunk 2, expected its end'],
    ['a name one byte short', 0, 6, 27, 'does not end where its length says'],
    ['a name one byte long', 0, 6, 29, 'does not end where its length says'],
    ['values that are those of the name', 0, 8, 1, 'chunk 1 is used twice'],
    ['more values than a leaf holds', 0, 10, 60_000, '480000 bytes, more than a leaf can hold'],
    ['more values than there are', 0, 10, 30, 'is out of range'],
    ['integers of three bytes', 0, 0, 0x03fc, 'integers of 3 bytes'],
    ['an entry that no chain has', 5, 0, 252, 'chunk 5 is an entry that the hash table does not lead to'],
  ])('is refused with %s', (_what, chunk, at, value, message) => {
    const { blocks, put16 } = small()
    put16(chunk, at, value)
    expect(() => readZap(blocks, options)).toThrow(
      expect.objectContaining({ code: 'CorruptStream', message: expect.stringContaining(message) }),
    )
  })

  test.each<[what: string, at: number, value: bigint, message: string]>([
    ['another magic', 8, 1n, 'is not the magic of a fat zap'],
    ['a table at a block, of no blocks', 16, 1n, 'of no blocks at block 1'],
    ['a table of more blocks than pointers', 24, 3n, 'a pointer table of 12288 bytes for 2^8 pointers'],
    ['a shift beyond all', 32, 2n ** 63n, 'a pointer table of 2048 bytes for 2^9223372036854775808'],
    ['another count of entries', 72, 2n, 'its leaves hold 1 entries, its header says 2'],
    ['a pointer to nowhere', 2048, 77n, 'its leaf block 77 is missing'],
    ['a pointer to the header', 2048, 0n, 'its leaf block 0 is missing'],
    ['a pointer that does not fit its leaf', 2048, 2n, 'does not belong to pointer 0 of 2^8'],
  ])('is refused with %s', (_what, at, value, message) => {
    const { blocks, header } = small()
    header.setBigUint64(at, value, true)
    expect(() => readZap(blocks, options)).toThrow(
      expect.objectContaining({ code: 'CorruptStream', message: expect.stringContaining(message) }),
    )
  })

  test('is refused when a table says that it has blocks which are not there', () => {
    const { blocks, header } = small()
    header.setBigUint64(16, 50n, true)
    header.setBigUint64(24, 2n ** 40n, true)
    header.setBigUint64(32, 49n, true)
    expect(() => readZap(blocks, options)).toThrow('a pointer table of')
    header.setBigUint64(24, 2n ** 39n, true)
    header.setBigUint64(32, 48n, true)
    expect(() => readZap(blocks, options)).toThrow('block 50 of its pointer table is missing')
  })

  test('is refused when a block is missing or of another size', () => {
    const { blocks } = small()
    blocks.delete(8192)
    expect(() => readZap(blocks, options)).toThrow('its leaf block 2 is missing')
    blocks.set(8192, new Uint8Array(512))
    expect(() => readZap(blocks, options)).toThrow('a block of 512 bytes at 8192')
  })

  test('is refused when a leaf is none', () => {
    const { blocks, leaf } = small()
    leaf[24] = 0
    expect(() => readZap(blocks, options)).toThrow('are not those of a leaf')
  })
})

/** `read`, or the name of the error */
function outcome(read: () => unknown): string {
  try {
    read()
    return 'read'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

test('whatever the bytes of a zap, it is read or refused', () => {
  const entries = Array.from({ length: 30 }, (_, index) => ({ name: bytesOf(`name ${index}`), values: [1n] }))
  const mutation = fc.tuple(fc.nat({ max: 12_287 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), fc.boolean(), (mutations, isFat) => {
      const blocks = isFat ? makeFatZap(entries) : makeMicroZap(entries)
      for (const [at, byte] of mutations) {
        const block = blocks.get(isFat ? Math.floor(at / 4096) * 4096 : 0) ?? new Uint8Array(1)
        block[at % block.length] = byte
      }
      expect(outcome(() => readZap(blocks, options))).toMatch(/^(read|CorruptStream)$/)
    }),
    { numRuns: 500 },
  )
})

test('an object without its first block is no zap', () => {
  expect(() => readZap(new Map(), options)).toThrow('object 7: its first block is missing')
  expect(() => readZap(new Map([[0, new Uint8Array(512)]]), options)).toThrow(
    'block type 0 is not that of a zap',
  )
})
