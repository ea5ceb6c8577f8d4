import { expect, test } from 'vitest'
import type { StreamObject } from '#core/zfs/object-set.ts'
import { editAttributes, type AttributeEdit } from '#core/zfs/write/increment/attribute-edit.ts'
import type { BaseForm } from '#core/zfs/write/increment/base-form.ts'
import { BASIC, makeSa, makeTables, number } from '../../attributes/make-sa.ts'
import { MadeSet } from '../../make-set.ts'

const OLD_ACL = 300
const tables = makeTables({})
const form: BaseForm = {
  set: new MadeSet().set(),
  zpl: 5,
  littleEndian: true,
  tables: {
    attributes: new Map([...tables.attributes, [OLD_ACL, { name: 'ZPL_ZNODE_ACL', length: 88 }]]),
    layouts: new Map([[2, [...BASIC.map(number), OLD_ACL]]]),
  },
  saMasterNode: 2,
  features: 0n,
  maxNameBytes: 255,
  nextObject: 10,
}
const words = [0o100644n, 0n, 9n, 0n, 0n, 4n, 4n]
const times = Array.from({ length: 4 }, (): readonly [bigint, bigint] => [1n, 2n])
const upgraded: StreamObject = {
  number: 7,
  type: 19,
  bonusType: 44,
  blockSize: 512,
  slots: 1,
  bonus: makeSa(2, [...words, ...times, 1n, ...Array.from({ length: 11 }, () => 0n)]),
}
const edit = (more: Partial<AttributeEdit>) =>
  editAttributes(upgraded, { uid: 3, ctime: { seconds: 5, nanoseconds: 6 }, ...more }, form)

test('an access list from before an upgrade stays, and is no base for another mode', () => {
  expect(edit({}).bonus).toHaveLength(upgraded.bonus.byteLength)
  expect(() => edit({ mode: 0o100600 })).toThrow(
    expect.objectContaining({
      code: 'UnsupportedZfsStream',
      message: expect.stringMatching(/object 7 has an access list .*mode 600: use a clone/),
    }),
  )
})
