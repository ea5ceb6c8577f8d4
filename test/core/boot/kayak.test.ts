import { expect, test } from 'vitest'
import { MediumCompression, mediumName, parseMediumName } from '#core/boot/kayak.ts'

test('a medium’s name is read as it is written', () => {
  for (const compression of MediumCompression.options)
    expect(parseMediumName(mediumName('omni@stable', compression))).toEqual({
      reference: { template: 'omni', selector: 'stable' },
      compression,
    })
})

test.each([
  'omni@stable.zfs.zst',
  'omni@stable.zfs',
  'OMNI@stable.zfs.xz',
  '.zfs.xz',
  `${'o'.repeat(200)}.zfs.xz`,
])('%s is no medium', (name) => {
  expect(parseMediumName(name)).toBeUndefined()
})
