import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseNvlist, type NvList } from '#core/zfs/nvlist.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'

function packageList(name: string): Uint8Array {
  const reader = new RecordReader()
  reader.push(readFileSync(path.join(import.meta.dirname, '../../fixtures/zfs', `${name}.zfs`)))
  reader.finish()
  const { packageList: bytes } = reader.info()
  if (bytes === undefined) throw new Error(`${name} is a package`)
  return bytes
}

const listAt = (list: NvList, name: string): NvList => {
  const value = list.get(name)
  if (!(value instanceof Map)) throw new Error(`${name} is a list`)
  return value
}

test('the list of a package names its snapshots and its file systems with their properties', () => {
  const list = parseNvlist(packageList('replication'))
  expect(list.get('tosnap')).toBe('s2')
  const [fileSystem] = listAt(list, 'fss').values()
  if (!(fileSystem instanceof Map)) throw new Error('it holds a file system')
  expect(fileSystem.get('name')).toBe('zst/rp')
  expect([...listAt(fileSystem, 'snaps').keys()]).toEqual(['s1', 's2'])
  expect(parseNvlist(packageList('modern-package')).get('tosnap')).toBe('s')
})

const u32 = (...values: number[]) =>
  values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
const text = (value: string) => [
  ...u32(value.length),
  ...Buffer.from(value),
  ...Buffer.alloc((4 - (value.length % 4)) % 4),
]
const pair = (name: string, type: number, count: number, value: number[]) => {
  const content = [...text(name), ...u32(type, count), ...value]
  return [...u32(content.length + 8, 64), ...content]
}
const list = (...pairs: number[][]) => [...u32(0, 1), ...pairs.flat(), ...u32(0, 0)]
const whole = (...pairs: number[][]) => Uint8Array.from([1, 1, 0, 0, ...list(...pairs)])

test('every type comes as its value', () => {
  const bytes = whole(
    pair('flag', 1, 0, []),
    pair('byte', 2, 1, u32(200)),
    pair('i16', 3, 1, u32(0xffff_ffff)),
    pair('u32', 6, 1, u32(0xffff_ffff)),
    pair('i64', 7, 1, u32(0xffff_ffff, 0xffff_fffe)),
    pair('u64', 8, 1, u32(0xffff_ffff, 0xffff_fffe)),
    pair('text', 9, 1, text('zone')),
    pair('bytes', 10, 3, [1, 2, 3, 0]),
    pair('i32s', 13, 2, u32(2, 0xffff_ffff, 7)),
    pair('u64s', 16, 2, u32(2, 0, 5, 0, 6)),
    pair('texts', 17, 2, [...text('a'), ...text('bc')]),
    pair('list', 19, 1, list(pair('inner', 21, 1, u32(1)))),
    pair('lists', 20, 2, [...list(), ...list(pair('no', 21, 1, u32(0)))]),
    pair('double', 27, 1, u32(1, 2)),
  )
  expect(Object.fromEntries(parseNvlist(bytes))).toEqual({
    flag: true,
    byte: 200,
    i16: -1,
    u32: 0xffff_ffff,
    i64: -2n,
    u64: 2n ** 64n - 2n,
    text: 'zone',
    bytes: Uint8Array.of(1, 2, 3),
    i32s: [-1, 7],
    u64s: [5n, 6n],
    texts: ['a', 'bc'],
    list: new Map([['inner', true]]),
    lists: [new Map(), new Map([['no', false]])],
    double: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2),
  })
})

describe('a list that is none is corrupt', () => {
  let nested = list()
  for (let depth = 0; depth < 20; depth++) nested = list(pair('', 19, 1, nested))
  test.each<[string, Uint8Array]>([
    ['no bytes', Uint8Array.of()],
    ['another encoding', Uint8Array.of(0, 1, 0, 0, ...list())],
    ['no end', whole(pair('a', 1, 0, [])).subarray(0, -8)],
    ['a pair of 8 bytes', Uint8Array.from([1, 1, 0, 0, ...u32(0, 1, 8, 64, 0, 0)])],
    ['a pair larger than all', Uint8Array.from([1, 1, 0, 0, ...u32(0, 1, 9999, 64, 0, 0, 0, 0, 0)])],
    ['a name larger than its pair', whole([...u32(24, 64, 4000, 0, 1, 0)])],
    ['an array of 2^32-1', whole(pair('a', 16, 2 ** 32 - 1, u32(0, 1)))],
    ['2^32-1 texts', whole(pair('a', 17, 2 ** 32 - 1, text('b')))],
    ['2^32-1 bytes', whole(pair('a', 10, 2 ** 32 - 1, u32(0)))],
    ['20 levels', Uint8Array.from([1, 1, 0, 0, ...nested])],
  ])('%s', (_what, bytes) => {
    expect(() => parseNvlist(bytes)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('any change of one byte ends in a list or a refusal', () => {
    const bytes = packageList('modern-package')
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = bytes.slice()
        damaged[at] = value
        try {
          return parseNvlist(damaged) instanceof Map
        } catch (error) {
          return error instanceof Error && error.name === 'CorruptStream'
        }
      }),
      { numRuns: 500 },
    )
  })
})
