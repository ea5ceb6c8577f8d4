// Which rule a host gets, and why.
import { checkDirectory, type CheckedDirectory } from '#core/jumpstart/check-directory.ts'
import { factsOf, type JumpStartFacts } from '#core/jumpstart/facts.ts'
import { faultFor } from '#core/jumpstart/outcome.ts'
import { matchRules, type ExplainedMatch } from '#core/jumpstart/rules/match.ts'
import type { HostRegistry } from '../ports/hosts.ts'
import type { JumpStartStore } from '../ports/jumpstart.ts'
import { currentDirectory, type CurrentDirectory } from './current-directory.ts'

interface Needs {
  hosts: HostRegistry
  jumpstart: JumpStartStore
}

export interface HostMatch {
  directory: CurrentDirectory
  checked: CheckedDirectory
  facts: JumpStartFacts
  match: ExplainedMatch
  /** why the host would not be installed by itself; undefined when it would */
  fault: string | undefined
}

/** @throws HostNotFound */
export async function matchHost({ host }: { host: string }, needs: Needs): Promise<HostMatch> {
  const facts = factsOf(await needs.hosts.get(host))
  const directory = await currentDirectory(needs)
  const checked = checkDirectory(directory.rules, directory.files)
  return {
    directory,
    checked,
    facts,
    match: matchRules(checked.rules, facts),
    fault: faultFor(checked, facts),
  }
}
