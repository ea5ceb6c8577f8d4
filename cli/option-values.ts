// Values of options, looked at before anything is sent: a wrong one is wrong usage.
import { usageFailure } from './failures.ts'

/** A whole number in decimal digits. @throws CliFailure */
export function numberOption(option: string, text: string, least: number, most: number): number {
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw usageFailure(`${option} is ${JSON.stringify(text)}, expected a whole number from ${least} to ${most}`)
}

/** One of a few words. @throws CliFailure */
export function wordOption<Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const word = words.find((one) => one === text)
  if (word !== undefined) return word
  throw usageFailure(`${option} is ${JSON.stringify(text)}, expected one of ${words.join(', ')}`)
}
