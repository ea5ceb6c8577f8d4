import { expect, test } from 'vitest'
import { isPlain } from '#core/zfs/write/full-of-set.ts'
import { fixtureBytes } from '../fixture-set.ts'
import { applied } from './applied.ts'

const held = (name: string) => applied(fixtureBytes(`${name}.zfs`))

test.each([
  ['full', true],
  ['modern-default', true],
  ['modern-longname', false],
  ['modern-large', false],
  ['modern-gzip-dnode', false],
  ['bigendian-zpl4', false],
])('%s can be written again without any feature: %s', async (name, can) => {
  expect(isPlain(await held(name))).toBe(can)
})

test('long names are none for every receiver, said or not, and neither are large micro ZAPs', async () => {
  const [plain, { set, tree }] = await Promise.all([held('full'), held('modern-longname')])
  expect(isPlain({ tree, set: { ...set, begin: { ...set.begin, features: 4n } } })).toBe(false)
  const { begin } = plain.set
  for (const bit of [28n, 29n])
    expect(isPlain({ ...plain, set: { ...plain.set, begin: { ...begin, features: 1n << bit } } })).toBe(false)
})
