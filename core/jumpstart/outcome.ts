// What the rules come to for a host: a rule that installs it, or why nothing does. Arming and `rules test` say the same.
import type { CheckedDirectory } from './check-directory.ts'
import type { JumpStartFacts } from './facts.ts'
import { findWinner } from './rules/match.ts'
import type { Rule } from './rules/rules.ts'

export interface Outcome {
  /** the rule that it gets, or the first that it may get */
  rule?: Rule
  /** why that rule does not install it, nor any other that it may get: it is not armed; absent when one may */
  fault?: string
  /** why it may stop and ask at its console although a rule may install it; absent when nothing is known that would make it */
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
  const faultIn = (one: Rule) => brokenRules.get(one.line) ?? faultOf(one) ?? whyInteractive(one)
  const possible = winner ? [...undecided, winner] : undecided
  const judged = possible.map((one) => ({ rule: one, fault: faultIn(one) }))
  const fault = faultIn(rule)
  if (fault !== undefined && judged.every((one) => one.fault !== undefined)) return { rule, fault }
  const doubt =
    judged.map(faultText).find((text) => text !== undefined) ??
    (winner
      ? undefined
      : `no rule matches for sure: what is known of the host does not decide line ${rule.line}`)
  return { rule, ...(doubt !== undefined && { doubt }) }
}

/** `line 4: profile "p/web" is missing, …`; undefined when the host may be installed. */
export function faultText({ rule, fault }: { rule?: Rule; fault?: string | undefined }): string | undefined {
  return rule && fault !== undefined ? `line ${rule.line}: ${fault}` : fault
}

/** Why the host might not be installed by itself; undefined when it would for sure. */
export function faultFor(
  checked: Pick<CheckedDirectory, 'rules' | 'brokenRules'>,
  facts: JumpStartFacts,
): string | undefined {
  const outcome = outcomeFor(checked, facts)
  return faultText(outcome) ?? outcome.doubt
}

/** A rule without a profile leaves the installer with its questions (jumpstart.md 1.2). */
function whyInteractive({ profile }: Rule): string | undefined {
  return profile === '-' ? 'its profile is -, so that the installer asks its questions' : undefined
}
