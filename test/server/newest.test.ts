import { expect, test } from 'vitest'
import { Newest } from '#server/newest.ts'

test('what was set longest ago is forgotten first; setting it again makes it the newest', () => {
  const newest = new Newest<string, number>(2)
  newest.set('a', 1)
  newest.set('b', 2)
  newest.set('a', 3)
  newest.set('c', 4)
  expect([newest.get('a'), newest.get('b'), newest.get('c'), newest.size]).toEqual([3, undefined, 4, 2])
  newest.delete('a')
  expect([newest.get('a'), newest.size]).toEqual([undefined, 1])
})
