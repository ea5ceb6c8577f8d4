// Changes of the JumpStart directory: checked as a whole, compared with what hosts get today, stored as a new revision.
import { setImmediate } from 'node:timers/promises'
import { ProvisionError } from '#core/errors.ts'
import { firstOf } from '#core/first-of.ts'
import type { Host } from '#core/host.ts'
import { checkDirectory, type CheckedDirectory } from '#core/jumpstart/check-directory.ts'
import { checkedOf } from '#core/jumpstart/checked.ts'
import {
  MAX_DIRECTORY,
  MAX_FILES,
  type JumpStartFile,
  type JumpStartFiles,
} from '#core/jumpstart/directory.ts'
import { factsOf } from '#core/jumpstart/facts.ts'
import { faultFor } from '#core/jumpstart/outcome.ts'
import { renderJumpStartProblem, type JumpStartProblem } from '#core/jumpstart/problem.ts'
import { hasErrors } from '#core/problem.ts'
import { jumpStartChanged } from '#core/store-errors.ts'
import type { AuditLog } from '../ports/access.ts'
import type { HostRegistry, ProfileStore } from '../ports/hosts.ts'
import type { JumpStartStore } from '../ports/jumpstart.ts'
import { currentDirectory, type CurrentDirectory } from './current-directory.ts'

interface Needs {
  jumpstart: JumpStartStore
  hosts: HostRegistry
  profiles: ProfileStore
  audit: AuditLog
}

export interface DirectoryChange {
  /** absent: they stay */
  rules?: string | undefined
  /** by path; null: removed; what is not named stays */
  files?: Readonly<Record<string, JumpStartFile | null>> | undefined
  /** the revision that was looked at; absent: the latest, whatever it is */
  expected?: number | undefined
  why?: string | undefined
  /** store it although files are missing or wrong, or hosts would not be installed any more */
  force: boolean
  actor: string
}

export interface BrokenHost {
  host: string
  why: string
}

export interface ChangedDirectory {
  directory: CurrentDirectory
  /** nothing is different, so that there is no new revision */
  unchanged: boolean
  problems: JumpStartProblem[]
  /** that matched before; none unless forced */
  broken: BrokenHost[]
}

/** How many problems and hosts a refusal names. */
const TOLD = 100

/** What a message names; the details of the error have more. */
const NAMED = 10

/** How often a change that is for any revision begins again when another one comes first. */
const ATTEMPTS = 5

/** @throws RulesInvalid, DirectoryTooBig, HostsWouldBreak, JumpStartChanged */
export async function setRules(change: DirectoryChange, needs: Needs): Promise<ChangedDirectory> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await trySetRules(change, needs)
    } catch (error) {
      const isOvertaken = error instanceof ProvisionError && error.code === 'JumpStartChanged'
      if (!isOvertaken || change.expected !== undefined || attempt === ATTEMPTS) throw error
    }
}

async function trySetRules(change: DirectoryChange, needs: Needs): Promise<ChangedDirectory> {
  const before = await currentDirectory(needs)
  if (change.expected !== undefined && change.expected !== before.revision)
    throw jumpStartChanged(change.expected)
  const files = changeFiles(before.files, change.files ?? {})
  const checked = checkDirectory(change.rules ?? before.rules, files)
  refuseInvalid(checked, change.force)
  refuseSize(files)
  const next = { rules: checked.text, files }
  // the first revision is one even if it says what the server's own rules say
  if (before.revision > 0 && isSame(before, next))
    return { directory: before, unchanged: true, problems: checked.problems, broken: [] }
  const broken = await brokenHosts(before, checked, needs)
  if (broken.length > 0 && !change.force) throw hostsWouldBreak(broken)
  const { actor, why } = change
  const directory = await needs.jumpstart.put(before.revision, next, { actor, why })
  await needs.audit.write({
    actor,
    action: 'jumpstart.set',
    subject: `revision ${directory.revision}`,
    details: {
      ...(why !== undefined && { why }),
      ...(change.rules !== undefined && { rules: true }),
      ...(change.files && { files: Object.keys(change.files).slice(0, TOLD) }),
      ...(broken.length > 0 && { forced: true, broken: broken.slice(0, TOLD).map(({ host }) => host) }),
    },
  })
  return { directory, unchanged: false, problems: checked.problems, broken }
}

function changeFiles(
  before: JumpStartFiles,
  change: Readonly<Record<string, JumpStartFile | null>>,
): JumpStartFiles {
  const files = new Map<string, JumpStartFile | null>([...Object.entries(before), ...Object.entries(change)])
  const kept = [...files].flatMap(([path, file]): [string, JumpStartFile][] => (file ? [[path, file]] : []))
  return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Rules that cannot be read are never stored; files that are missing or wrong only by force. */
function refuseInvalid({ problems, hasUnreadableLines }: CheckedDirectory, force: boolean): void {
  if (!hasErrors(problems) || (force && !hasUnreadableLines)) return
  const errors = problems.filter(({ severity }) => severity === 'error')
  throw new ProvisionError('invalid', 'RulesInvalid', firstOf(errors.map(renderJumpStartProblem), NAMED), {
    details: { problems: errors.slice(0, TOLD) },
  })
}

function refuseSize(files: JumpStartFiles): void {
  const paths = Object.keys(files)
  const size = Object.values(files).reduce((sum, { text }) => sum + text.length, 0)
  if (size > MAX_DIRECTORY || paths.length > MAX_FILES)
    throw new ProvisionError(
      'too-large',
      'DirectoryTooBig',
      `the JumpStart directory has ${paths.length} files of ${size} characters, expected at most ${MAX_FILES} of ${MAX_DIRECTORY}`,
    )
  const known = new Set(paths)
  for (const path of paths)
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1))
      if (known.has(path.slice(0, slash)))
        throw new ProvisionError(
          'invalid',
          'RulesInvalid',
          `the file ${JSON.stringify(path.slice(0, slash))} is there and ${JSON.stringify(path)} below it, expected one of the two`,
        )
}

const isSame = (before: CurrentDirectory, next: { rules: string; files: JumpStartFiles }): boolean =>
  before.rules === next.rules && JSON.stringify(before.files) === JSON.stringify(next.files)

/**
 * Hosts that are installed by themselves today, and would not be after the change. While no rules are stored, those are the
 * hosts whose profile is for JumpStart: the server's own rules match any other host as well, without anybody wanting it.
 */
async function brokenHosts(
  before: CurrentDirectory,
  after: CheckedDirectory,
  { hosts, profiles }: Needs,
): Promise<BrokenHost[]> {
  const today = checkedOf(before)
  const isMeant = before.revision > 0 ? () => true : await forJumpStart(profiles)
  const broken: BrokenHost[] = []
  for (const host of await hosts.list()) {
    if (!isMeant(host)) continue
    const facts = factsOf(host)
    const why = faultFor(after, facts)
    if (why !== undefined && faultFor(today, facts) === undefined) broken.push({ host: host.name, why })
    // thousands of rules for thousands of hosts leave others their turn
    await setImmediate()
  }
  return broken
}

async function forJumpStart(profiles: ProfileStore): Promise<(host: Host) => boolean> {
  const meant = new Set((await profiles.list()).filter(({ jumpstart }) => jumpstart).map(({ name }) => name))
  return ({ profile }) => profile !== undefined && meant.has(profile)
}

function hostsWouldBreak(broken: readonly BrokenHost[]): ProvisionError {
  const named = broken.map(({ host, why }) => `${host} (${why})`)
  return new ProvisionError(
    'conflict',
    'HostsWouldBreak',
    `${broken.length} ${broken.length === 1 ? 'host' : 'hosts'} that rules match today would not be installed: ${firstOf(named, NAMED, ', ')}; expected none, or force`,
    { details: { hosts: broken.slice(0, TOLD) } },
  )
}
