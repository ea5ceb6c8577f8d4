// What the rules come to for a host: a rule that installs it, or why nothing does.
import type { CheckedDirectory } from './check-directory.ts'
import type { JumpStartFacts } from './facts.ts'
import { findWinner } from './rules/match.ts'

/** Why the host could not be installed by itself; undefined when it could. */
export function faultFor(
  { rules, brokenRules }: Pick<CheckedDirectory, 'rules' | 'brokenRules'>,
  facts: JumpStartFacts,
): string | undefined {
  const { winner, undecided } = findWinner(rules, facts)
  const [first] = undecided
  if (!winner)
    return first
      ? `no rule matches for sure: what is known of the host does not decide line ${first.line}`
      : 'no rule matches'
  // an undecided rule may win as well, so that its files count too
  for (const { line } of [...undecided, winner]) {
    const fault = brokenRules.get(line)
    if (fault !== undefined) return `line ${line}: ${fault}`
  }
  return undefined
}
