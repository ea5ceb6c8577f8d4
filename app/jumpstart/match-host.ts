// Which rule a host gets, and why.
import type { CheckedDirectory } from '#core/jumpstart/check-directory.ts'
import { checkedOf } from '#core/jumpstart/checked.ts'
import { factsOf, type JumpStartFacts } from '#core/jumpstart/facts.ts'
import { ownDirectory } from '#core/jumpstart/documents/host-rules.ts'
import type { Host } from '#core/host.ts'
import { outcomeFor, type Outcome } from '#core/jumpstart/outcome.ts'
import { matchRules, type ExplainedMatch } from '#core/jumpstart/rules/match.ts'
import type { HostRegistry, ProfileStore } from '../ports/hosts.ts'
import type { JumpStartStore } from '../ports/jumpstart.ts'
import type { CurrentDirectory } from './current-directory.ts'
import { latestRevision } from './revisions.ts'

interface Needs {
  hosts: HostRegistry
  profiles: ProfileStore
  jumpstart: JumpStartStore
}

export interface HostMatch {
  directory: CurrentDirectory
  checked: CheckedDirectory
  facts: JumpStartFacts
  match: ExplainedMatch
  outcome: Outcome
}

/** @throws HostNotFound */
export async function matchHost({ host }: { host: string }, needs: Needs): Promise<HostMatch> {
  const record = await needs.hosts.get(host)
  const facts = factsOf(record)
  const directory =
    (await latestRevision(needs.jumpstart)) ?? ownDirectory(await installProfileOf(record, needs))
  const checked = checkedOf(directory)
  return {
    directory,
    checked,
    facts,
    match: matchRules(checked.rules, facts),
    outcome: outcomeFor(checked, facts),
  }
}

/** A profile that names words of the client makes the server's own rules probe for them. */
async function installProfileOf({ profile }: Host, { profiles }: Needs): Promise<string | undefined> {
  const found = (await profiles.list()).find(({ name }) => name === profile)
  return found?.jumpstart?.installProfile
}
