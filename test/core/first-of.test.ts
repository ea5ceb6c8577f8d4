import { expect, test } from 'vitest'
import { firstOf } from '#core/first-of.ts'

test.each([
  [['a'], 'a'],
  [['a', 'b'], 'a; b'],
  [['a', 'b', 'c'], 'a; b and 1 more'],
])('the first two of %j are told as %s', (texts, told) => {
  expect(firstOf(texts, 2)).toBe(told)
})

test('what stands between them is the caller’s', () => {
  expect(firstOf(['a', 'b', 'c', 'd'], 2, ', ')).toBe('a, b and 2 more')
})
