// Which rule a host gets and why, as data for programs and as lines for people.
import { z } from 'zod'
import { faultText, type Outcome } from '../outcome.ts'
import type { ExplainedMatch } from './match.ts'
import { printRulesLine, printTerm } from './print.ts'

const Verdict = z.enum(['yes', 'no', 'unknown'])

/** What `rules test` shows. */
export const HostRules = z.object({
  host: z.string(),
  /** up to the one that wins */
  rules: z.array(
    z.object({
      line: z.int(),
      rule: z.string(),
      verdict: Verdict,
      terms: z.array(
        z.object({
          term: z.string(),
          /** absent: not looked at, since a term before it is false */
          verdict: Verdict.optional(),
          why: z.string().optional(),
        }),
      ),
    }),
  ),
  /** rules before the winner that are not shown, since there were too many; absent for none */
  leftOut: z.int().optional(),
  winner: z.object({ line: z.int(), begin: z.string(), profile: z.string(), finish: z.string() }).optional(),
  /** lines before the winner that may be true: what is known of the host does not decide them */
  undecided: z.array(z.int()),
  /** why the host would not be installed: it is not armed; absent when it may be */
  fault: z.string().optional(),
  /** why it may need somebody at its console all the same */
  doubt: z.string().optional(),
})
export type HostRules = z.infer<typeof HostRules>

export function explainMatch(
  host: string,
  { rules, leftOut, winner, undecided }: ExplainedMatch,
  { doubt, ...outcome }: Outcome,
): HostRules {
  const fault = faultText(outcome)
  return {
    host,
    rules: rules.map(({ rule, verdict, terms }) => ({
      line: rule.line,
      rule: printRulesLine(rule),
      verdict,
      terms: terms.map(({ term, verdict: one, why }) => ({
        term: printTerm(term),
        ...(one !== undefined && { verdict: one }),
        ...(why !== undefined && { why }),
      })),
    })),
    ...(leftOut > 0 && { leftOut }),
    ...(winner && {
      winner: { line: winner.line, begin: winner.begin, profile: winner.profile, finish: winner.finish },
    }),
    undecided: undecided.map(({ line }) => line),
    ...(fault !== undefined && { fault }),
    ...(doubt !== undefined && { doubt }),
  }
}

/** The words for it in a plan, too. */
export const inDoubt = (doubt: string): string => `may need somebody at its console: ${doubt}`

const mark = { yes: 'yes', no: 'no ', unknown: '?  ' } as const

/** Each rule, below it each of its terms that was looked at, and at the end what wins. */
export function renderHostRules({
  host,
  rules,
  leftOut,
  winner,
  undecided,
  fault,
  doubt,
}: HostRules): string {
  const lines = rules.flatMap(({ line, rule, verdict, terms }) => [
    `line ${String(line).padStart(4)}  ${mark[verdict]}  ${rule}`,
    ...terms
      .filter((one) => one.verdict !== undefined)
      .map((one) => `                  ${mark[one.verdict ?? 'unknown']} ${one.term}: ${one.why ?? ''}`),
  ])
  if (leftOut !== undefined) lines.push(`not shown: ${leftOut} further rules, which were looked at as well`)
  if (undecided.length > 0)
    lines.push(
      `undecided: ${undecided.length === 1 ? 'line' : 'lines'} ${undecided.slice(0, 20).join(', ')}; the client knows more than the record of the host`,
    )
  lines.push(
    winner
      ? `${host}: line ${winner.line} wins: begin ${winner.begin}, profile ${winner.profile}, finish ${winner.finish}`
      : undecided.length > 0
        ? `${host}: no rule wins for sure: the client decides`
        : `${host}: no rule wins: the client waits for a key, then asks its questions`,
  )
  if ((winner || undecided.length > 0) && fault !== undefined)
    lines.push(`${host}: would not be installed: ${fault}`)
  if (doubt !== undefined) lines.push(`${host}: ${inDoubt(doubt)}`)
  return lines.map((text) => `${text}\n`).join('')
}
