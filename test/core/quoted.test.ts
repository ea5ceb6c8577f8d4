import { expect, test } from 'vitest'
import { quoted } from '#core/quoted.ts'

test('a value in a message cannot steer the terminal', () => {
  expect(quoted('a\u009b31m\u007f\u001b"\n')).toBe(String.raw`"a\u009b31m\u007f\u001b\"\n"`)
})

test('and is cut when it is absurdly long', () => {
  expect(quoted('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`)
  expect(quoted('x'.repeat(201))).toBe(`"${'x'.repeat(200)}…"`)
})
