import { ProvisionError } from './errors.ts'

/** Whether a database can keep this text as it is: PostgreSQL has no NUL in text, and UTF-8 has no lone surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** @throws UnstorableText; `what` names the value, e.g. `token name` */
export function assertStorable(text: string, what: string): void {
  if (!isStorable(text))
    throw new ProvisionError(
      'invalid',
      'UnstorableText',
      `${what} is ${JSON.stringify(text.slice(0, 100))}, expected text without NUL and unpaired surrogates`,
    )
}

/** The nearest text that a database can keep: for logs, where a blemished line is worth more than none. */
export function toStorable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{FFFD}')
}
