// Rules as text, one line each: what every release reads (jumpstart.md 1.2).
import type { Rules, RulesLine, RuleTerm } from './rules.ts'

/** `! arch sparc` */
export function printTerm({ negated, keyword, values }: RuleTerm): string {
  return [...(negated ? ['!'] : []), keyword, ...values].join(' ')
}

/** `network 192.0.2.0 && ! arch sparc - prof/x86pool fin/loadzfs` */
export function printRulesLine(line: RulesLine): string {
  if (line.kind === 'probe') return `probe ${line.name}`
  return `${line.terms.map(printTerm).join(' && ')} ${line.begin} ${line.profile} ${line.finish}`
}

/** Without comments; negation as a word of its own, no quotes, one blank between words. */
export function printRules(rules: Rules): string {
  return rules.map((line) => `${printRulesLine(line)}\n`).join('')
}
