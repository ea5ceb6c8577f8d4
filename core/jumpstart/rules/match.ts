// Which rule a host gets, and why (jumpstart.md 1.4).
import type { JumpStartFacts } from '../facts.ts'
import { quoted } from '../../quoted.ts'
import { findKeyword } from './keywords.ts'
import type { Rule, Rules, RuleTerm } from './rules.ts'

/** `unknown`: the record says too little of the host, or only the client can tell. */
export type Verdict = 'yes' | 'no' | 'unknown'

export interface TermExplanation {
  term: RuleTerm
  /** undefined: not looked at, since a term before it is false */
  verdict: Verdict | undefined
  /** what the host has; what was not known */
  why: string | undefined
}

export interface RuleExplanation {
  rule: Rule
  verdict: Verdict
  terms: TermExplanation[]
}

export interface RulesMatch {
  /** the first rule that is true for sure; undefined: the client asks somebody */
  winner: Rule | undefined
  /** rules before it that may be true: what is known of the host does not decide them */
  undecided: Rule[]
}

/** As the client goes through them: top to bottom, the first that is true wins. */
export function findWinner(rules: Rules, facts: JumpStartFacts): RulesMatch {
  const undecided: Rule[] = []
  for (const rule of rules) {
    if (rule.kind === 'probe') continue
    const verdict = verdictOf(rule, facts)
    if (verdict === 'yes') return { winner: rule, undecided }
    if (verdict === 'unknown') undecided.push(rule)
  }
  return { winner: undefined, undecided }
}

export interface ExplainedMatch extends RulesMatch {
  /** up to the winner; what comes after it is never looked at */
  rules: RuleExplanation[]
  /** rules before the winner that are not among them, since there were too many */
  leftOut: number
}

/** terms; the winner is explained in any case */
const MAX_EXPLAINED = 10_000

/** The same with the reasons, term by term. */
export function matchRules(rules: Rules, facts: JumpStartFacts): ExplainedMatch {
  const match = findWinner(rules, facts)
  const explained: RuleExplanation[] = []
  let room = MAX_EXPLAINED
  let leftOut = 0
  for (const rule of rules) {
    if (rule.kind === 'probe') continue
    room -= rule.terms.length
    if (room >= 0 || rule === match.winner) explained.push(explainRule(rule, facts))
    else leftOut += 1
    if (rule === match.winner) break
  }
  return { ...match, rules: explained, leftOut }
}

/** A false term settles it, whatever the others may be. */
function verdictOf({ terms }: Rule, facts: JumpStartFacts): Verdict {
  let verdict: Verdict = 'yes'
  for (const term of terms) {
    const one = verdictOfTerm(term, facts)
    if (one === 'no') return 'no'
    if (one === 'unknown') verdict = 'unknown'
  }
  return verdict
}

function verdictOfTerm({ keyword, values, negated }: RuleTerm, facts: JumpStartFacts): Verdict {
  const found = findKeyword(keyword)?.test(facts, values)
  if (found === undefined) return 'unknown'
  return found === negated ? 'no' : 'yes'
}

function explainRule(rule: Rule, facts: JumpStartFacts): RuleExplanation {
  let isOver = false
  const terms = rule.terms.map((term): TermExplanation => {
    if (isOver) return { term, verdict: undefined, why: undefined }
    const verdict = verdictOfTerm(term, facts)
    isOver = verdict === 'no'
    return { term, verdict, why: reasonFor(term, facts) }
  })
  return { rule, verdict: verdictOf(rule, facts), terms }
}

function reasonFor({ keyword, values }: RuleTerm, facts: JumpStartFacts): string {
  const known = findKeyword(keyword)
  if (!known) return `only the client can run cmp_${keyword} of custom_probes`
  const found = known.found(facts, values)
  if (found === undefined) return `the record of the host does not have ${known.needs}`
  return keyword === 'any' ? found : `the host has ${/^[0-9]+ MB$/.test(found) ? found : quoted(found)}`
}
