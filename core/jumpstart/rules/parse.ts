// Reads `rules`: what is wrong with a line is told with its number, and the line is left out.
import { readTextLines } from '../text-lines.ts'
import { counted, ProblemList, type JumpStartProblem } from '../problem.ts'
import { hasErrors, unwise, wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import { pathProblem } from '../paths.ts'
import { noCustomProbes, type CustomProbes } from './custom-probes.ts'
import { findKeyword, keywordNames, probeNames } from './keywords.ts'
import { OF_THE_SERVER, type Rules, type RulesLine, type RuleTerm } from './rules.ts'
import { tokenize, type Token } from './tokens.ts'

export interface ParsedRules {
  /** with LF as line ends */
  text: string
  /** the lines that are right */
  rules: Rules
  problems: JumpStartProblem[]
}

export interface ParseRulesOptions {
  /** as messages name it; default `rules` */
  file?: string
  /** what custom_probes adds to the keywords */
  customProbes?: CustomProbes
}

/** Grammar and keywords of jumpstart.md 1.2 and 1.3; files are looked up by checkDirectory. */
export function parseRules(
  source: string | Uint8Array,
  { file = 'rules', customProbes = noCustomProbes }: ParseRulesOptions = {},
): ParsedRules {
  const { text, lines, problems: read } = readTextLines(source, { file, joinsLines: true })
  const list = new ProblemList()
  for (const problem of read) list.add(problem)
  const rules: RulesLine[] = []
  let last: number | undefined
  for (const { number, text: line } of lines) {
    if (list.isFull) break
    const { parsed, complaints } = parseLine(line, number, customProbes)
    for (const complaint of complaints) list.add({ ...complaint, file, line: number })
    if (!parsed) continue
    if (last !== undefined)
      list.add({
        severity: 'warning',
        file,
        line: number,
        message: `the line is never looked at: line ${last} matches every host`,
      })
    rules.push(parsed)
    if (last === undefined && isAlwaysTrue(parsed)) last = number
  }
  if (!rules.some(({ kind }) => kind === 'rule') && !hasErrors(list.all))
    list.add({ severity: 'error', file, line: 1, message: 'there is no rule, expected at least one' })
  return { text, rules, problems: list.all.toSorted((a, b) => a.line - b.line) }
}

const isAlwaysTrue = (line: RulesLine): boolean =>
  line.kind === 'rule' && line.terms.every(({ keyword, negated }) => keyword === 'any' && !negated)

interface ParsedLine {
  parsed?: RulesLine
  complaints: Complaint[]
}

function parseLine(text: string, line: number, custom: CustomProbes): ParsedLine {
  const read = tokenize(text)
  if ('fault' in read) return { complaints: [wrong(read.fault)] }
  const { tokens } = read
  if (tokens[0]?.text === 'probe' && !tokens.some(({ text: word }) => word === '&&'))
    return parseProbe(tokens, line, custom)
  const columns = tokens.slice(-3)
  const [begin, profile, finish] = columns.map((column) => column.text)
  if (begin === undefined || profile === undefined || finish === undefined || tokens.length < 5)
    return {
      complaints: [
        wrong(
          `the rule has ${counted(tokens.length, 'word')}, expected at least 5: keyword, value, begin, profile, finish`,
        ),
      ],
    }
  const { terms, complaints } = parseTerms(tokens.slice(0, -3), custom)
  complaints.push(...columnComplaints({ begin, profile, finish }))
  if (complaints.some(({ severity }) => severity === 'error')) return { complaints }
  return { parsed: { kind: 'rule', line, terms, begin, profile, finish }, complaints }
}

function parseProbe(tokens: readonly Token[], line: number, custom: CustomProbes): ParsedLine {
  const [, name, ...rest] = tokens.map(({ text }) => text)
  if (name === undefined || rest.length > 0)
    return {
      complaints: [
        wrong(
          `probe has ${counted(tokens.length - 1, 'word')} after it, expected the name of a probe and no columns`,
        ),
      ],
    }
  if (probeNames.includes(name) || custom.probes.has(name))
    return { parsed: { kind: 'probe', line, name }, complaints: [] }
  return {
    complaints: [
      wrong(
        `the probe is ${quoted(name)}, expected one of ${probeNames.join(', ')}, or a function probe_${name} in custom_probes`,
      ),
    ],
  }
}

function parseTerms(
  tokens: readonly Token[],
  custom: CustomProbes,
): { terms: RuleTerm[]; complaints: Complaint[] } {
  const complaints: Complaint[] = []
  const terms: RuleTerm[] = []
  for (const words of splitTerms(tokens)) {
    const found = parseTerm(words, custom)
    complaints.push(...found.complaints)
    // what follows a wrong term is not looked at: a line says one thing
    if (!found.term) break
    terms.push(found.term)
  }
  return { terms, complaints }
}

function splitTerms(tokens: readonly Token[]): Token[][] {
  const terms: Token[][] = [[]]
  for (const token of tokens)
    if (token.text === '&&' && !token.isQuoted) terms.push([])
    else terms.at(-1)?.push(token)
  return terms
}

function parseTerm(
  tokens: readonly Token[],
  custom: CustomProbes,
): { term?: RuleTerm; complaints: Complaint[] } {
  if (tokens.length === 0) return refuse('there is nothing on one side of &&, expected keyword and value')
  const glued = tokens.find(({ text, isQuoted }) => text.includes('&&') || (isQuoted && text === '!'))
  if (glued) return refuse(`the word is ${quoted(glued.text)}, expected && and ! as words of their own`)
  const all = tokens.map(({ text }) => text)
  const { negated, words, complaints: ofNegation } = takeNegation(all)
  const [name = '', ...given] = words
  if (name === '' || name.startsWith('!'))
    return refuse(`${quoted(all.join(' '))} is no term, expected one ! before a keyword`)
  if (name === 'probe') return refuse('probe stands in a rule, expected it on a line of its own')
  const keyword = findKeyword(name)
  if (!keyword && !custom.compares.has(name))
    return refuse(
      `unknown match key ${quoted(name)}, expected one of ${keywordNames.join(', ')}, or a function cmp_${name} in custom_probes`,
    )
  const expected = keyword?.values ?? (given.length > 1 ? ['value', 'value'] : ['value'])
  if (given.length !== expected.length)
    return refuse(
      `${name} has too ${given.length < expected.length ? 'few' : 'many'} arguments: ${given.length}, expected ${expected.length}: ${expected.join(' and ')}`,
    )
  const { values, complaints: ofMemsize } = name === 'memsize' ? mendMemsize(given) : asGiven(given)
  const refused = keyword?.refuse(values)
  if (refused !== undefined) return refuse(`${name} is ${quoted(values.join(' '))}, expected ${refused}`)
  const complaints = [...ofNegation, ...ofMemsize, ...shellWarnings(name, values)]
  if (name === 'any' && negated) complaints.push(unwise('! any - matches no host'))
  return { term: { negated, keyword: name, values }, complaints }
}

/** A `!` before the keyword, also one that is glued to it. */
function takeNegation([first = '', ...rest]: readonly string[]): {
  negated: boolean
  words: string[]
  complaints: Complaint[]
} {
  if (!first.startsWith('!')) return { negated: false, words: [first, ...rest], complaints: [] }
  if (first === '!') return { negated: true, words: rest, complaints: [] }
  const message = `${quoted(first)} has its ! glued to it, expected a blank: not every release reads it`
  return { negated: true, words: [first.slice(1), ...rest], complaints: [unwise(message)] }
}

interface ReadValues {
  values: string[]
  complaints: Complaint[]
}

const asGiven = (values: string[]): ReadValues => ({ values, complaints: [] })

/** A single number is a range from it to itself. */
function mendMemsize(values: string[]): ReadValues {
  const [size = ''] = values
  if (!/^[0-9]{1,12}$/.test(size)) return asGiven(values)
  const range = `${size}-${size}`
  const message = `memsize is ${size}, expected a range: not every release takes a single number; read as ${range}`
  return { values: [range], complaints: [unwise(message)] }
}

function shellWarnings(name: string, values: readonly string[]): Complaint[] {
  const odd = values.find((value) => /[*?[\]$`;&|<>(){}~^]/.test(value))
  if (odd === undefined) return []
  return [
    unwise(
      `${name} is ${quoted(odd)}, which has a character of the shell in it: clients read rules with a shell`,
    ),
  ]
}

const refuse = (message: string) => ({ complaints: [wrong(message)] })

function columnComplaints({
  begin,
  profile,
  finish,
}: Record<'begin' | 'profile' | 'finish', string>): Complaint[] {
  const complaints: Complaint[] = []
  for (const [column, text] of Object.entries({ begin, profile, finish })) {
    if (text === '-' || (column === 'profile' && text === '=')) continue
    const problem = pathProblem(text) ?? otherColumn(column, text)
    if (problem !== undefined) complaints.push(wrong(`${column} is ${quoted(text)}, expected ${problem}`))
  }
  if (profile === '=' && begin === '-')
    complaints.push(wrong('profile is = and begin is -, expected a begin script that writes the profile'))
  if (profile === '-')
    complaints.push(unwise('profile is -, so that the installer asks its questions: nothing goes by itself'))
  return complaints
}

/** `begin`, `profile` and `finish` are what the server renders for the host, each in its column. */
function otherColumn(column: string, text: string): string | undefined {
  const owner = Object.values(OF_THE_SERVER).find((word) => word === text)
  return owner === undefined || owner === column
    ? undefined
    : `another file: ${text} is the server's, in column ${owner}`
}
