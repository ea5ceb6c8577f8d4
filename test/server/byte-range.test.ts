import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRange } from '#server/byte-range.ts'

test.each([
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=0-99', { start: 0, end: 99 }],
  ['bytes=10-', { start: 10, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-1000', { start: 0, end: 99 }],
  ['bytes=90-1000', { start: 90, end: 99 }],
  ['bytes=99-99999999999999999999999', { start: 99, end: 99 }],
  ['BYTES= 5-6 ', { start: 5, end: 6 }],
  ['bytes=5-6,', { start: 5, end: 6 }],
])('%s of 100 bytes is the range %j', (header, range) => {
  expect(readRange(header, 100)).toEqual(range)
})

test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=99999999999999999999-'])(
  '%s of 100 bytes cannot be satisfied',
  (header) => expect(readRange(header, 100)).toBe('unsatisfiable'),
)

test.each([
  'bytes=',
  'bytes=-',
  'bytes=5-4',
  'bytes=a-b',
  'bytes=0x1-2',
  'bytes=1-2-3',
  'bytes=--5',
  'bytes 0-1',
  'lines=0-1',
  '',
  'bytes=+1-2',
])('%j is not a byte range and is ignored', (header) => expect(readRange(header, 100)).toBe('whole'))

test('several ranges are told apart from one', () => {
  expect(readRange('bytes=0-1,5-6', 100)).toBe('many')
  expect(readRange('bytes=0-1, -1', 100)).toBe('many')
})

test('nothing of an empty representation can be asked for', () => {
  expect(readRange('bytes=0-', 0)).toBe('unsatisfiable')
  expect(readRange('bytes=-1', 0)).toBe('unsatisfiable')
})

test('whatever the header, a range lies within the bytes', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^bytes=[0-9, -]{0,20}$/), fc.nat(1000), (header, size) => {
      const range = readRange(header, size)
      if (typeof range === 'string') return true
      return 0 <= range.start && range.start <= range.end && range.end < size
    }),
  )
})
