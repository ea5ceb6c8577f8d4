import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedList } from '#core/zfs/sorted-list.ts'

const numbers = fc.integer({ min: 0, max: 3000 })
const operations = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ insert: fc.array(numbers, { maxLength: 400 }) }) },
    { weight: 1, arbitrary: fc.record({ cut: numbers, to: numbers }) },
  ),
  { maxLength: 12 },
)

test('it holds what a sorted array holds, whatever is inserted and cut out', () => {
  fc.assert(
    fc.property(operations, fc.array(numbers, { maxLength: 20 }), (steps, asked) => {
      const list = new SortedList<number>((number) => number)
      let model: number[] = []
      const cut: number[][] = []
      const expected: number[][] = []
      for (const step of steps) {
        if ('insert' in step) {
          for (const number of step.insert) list.insert(number)
          model = [...new Set([...model, ...step.insert])].toSorted((a, b) => a - b)
        } else {
          const isInside = (number: number) => number >= step.cut && number < step.to
          cut.push(list.cut(step.cut, step.to))
          expected.push(model.filter(isInside))
          model = model.filter((number) => !isInside(number))
        }
        expect(list.size).toBe(model.length)
      }
      expect(cut).toEqual(expected)
      expect([...list.from(0)]).toEqual(model)
      for (const key of asked) {
        expect(list.before(key)).toBe(model.findLast((number) => number < key))
        expect(list.get(key)).toBe(model.find((number) => number === key))
        expect([...list.from(key)]).toEqual(model.filter((number) => number >= key))
      }
    }),
    { numRuns: 150 },
  )
})

test('an item with the key of another takes its place', () => {
  const list = new SortedList<{ key: number; name: string }>(({ key }) => key)
  list.insert({ key: 1, name: 'old' })
  list.insert({ key: 1, name: 'new' })
  expect([...list.from(0)]).toEqual([{ key: 1, name: 'new' }])
})

test('a range without an end takes everything', () => {
  const list = new SortedList<number>((number) => number)
  for (let number = 1000; number > 0; number--) list.insert(number)
  expect(list.cut(501, Infinity)).toHaveLength(500)
  expect(list.size).toBe(500)
})
