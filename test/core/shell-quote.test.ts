import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shellQuote } from '#core/shell-quote.ts'
import { shells } from '../finish-scripts/shells.ts'

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom("'", '\\', '"', '`', '$', '\n', '!', ';', ' ', '(', '#', 'END', '\r'),
    }),
  )
  .filter((value) => !value.includes('\0') && value.isWellFormed())

describe('shellQuote', () => {
  test.each(shells.map((shell) => ({ shell })))('any text comes out of $shell as it went in', ({ shell }) => {
    const [command, ...args] = shell
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 200 }), (values) => {
        // a file, as on hosts; the marks around each value show lost or added line ends
        const script = values
          .map((value, index) => `value_${index}=${shellQuote(value)}\ncat <<END\n<$value_${index}>\nEND\n`)
          .join('')
        const output = execFileSync(command, [...args], { input: script, env: { PATH: process.env['PATH'] } })
        expect(output.toString()).toBe(values.map((value) => `<${value}>\n`).join(''))
      }),
      { numRuns: 10 },
    )
  })

  test.each(['a\0b', 'half \ud800'])('%j is refused, since no variable can hold it', (value) => {
    expect(() => shellQuote(value)).toThrow(expect.objectContaining({ code: 'ShellValueInvalid' }))
  })
})
