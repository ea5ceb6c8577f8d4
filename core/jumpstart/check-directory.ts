// The files that rules name are there, and the install profiles among them are right (jumpstart.md 1.5).
import type { JumpStartFile, JumpStartFiles } from './directory.ts'
import { checkInstallProfile } from './install-profile/check.ts'
import { CUSTOM_PROBES } from './paths.ts'
import { hasErrors, ProblemList, quoted, type JumpStartProblem } from './problem.ts'
import { customProbesOf } from './rules/custom-probes.ts'
import { parseRules, type ParsedRules } from './rules/parse.ts'
import { OF_THE_SERVER, type Rule } from './rules/rules.ts'

export interface CheckedDirectory extends ParsedRules {
  /** what keeps a rule from installing a host, by the rule's line: a file that is not there, a profile that is wrong */
  brokenRules: ReadonlyMap<number, string>
  /** the lines of `rules` that cannot be read; a broken rule is not among them */
  unreadable: boolean
}

/** What `check` does: the rules first, then each file that they name, each profile once. */
export function checkDirectory(
  rules: string | Uint8Array,
  files: JumpStartFiles,
  file = 'rules',
): CheckedDirectory {
  const customProbes = customProbesOf(fileOf(files, CUSTOM_PROBES)?.text)
  const parsed = parseRules(rules, { file, customProbes })
  const brokenRules = new Map<number, string>()
  const list = new ProblemList()
  for (const problem of parsed.problems) list.add(problem)
  const told = new Set<string>()
  const profiles = new Map<string, string | undefined>()
  const checkProfile = (path: string, { text }: JumpStartFile): string | undefined => {
    if (profiles.has(path)) return profiles.get(path)
    const checked = checkInstallProfile(text, path)
    for (const problem of checked.problems) list.add(problem)
    const first = checked.problems.find(({ severity }) => severity === 'error')
    const fault = first && `profile ${quoted(path)} is wrong, line ${first.line}: ${first.message}`
    profiles.set(path, fault)
    return fault
  }
  for (const rule of parsed.rules) {
    if (rule.kind === 'probe') continue
    for (const [column, path] of namedFiles(rule)) {
      const found = fileOf(files, path)
      const fault = found
        ? column === 'profile'
          ? checkProfile(path, found)
          : undefined
        : `${nameOf[column]} ${quoted(path)} is missing, expected a file of the JumpStart directory`
      if (found && column !== 'profile' && (found.mode & 0o111) === 0 && !told.has(path)) {
        told.add(path)
        const message = `${nameOf[column]} ${quoted(path)} has mode 0${found.mode.toString(8)}, expected 0755: chmod +x`
        list.add({ severity: 'warning', file, line: rule.line, message })
      }
      if (fault === undefined) continue
      if (!brokenRules.has(rule.line)) brokenRules.set(rule.line, fault)
      if (!found) list.add({ severity: 'error', file, line: rule.line, message: fault })
    }
  }
  return { ...parsed, problems: inOrder(list.all, file), brokenRules, unreadable: hasErrors(parsed.problems) }
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
