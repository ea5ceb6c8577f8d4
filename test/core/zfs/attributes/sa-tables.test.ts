import { describe, expect, test } from 'vitest'
import { readSaTables } from '#core/zfs/attributes/sa-tables.ts'
import { ObjectType } from '#core/zfs/object-set.ts'
import { MadeSet, objectWith, zapObject } from '../make-set.ts'
import { bytesOf, makeFatZap } from '../zap/make-zap.ts'

const MODE = 5n | (8n << 24n)
const SYMLINK = 17n | (3n << 16n)

function made(
  registry: Record<string, bigint> = { ZPL_MODE: MODE, ZPL_SYMLINK: SYMLINK },
  layouts: Record<string, bigint[]> = { '2': [5n], '3': [5n, 17n] },
  integerBytes: 2 | 4 = 2,
): MadeSet {
  const entries = Object.entries(layouts).map(([name, values]) => ({
    name: bytesOf(name),
    values,
    integerBytes,
  }))
  return new MadeSet({ VERSION: 5n, SA_ATTRS: 10n })
    .put(zapObject(10, ObjectType.saMasterNode, { REGISTRY: 11n, LAYOUTS: 12n }))
    .put(zapObject(11, ObjectType.saRegistry, registry))
    .put(objectWith(12, ObjectType.saLayouts, makeFatZap(entries)))
}

describe('the tables of system attributes', () => {
  test('are read from the stream itself', () => {
    const tables = readSaTables(made().set())
    expect(Object.fromEntries(tables?.attributes ?? [])).toEqual({
      5: { name: 'ZPL_MODE', length: 8 },
      17: { name: 'ZPL_SYMLINK', length: 0 },
    })
    expect(Object.fromEntries(tables?.layouts ?? [])).toEqual({ 0: [], 1: [], 2: [5], 3: [5, 17] })
  })

  test('are none before ZPL 5, and empty where no file was ever made', () => {
    expect(readSaTables(new MadeSet().set())).toBeUndefined()
    const empty = new MadeSet({ VERSION: 5n, SA_ATTRS: 10n }).put(zapObject(10, ObjectType.saMasterNode, {}))
    expect(readSaTables(empty.set())?.attributes.size).toBe(0)
  })

  test.each<[what: string, made: MadeSet, message: string]>([
    [
      'two names for a number',
      made({ ZPL_MODE: MODE, ZPL_SIZE: MODE }),
      'attribute 5 is ZPL_MODE and ZPL_SIZE',
    ],
    ['an attribute that is not registered', made({ ZPL_MODE: MODE }), 'layout 3 has attribute 17'],
    ['an attribute twice', made(undefined, { '2': [5n, 5n] }), 'layout 2 has an attribute twice'],
    ['a layout that is no number', made(undefined, { two: [5n] }), '"two" with integers of 2 bytes'],
    ['a layout of other integers', made(undefined, { '2': [5n] }, 4), '"2" with integers of 4 bytes'],
    [
      'a registry of another type',
      made().put(zapObject(11, ObjectType.saLayouts, {})),
      'object 11 has type 47, expected 46',
    ],
  ])('are refused with %s', (_what, set, message) => {
    expect(() => readSaTables(set.set())).toThrow(
      expect.objectContaining({ code: 'CorruptStream', message: expect.stringContaining(message) }),
    )
  })
})
