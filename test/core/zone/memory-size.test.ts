import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactMemorySize, parseMemorySize, showMemorySize } from '#core/zone/memory-size.ts'

test.each([
  ['512M', 536870912n],
  ['1.5g', 1610612736n],
  ['.5k', 512n],
  ['2T', 2199023255552n],
])('%s is %d bytes', (text, bytes) => {
  expect(parseMemorySize(text)).toBe(bytes)
})

test.each(['512', 'M', '-1M', '1MB', '1e3M', '99999999T', ''])('%j is no size', (text) => {
  expect(parseMemorySize(text)).toBeUndefined()
})

test.each([
  ['512', '512'],
  ['536870912', '512M'],
  ['1610612736', '1.5G'],
  ['1073741824', '1G'],
])('%s bytes are shown as %s', (bytes, text) => {
  expect(showMemorySize(bytes)).toBe(text)
})

test('an exact size reads back as the same bytes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bytes) => {
      expect(parseMemorySize(exactMemorySize(String(bytes)))).toBe(bytes)
    }),
  )
})
