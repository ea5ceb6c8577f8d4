import { expect, test } from 'vitest'
import { numberOption, wordOption } from '#cli/option-values.ts'

const usage = (message: string) => expect.objectContaining({ exit: 2, code: 'Usage', message })

test('a number is whole, in decimal digits, and within its bounds', () => {
  expect(numberOption('--limit', '1', 1, 1000)).toBe(1)
  expect(numberOption('--limit', '1000', 1, 1000)).toBe(1000)
  for (const text of ['0', '1001', 'abc', '', '1e2', '-1', '1.5'])
    expect(() => numberOption('--limit', text, 1, 1000)).toThrow(
      usage(`--limit is ${JSON.stringify(text)}, expected a whole number from 1 to 1000`),
    )
})

test('a word is one of those that there are', () => {
  expect(wordOption('--missed', 'skip', ['run-once', 'skip'])).toBe('skip')
  expect(() => wordOption('--missed', 'maybe', ['run-once', 'skip'])).toThrow(
    usage('--missed is "maybe", expected one of run-once, skip'),
  )
})
