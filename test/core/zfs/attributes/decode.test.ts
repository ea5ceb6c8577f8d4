import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAttributes } from '#core/zfs/attributes/decode.ts'
import { deviceNumbers } from '#core/zfs/attributes/device-number.ts'
import { peekFileFacts } from '#core/zfs/attributes/peek.ts'
import type { StreamObject } from '#core/zfs/object-set.ts'
import { makeZnode } from '../make-set.ts'
import { bytesOf } from '../zap/make-zap.ts'
import { BASIC, makeSa, makeTables } from './make-sa.ts'

type Value = bigint | readonly [bigint, bigint] | Uint8Array

const word = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const time = fc.tuple(
  fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }),
  fc.bigInt({ min: 0n, max: 999_999_999n }),
)

const object = (bonus: Uint8Array, over: Partial<StreamObject> = {}): StreamObject => ({
  number: 9,
  type: 19,
  bonusType: 44,
  blockSize: 512,
  slots: 1,
  bonus,
  ...over,
})

/** mode, size, generation, uid, gid, parent, flags, four times, links */
const basic = (mode: bigint, size = 0n): Value[] => [
  mode,
  size,
  7n,
  1n,
  2n,
  4n,
  4n,
  [1n, 2n],
  [3n, 4n],
  [5n, 6n],
  [7n, 8n],
  1n,
]
const tables = makeTables({
  2: BASIC,
  3: [...BASIC, 'ACES', 'SYMLINK'],
  4: ['SYMLINK'],
  5: ['MODE', 'XATTR'],
  6: [...BASIC, 'SYMLINK', 'ACES', 'DXATTR', 'RDEV'],
})

test('times that nobody shows may be anything', () => {
  const bonus = makeSa(
    2,
    basic(0o100644n)
      .with(7, [1n, -1n])
      .with(9, [1n, -1n])
      .with(10, [2n ** 62n, 0n]),
  )
  expect(decodeAttributes(object(bonus), tables, true).mtime).toEqual({ seconds: 3, nanoseconds: 4 })
})

describe('a znode', () => {
  test('gives what was put in, in both byte orders', () => {
    fc.assert(
      fc.property(word, word, word, time, fc.boolean(), (size, uid, generation, mtime, littleEndian) => {
        const bonus = makeZnode({ mode: 0o100644, size, uid, generation, mtime, flags: 5n }, littleEndian)
        expect(decodeAttributes(object(bonus, { bonusType: 17 }), undefined, littleEndian)).toMatchObject({
          mode: 0o100644,
          size,
          uid,
          generation,
          mtime: { seconds: Number(mtime[0]), nanoseconds: Number(mtime[1]) },
          parent: 4n,
          links: 1n,
          flags: 5n,
        })
        expect(peekFileFacts(bonus, 17, littleEndian)).toEqual({ mode: 0o100644, size, generation })
      }),
    )
  })

  test('has 264 bytes', () => {
    const short = makeZnode({ mode: 0o100644 }).subarray(0, 263)
    expect(() => decodeAttributes(object(short, { bonusType: 17 }), undefined, true)).toThrow(
      'object 9: a znode of 263 bytes, expected at least 264',
    )
    expect(peekFileFacts(short, 17, true)).toBeUndefined()
  })

  test('of a file has no target, whatever follows it: a virus scan stamp for example', () => {
    const bonus = makeZnode({ mode: 0o100644, size: 32, flags: 0x84n, more: new Uint8Array(32).fill(97) })
    expect(decodeAttributes(object(bonus, { bonusType: 17 }), undefined, true).target).toBeUndefined()
  })
})

describe('system attributes', () => {
  test('give what was put in, in both byte orders, whichever the stream has', () => {
    fc.assert(
      fc.property(word, word, time, fc.boolean(), fc.boolean(), (size, gid, mtime, ofBuffer, ofStream) => {
        const values = basic(0o100600n, size).with(4, gid).with(8, mtime)
        const bonus = makeSa(2, values, ofBuffer)
        expect(decodeAttributes(object(bonus), tables, ofStream)).toMatchObject({
          mode: 0o100600,
          size,
          gid,
          mtime: { seconds: Number(mtime[0]), nanoseconds: Number(mtime[1]) },
          xattrObject: 0n,
          rawDevice: 0n,
        })
        expect(peekFileFacts(bonus, 44, ofStream)).toEqual({ mode: 0o100600, size, generation: 7n })
      }),
    )
  })

  test('of variable size begin at multiples of 8', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(bytes, bytes, bytes, word, (target, aces, list, device) => {
        const values = [...basic(0o120777n, BigInt(target.length)), target, aces, list, device]
        const attributes = decodeAttributes(object(makeSa(6, values)), tables, true)
        expect(attributes).toMatchObject({ target, xattrList: list, rawDevice: device })
      }),
    )
  })

  test('may be in the spill block; what is in both counts as in the bonus', () => {
    const target = bytesOf('a/target')
    const bonus = makeSa(2, basic(0o120777n, 8n))
    expect(decodeAttributes(object(bonus, { spill: makeSa(4, [target]) }), tables, true).target).toEqual(
      target,
    )
    const spill = makeSa(5, [0o100111n, 77n])
    expect(decodeAttributes(object(makeSa(2, basic(0o100644n)), { spill }), tables, true)).toMatchObject({
      mode: 0o100644,
      xattrObject: 77n,
    })
  })

  test('leave the target of an upgraded symlink in its first block', () => {
    const block = new Uint8Array(512)
    block.set(bytesOf('old/place'))
    const blocks = new Map([[0, block]])
    const bonus = makeSa(2, basic(0o120777n, 9n))
    expect(decodeAttributes(object(bonus, { blocks }), tables, true).target).toEqual(bytesOf('old/place'))
  })

  const values = basic(0o100644n)
  test.each<[what: string, bonus: Uint8Array, message: string]>([
    ['another magic', new Uint8Array(200), 'its bonus holds no system attributes'],
    ['nothing', new Uint8Array(), 'its bonus holds no system attributes'],
    ['a header longer than the bonus', makeSa(2 | (63 << 10), []), 'its bonus holds no system attributes'],
    [
      'a layout that the stream lacks',
      makeSa(900, values),
      'its bonus has layout 900, which the stream lacks',
    ],
    ['fewer bytes than the layout wants', makeSa(2, values).slice(0, -1), 'ZPL_LINKS of 8 bytes at 128'],
    ['a layout without a mode', makeSa(4, [bytesOf('x')]), 'it has no ZPL_MODE'],
    ['a mode of 64 bits', makeSa(2, values.with(0, 2n ** 16n)), 'mode 65536, expected 16 bits'],
    [
      'a target of another length',
      makeSa(3, [...basic(0o120777n, 5n), bytesOf('ace'), bytesOf('four')]),
      'a symlink of 5',
    ],
    [
      'times that are none',
      makeSa(2, values.with(8, [1n, -1n])),
      'a time of 1 seconds and 18446744073709551615',
    ],
  ])('are refused with %s', (_what, bonus, message) => {
    expect(() => decodeAttributes(object(bonus), tables, true)).toThrow(
      expect.objectContaining({
        code: 'CorruptStream',
        message: expect.stringContaining(`object 9: ${message}`),
      }),
    )
  })

  test('are refused when the header has no room for the lengths', () => {
    const bonus = makeSa(3, [...basic(0o120777n, 4n), bytesOf('ace'), bytesOf('four')])
    const narrow = new Uint8Array(bonus.length - 8)
    narrow.set(bonus.subarray(0, 8))
    narrow.set(bonus.subarray(16), 8)
    new DataView(narrow.buffer).setUint16(4, 3 | (1 << 10), true)
    expect(() => decodeAttributes(object(narrow), tables, true)).toThrow(
      'does not state the length of ZPL_SYMLINK',
    )
  })

  test('are refused without the tables', () => {
    expect(() => decodeAttributes(object(makeSa(2, values)), undefined, true)).toThrow('without their tables')
  })

  test('are nothing to peek at when they are short, or something else', () => {
    expect(peekFileFacts(makeSa(2, [1n, 2n]), 44, true)).toBeUndefined()
    expect(peekFileFacts(makeSa(2, values), 20, true)).toBeUndefined()
  })
})

test.each([
  [0x2005n, '32,5'],
  [0xd02n, '13,2'],
  [0x2000005n, '32,5'],
  [0xd00002n, '13,2'],
  [0x2000000005n, '32,5'],
  [0xd00000002n, '13,2'],
  [0n, '0,0'],
  [0xffffffffffffffffn, '4294967295,4294967295'],
])('device number %s is %s', (raw, numbers) => {
  expect(deviceNumbers(raw)).toBe(numbers)
})
