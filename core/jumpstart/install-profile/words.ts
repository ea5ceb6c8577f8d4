// What install profiles have in common where words are looked at, one after the other.
import { DISK, DISK_FORMS, NUMBER, SLICE, SLICE_FORMS } from '../names.ts'
import { counted } from '../problem.ts'
import { wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import type { InstallType } from './profile.ts'

export interface WordContext {
  /** undefined: not known; nothing is refused for its sake */
  type: InstallType | undefined
  isZfs: boolean
}

export type CheckWords = (words: readonly string[], context: WordContext) => Complaint[]

/** One word: what is expected instead of it; undefined when it can be. */
export type CheckWord = (word: string) => string | undefined

/** `name is "x", expected …` for each word that cannot be, and for one too many or too few. */
export function inOrder(...checks: readonly (readonly [name: string, check: CheckWord])[]): CheckWords {
  return (words) => {
    const names = checks.map(([name]) => name)
    if (words.length !== checks.length) return [countComplaint(words.length, names)]
    return checks.flatMap(([name, check], index) => complain(name, words[index] ?? '', check))
  }
}

export function countComplaint(count: number, names: readonly string[]): Complaint {
  const expected = names.length === 0 ? 'none' : `${names.length}: ${names.join(', ')}`
  return wrong(`the keyword has ${counted(count, 'word')} after it, expected ${expected}`)
}

export function complain(name: string, word: string, check: CheckWord): Complaint[] {
  const expected = check(word)
  return expected === undefined ? [] : [wrong(`${name} is ${quoted(word)}, expected ${expected}`)]
}

export const expecting =
  (pattern: RegExp, expected: string): CheckWord =>
  (word) =>
    pattern.test(word) ? undefined : expected

export const among =
  (...words: readonly string[]): CheckWord =>
  (word) =>
    words.includes(word) ? undefined : `${words.length > 1 ? 'one of ' : ''}${words.join(', ')}`

/** In any case where the published `check` folds case before it compares (jumpstart.md 1.5). */
export const folded =
  (check: CheckWord): CheckWord =>
  (word) =>
    check(word) === undefined ? undefined : check(word.toLowerCase())

export const orElse =
  (...checks: readonly CheckWord[]): CheckWord =>
  (word) => {
    const expected = checks.map((check) => check(word))
    return expected.includes(undefined) ? undefined : expected.join(' or ')
  }

export const slice = expecting(SLICE, `a slice as ${SLICE_FORMS}, N from 0 to 7`)
export const disk = expecting(DISK, `a disk as ${DISK_FORMS}`)
export const absolutePath = expecting(/^\/[!-~]{0,1022}$/, 'a path that begins with /')
export const megabytes = expecting(/^[1-9][0-9]{0,11}$/, 'a number of MB')
export const hostName = expecting(
  /^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/,
  'the name or address of a host',
)
export const hostAndPort: CheckWord = (word) => {
  const [host = '', port, ...rest] = word.split(':')
  if (rest.length > 0 || hostName(host) !== undefined) return 'HOST or HOST:PORT'
  return port === undefined || isPort(port) ? undefined : 'a port from 1 to 65535'
}

const isPort = (text: string): boolean => wholeNumber(1, 65_535)(text) === undefined

export const wholeNumber =
  (least: number, most: number): CheckWord =>
  (word) =>
    NUMBER.test(word) && Number(word) >= least && Number(word) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`
