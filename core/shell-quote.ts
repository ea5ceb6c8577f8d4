// The one place where a value becomes part of a shell script.
import { ProvisionError } from './errors.ts'

/**
 * The value as one word for any Bourne shell. Between single quotes nothing is special to it, and a single quote is
 * written outside of them.
 * @throws ShellValueInvalid for what no shell variable can hold: NUL, and halves of a surrogate pair
 */
export function shellQuote(value: string): string {
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new ProvisionError(
      'invalid',
      'ShellValueInvalid',
      `shell value is ${JSON.stringify(value.slice(0, 80))}, expected well-formed text without NUL`,
    )
  }
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}
