// What the rules come to for a host: a rule that installs it, or why nothing does. Arming and `rules test` say the same.
import type { CheckedDirectory } from './check-directory.ts'
import type { JumpStartFacts } from './facts.ts'
import { findWinner } from './rules/match.ts'
import type { Rule } from './rules/rules.ts'

export interface Outcome {
  /** the rule that it gets, or the first that it may get */
  rule?: Rule
  /** why no rule that it may get installs it: it is not armed; absent when one may */
  fault?: string
  /** why it may need somebody at its console all the same; absent when it does not, as far as anybody knows */
  doubt?: string
}

/** `faultOf`: why a rule installs nothing although its files are there. */
export function outcomeFor(
  { rules, brokenRules }: Pick<CheckedDirectory, 'rules' | 'brokenRules'>,
  facts: JumpStartFacts,
  faultOf: (rule: Rule) => string | undefined = () => undefined,
): Outcome {
  const { winner, undecided } = findWinner(rules, facts)
  const rule = winner ?? undecided[0]
  if (!rule) return { fault: 'no rule matches' }
  const said = (one: Rule): string | undefined => {
    const fault = brokenRules.get(one.line) ?? faultOf(one) ?? whyInteractive(one)
    return fault && `line ${one.line}: ${fault}`
  }
  const faults = [...undecided, ...(winner ? [winner] : [])].map(said)
  const fault = said(rule)
  if (fault !== undefined && !faults.includes(undefined)) return { rule, fault }
  const doubt =
    faults.find((one) => one !== undefined) ??
    (winner
      ? undefined
      : `no rule matches for sure: what is known of the host does not decide line ${rule.line}`)
  return { rule, ...(doubt !== undefined && { doubt }) }
}

/** Why the host might not be installed by itself; undefined when it would for sure. */
export function faultFor(
  checked: Pick<CheckedDirectory, 'rules' | 'brokenRules'>,
  facts: JumpStartFacts,
): string | undefined {
  const { fault, doubt } = outcomeFor(checked, facts)
  return fault ?? doubt
}

/** A rule without a profile leaves the installer with its questions (jumpstart.md 1.2). */
function whyInteractive({ profile }: Rule): string | undefined {
  return profile === '-' ? 'its profile is -, so that the installer asks its questions' : undefined
}
