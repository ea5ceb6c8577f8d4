// Which files of a tree go into a flash archive: the filters of flarcreate -x -y -z -X -f -F (jumpstart.md 4.7).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'

/** `-` leaves out what is at the path and below it, `+` takes it in again. */
export interface FlarFilter {
  sign: '+' | '-'
  /** absolute in the tree's root, in one spelling */
  path: string
}

/** Files by name: with -f beside all others, with -F alone. */
export interface FileList {
  paths: readonly string[]
  isOnly: boolean
}

const MAX_PATH = 4096
const MAX_LINES = 1_000_000

/** A path as filters have it: `/var/tmp`, whatever slashes it was given with. @throws FlarInvalid */
export function filterPath(text: string): string {
  const names = text.split('/').filter((name) => name !== '' && name !== '.')
  if (text === '' || text.length > MAX_PATH || /[\0\n\t]/.test(text) || names.includes('..')) {
    throw refusal(
      'FlarInvalid',
      `a filter has the path ${quoted(text)}, expected one below the root of the tree`,
    )
  }
  return `/${names.join('/')}`
}

/** Lines `- path` and `+ path` of a file for -z. @throws FlarInvalid */
export function parseFilterLines(text: string): FlarFilter[] {
  return linesOf(text).map((line, index) => {
    const match = /^([+-])[ \t]+(\S.*)$/.exec(line)
    if (match?.[2] === undefined)
      throw refusal(
        'FlarInvalid',
        `line ${index + 1} of the filters is ${quoted(line)}, expected - PATH or + PATH`,
      )
    return { sign: match[1] === '+' ? '+' : '-', path: filterPath(match[2]) }
  })
}

/** Paths of a file for -X and -f, one on a line. @throws FlarInvalid */
export function parsePathLines(text: string): string[] {
  return linesOf(text).map(filterPath)
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '')
  if (lines.length <= MAX_LINES) return lines
  throw refusal('TooManyEntries', `a list of files has more than ${MAX_LINES} lines`)
}

/**
 * The filters together. The longest path that is above a file, or is the file, decides; `+` beats `-` at the same path, and a name in
 * the list of -f is taken whatever they say. What nothing speaks of is taken, unless -F names all that is.
 */
export class FlarFilters {
  readonly list: readonly FlarFilter[]
  readonly #signs = new Map<string, '+' | '-'>()
  readonly #named: ReadonlySet<string>
  readonly #isOnly: boolean
  /** directories with something below that is taken by its name */
  readonly #above: ReadonlySet<string>
  /** directories with something below that is left out by its name */
  readonly #aboveLeftOut: ReadonlySet<string>

  constructor(filters: readonly FlarFilter[], files?: FileList) {
    this.list = filters
    this.#named = new Set(files?.paths)
    this.#isOnly = files?.isOnly ?? false
    const taken = filters.flatMap(({ sign, path }) => (sign === '+' ? [path] : []))
    this.#above = new Set([...taken, ...this.#named].flatMap(directoriesAbove))
    for (const { sign, path } of filters)
      if (sign === '+' || !this.#signs.has(path)) this.#signs.set(path, sign)
    const leftOut = [...this.#signs].flatMap(([path, sign]) => (sign === '-' ? [path] : []))
    this.#aboveLeftOut = new Set(leftOut.flatMap(directoriesAbove))
  }

  /** One for each path, and none that leaves out what is taken by its name: for readers that compare paths with no others. */
  get byName(): FlarFilter[] {
    return [...this.#signs].flatMap(([path, sign]) =>
      sign === '-' && this.takes(path) ? [] : [{ sign, path }],
    )
  }

  /** `path` absolute, in one spelling */
  takes(path: string): boolean {
    if (this.#named.has(path)) return !this.#isOnly || this.#sign(path) !== '-'
    return !this.#isOnly && this.#sign(path) !== '-'
  }

  /** Whether something below a directory may be taken: else nobody need look into it. */
  mayTakeBelow(directory: string): boolean {
    return this.#above.has(directory) || (!this.#isOnly && this.#sign(directory) !== '-')
  }

  /** Whether each file in a directory is taken, unless a filter of its own path leaves it out. */
  takesAllIn(directory: string): boolean {
    return !this.#isOnly && this.#sign(directory) !== '-'
  }

  /** Whether everything below a directory is taken, at any depth. */
  takesAllBelow(directory: string): boolean {
    return this.takesAllIn(directory) && !this.#aboveLeftOut.has(directory)
  }

  #sign(path: string): '+' | '-' | undefined {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const sign = this.#signs.get(at)
      if (sign !== undefined) return sign
    }
    return this.#signs.get('/')
  }
}

function directoriesAbove(path: string): string[] {
  const above = ['/']
  for (let slash = path.indexOf('/', 1); slash >= 0; slash = path.indexOf('/', slash + 1))
    above.push(path.slice(0, slash))
  return above
}
