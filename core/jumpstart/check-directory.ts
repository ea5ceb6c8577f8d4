// The files that rules name are there, and the install profiles among them are right (jumpstart.md 1.5).
import type { JumpStartFile, JumpStartFiles } from './directory.ts'
import { checkInstallProfile } from './install-profile/check.ts'
import { CUSTOM_PROBES } from './paths.ts'
import { ProblemList, type JumpStartProblem } from './problem.ts'
import { hasErrors, unwise, wrong } from '../problem.ts'
import { quoted } from '../quoted.ts'
import { customProbesOf } from './rules/custom-probes.ts'
import { parseRules, type ParsedRules } from './rules/parse.ts'
import { OF_THE_SERVER, type Rule, type RulesLine } from './rules/rules.ts'

export interface CheckedDirectory extends ParsedRules {
  /** what keeps a rule from installing a host, by the rule's line: a file that is not there, a profile that is wrong */
  brokenRules: ReadonlyMap<number, string>
  /** some line of `rules` cannot be read; that of a broken rule can */
  hasUnreadableLines: boolean
}

/** What `check` does: the rules first, then each file that they name, each profile once. Without `files` none is looked for. */
export function checkDirectory(
  rules: string | Uint8Array,
  files: JumpStartFiles | undefined,
  file = 'rules',
): CheckedDirectory {
  const customProbes = customProbesOf(files && fileOf(files, CUSTOM_PROBES)?.text)
  const parsed = parseRules(rules, { file, customProbes })
  const named = files ? parsed.rules.flatMap((line) => filesOf(line, files)) : []
  const list = new ProblemList()
  for (const problem of parsed.problems) list.add(problem)
  for (const problem of namedFileProblems(named, file)) list.add(problem)
  const profileFaults = checkProfiles(named, list)
  const faultOf = ({ column, path }: NamedFile) =>
    column === 'profile' ? profileFaults.get(path) : undefined
  const brokenRules = new Map<number, string>()
  for (const one of named) {
    const fault = one.found ? faultOf(one) : missing(one)
    if (fault !== undefined && !brokenRules.has(one.line)) brokenRules.set(one.line, fault)
  }
  const hasUnreadableLines = hasErrors(parsed.problems)
  return { ...parsed, problems: inOrder(list.all, file), brokenRules, hasUnreadableLines }
}

/** A file that a rule names. */
interface NamedFile {
  /** of the rule */
  line: number
  column: Column
  path: string
  found: JumpStartFile | undefined
}

function filesOf(line: RulesLine, files: JumpStartFiles): NamedFile[] {
  if (line.kind === 'probe') return []
  return namedFiles(line).map(([column, path]) => ({
    line: line.line,
    column,
    path,
    found: fileOf(files, path),
  }))
}

/** Those that are missing, and scripts that cannot be run: each of these once. */
function namedFileProblems(named: readonly NamedFile[], file: string): JumpStartProblem[] {
  const told = new Set<string>()
  return named.flatMap((one): JumpStartProblem[] => {
    const { line, column, path, found } = one
    if (!found) return [{ ...wrong(missing(one)), file, line }]
    if (column === 'profile' || (found.mode & 0o111) !== 0 || told.has(path)) return []
    told.add(path)
    const mode = found.mode.toString(8)
    return [
      {
        ...unwise(`${nameOf[column]} ${quoted(path)} has mode 0${mode}, expected 0755: chmod +x`),
        file,
        line,
      },
    ]
  })
}

const missing = ({ column, path }: NamedFile): string =>
  `${nameOf[column]} ${quoted(path)} is missing, expected a file of the JumpStart directory`

/** Looks at each profile once. What is found goes into the list at once, which keeps the first ones only; returned: why a profile is of no use. */
function checkProfiles(named: readonly NamedFile[], list: ProblemList): Map<string, string> {
  const faults = new Map<string, string>()
  const profiles = new Map(
    named.flatMap(({ column, path, found }) => (column === 'profile' && found ? [[path, found]] : [])),
  )
  for (const [path, { text }] of profiles) {
    const { problems } = checkInstallProfile(text, path)
    for (const problem of problems) list.add(problem)
    const first = problems.find(({ severity }) => severity === 'error')
    if (first) faults.set(path, `profile ${quoted(path)} is wrong, line ${first.line}: ${first.message}`)
  }
  return faults
}

const nameOf = { begin: 'begin script', profile: 'profile', finish: 'finish script' } as const
type Column = keyof typeof nameOf

/** The files that a rule names, without what the server renders. */
export function namedFiles({ begin, profile, finish }: Rule): [Column, string][] {
  const columns: [Column, string][] = [
    ['begin', begin],
    ['profile', profile],
    ['finish', finish],
  ]
  return columns.filter(([column, path]) => path !== '-' && path !== '=' && path !== OF_THE_SERVER[column])
}

const fileOf = (files: JumpStartFiles, path: string): JumpStartFile | undefined =>
  Object.hasOwn(files, path) ? files[path] : undefined

/** The rules first, then the profiles by name, each by line. */
function inOrder(problems: readonly JumpStartProblem[], rules: string): JumpStartProblem[] {
  const rank = ({ file }: JumpStartProblem) => (file === rules ? '' : file)
  return problems.toSorted((a, b) => {
    const [first, second] = [rank(a), rank(b)]
    return first < second ? -1 : first > second ? 1 : a.line - b.line
  })
}
