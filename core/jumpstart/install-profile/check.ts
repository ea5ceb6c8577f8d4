// What is wrong with an install profile, line by line and as a whole (jumpstart.md 1.5, 2).
import { ProblemList } from '../problem.ts'
import { unwise, wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import { findProfileKeyword, profileKeywordNames, type ProfileKeyword } from './keywords.ts'
import { parseInstallProfile, type ParsedInstallProfile } from './parse.ts'
import { installTypeOf, isZfsRoot, type InstallProfileLine } from './profile.ts'
import { wholeProfileComplaints } from './whole-profile.ts'
import { isRemote } from './file-systems.ts'
import type { WordContext } from './words.ts'

/** Reads and checks; `file` as messages name it. */
export function checkInstallProfile(source: string | Uint8Array, file = 'profile'): ParsedInstallProfile {
  const { text, profile, problems } = parseInstallProfile(source, file)
  const list = new ProblemList()
  for (const problem of problems) list.add(problem)
  const tell = (line: number) => (complaint: Complaint) => list.add({ ...complaint, file, line })
  const [first] = profile
  if (!first) tell(1)(wrong('there is no keyword, expected install_type'))
  else if (first.keyword !== 'install_type')
    tell(first.line)(wrong(`the first keyword is ${quoted(first.keyword)}, expected install_type`))
  const context: WordContext = { type: installTypeOf(profile), isZfs: isZfsRoot(profile) }
  const seen = new Map<string, number>()
  for (const line of profile) {
    if (list.isFull) break
    lineComplaints(line, context, seen.get(line.keyword)).forEach(tell(line.line))
    if (!seen.has(line.keyword)) seen.set(line.keyword, line.line)
  }
  for (const { line, ...complaint } of wholeProfileComplaints(profile, context)) tell(line)(complaint)
  return { text, profile, problems: list.all.toSorted((a, b) => a.line - b.line) }
}

function lineComplaints(
  line: InstallProfileLine,
  context: WordContext,
  before: number | undefined,
): Complaint[] {
  const known = findProfileKeyword(line.keyword)
  if (!known)
    return [
      wrong(`unknown keyword ${quoted(line.keyword)}, expected one of ${profileKeywordNames.join(', ')}`),
    ]
  if (before !== undefined && !known.repeats)
    return [wrong(`duplicate keyword ${line.keyword}, it stands in line ${before}, expected it once`)]
  return [
    ...legality(line, known, context),
    ...known.check(line.words, context).map((one) => named(line, one)),
  ]
}

/** Each message begins with the keyword that it is about. */
const named = ({ keyword }: InstallProfileLine, { severity, message }: Complaint): Complaint => ({
  severity,
  message: `${keyword}: ${message}`,
})

function legality(
  { keyword, words }: InstallProfileLine,
  known: ProfileKeyword,
  { type, isZfs }: WordContext,
): Complaint[] {
  if (type !== undefined && !known.types.includes(type))
    return [wrong(`${keyword} is not legal with install_type ${type}, expected ${known.types.join(' or ')}`)]
  if (keyword === 'filesys' && type === 'flash_install' && isRemote(words[0] ?? ''))
    return [
      wrong('filesys of a server is not legal with install_type flash_install, expected initial_install'),
    ]
  if (!isZfs) return []
  if (keyword === 'filesys')
    return isRemote(words[0] ?? '')
      ? []
      : [
          wrong(
            'filesys of a slice or mirror is not legal with a ZFS root (pool), expected only those of a server',
          ),
        ]
  if (keyword === 'partitioning' && type === 'flash_install' && words[0]?.toLowerCase() === 'explicit')
    return [
      unwise(
        'partitioning stands beside pool, where the manual does not have it; published ZFS flash profiles do',
      ),
    ]
  if (known.zfs === 'no') return [wrong(`${keyword} is not legal with a ZFS root (pool)`)]
  return known.zfs === 'warned'
    ? [unwise(`${keyword} stands beside pool, where the manual does not have it; it is ignored`)]
    : []
}
