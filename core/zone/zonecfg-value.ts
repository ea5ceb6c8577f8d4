// How one value stands in a zonecfg command file. The language has no escapes: what cannot be said is refused.
import { ProvisionError } from '../errors.ts'

/** Longest command line that zonecfg reads from a terminal or a pipe (zones.md 2.2). */
export const maxCommandLine = 1024

/**
 * A simple value, always in double quotes: a bare word that spells a keyword (`name`, `fs`) would not be read as a value.
 * @throws ZonecfgValueInvalid when the value holds a quote, a newline or NUL, which the language cannot express
 */
export function quoteZonecfgValue(value: string): string {
  if (/["\n\r\0]/.test(value) || !value.isWellFormed()) {
    throw refusal(value, 'a value without double quotes, newlines and NUL')
  }
  if (new TextEncoder().encode(value).length > maxCommandLine - 64) {
    throw refusal(value, `at most ${maxCommandLine - 64} bytes`)
  }
  return `"${value}"`
}

/**
 * A value inside `(name=value,…)`, where the lexer of older releases knows no quotes.
 * @throws ZonecfgValueInvalid
 */
export function bareZonecfgValue(value: string): string {
  if (!/^[A-Za-z0-9_.:/+@%-]{1,256}$/.test(value)) {
    throw refusal(value, 'letters, digits and _.:/+@%- only, as it stands between parentheses')
  }
  return value
}

function refusal(value: string, expected: string): ProvisionError {
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  return new ProvisionError(
    'invalid',
    'ZonecfgValueInvalid',
    `zonecfg value is ${shown}, expected ${expected}`,
  )
}
