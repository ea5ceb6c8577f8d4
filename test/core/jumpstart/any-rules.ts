// Generated rules: as values, and as texts that somebody could have written.
import fc from 'fast-check'
import { keywordNames } from '#core/jumpstart/rules/keywords.ts'
import type { Rule, RuleTerm, RulesLine } from '#core/jumpstart/rules/rules.ts'

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9,._-]{0,12}$/)
const disk = fc.tuple(fc.nat(9), fc.nat(15), fc.nat(3)).map(([c, t, d]) => `c${c}t${t}d${d}`)
const range = fc
  .tuple(fc.nat(999_999), fc.nat(999_999))
  .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
const address = fc.ipV4()
const release = fc.constantFrom('Solaris_10', 'Solaris_9', 'Solaris_2.6')
const slice = fc.tuple(disk, fc.nat(7)).map(([name, number]) => `${name}s${number}`)

const valuesOf: Record<string, fc.Arbitrary<string[]>> = {
  any: fc.constant(['-']),
  arch: fc.constantFrom(['sparc'], ['i386']),
  disksize: fc.tuple(fc.oneof(disk, fc.constant('rootdisk')), range),
  domainname: fc.tuple(word),
  hostaddress: fc.tuple(address),
  hostname: fc.tuple(word),
  installed: fc.tuple(
    fc.oneof(slice, fc.constantFrom('rootdisk', 'any')),
    fc.oneof(release, fc.constantFrom('any', 'upgrade', 'SystemV')),
  ),
  karch: fc.constantFrom(['sun4u'], ['sun4v'], ['i86pc']),
  memsize: fc.tuple(range),
  model: fc.tuple(word),
  network: fc.tuple(address),
  osname: fc.tuple(release),
  totaldisk: fc.tuple(range),
}

const term: fc.Arbitrary<RuleTerm> = fc.constantFrom(...keywordNames).chain((keyword) =>
  fc.record({
    negated: fc.boolean(),
    keyword: fc.constant(keyword),
    values: valuesOf[keyword] ?? fc.constant([]),
  }),
)
const path = fc
  .array(fc.stringMatching(/^[a-z0-9_][a-z0-9._-]{0,8}$/), { minLength: 1, maxLength: 3 })
  .map((parts) => `p/${parts.join('/')}`)
const column = fc.oneof(path, fc.constant('-'))

/** `line` is not that of any text. */
const rule: fc.Arbitrary<Rule> = fc
  .record({
    kind: fc.constant('rule' as const),
    line: fc.constant(0),
    terms: fc.array(term, { minLength: 1, maxLength: 4 }),
    begin: fc.oneof(column, fc.constant('begin')),
    profile: fc.oneof(column, fc.constantFrom('=', 'profile')),
    finish: fc.oneof(column, fc.constant('finish')),
  })
  .filter(({ begin, profile }) => profile !== '=' || begin !== '-')
const probe: fc.Arbitrary<RulesLine> = fc
  .constantFrom('disks', 'rootdisk', 'hostname', 'memsize')
  .map((name) => ({ kind: 'probe', line: 0, name }))

export const anyRules = fc
  .tuple(fc.array(probe, { maxLength: 2 }), fc.array(rule, { minLength: 1, maxLength: 12 }))
  .map(([probes, rules]): RulesLine[] => [...probes, ...rules])

const blanks = fc.stringMatching(/^[ \t]{1,3}$/)
const gap = fc.oneof(
  blanks,
  blanks.map((text) => `${text}\\\n`),
  blanks.map((text) => ` \\\n${text}`),
)

/** The words of a line with any blanks between them, continued in the next line wherever one may. */
function written(words: readonly string[]): fc.Arbitrary<string> {
  return fc
    .record({
      gaps: fc.array(gap, { minLength: words.length, maxLength: words.length }),
      indent: fc.stringMatching(/^[ \t]{0,3}$/),
      end: fc.stringMatching(/^[ \t]{0,2}(#[ -[\]-~]{0,20})?$/),
      before: fc.constantFrom('', '\n', '# a comment\n', '   \n'),
    })
    .map(({ gaps, indent, end, before }) => {
      const line = words.map((one, index) => (index === 0 ? one : `${gaps[index]}${one}`)).join('')
      return `${before}${indent}${line}${end}\n`
    })
}

/** A `!` may be glued to its keyword, a value with underscores may be quoted with blanks. */
function wordsOf(line: RulesLine, isGlued: boolean): string[] {
  if (line.kind === 'probe') return ['probe', line.name]
  const terms = line.terms.flatMap(({ negated, keyword, values }, index) => [
    ...(index > 0 ? ['&&'] : []),
    ...(negated && !isGlued ? ['!', keyword] : [`${negated ? '!' : ''}${keyword}`]),
    ...values.map((value) => (isGlued && value.includes('_') ? `'${value.replaceAll('_', ' ')}'` : value)),
  ])
  return [...terms, line.begin, line.profile, line.finish]
}

export const anyRulesText = fc
  .tuple(anyRules, fc.boolean())
  .chain(([rules, isGlued]) =>
    fc
      .tuple(...rules.map((line) => written(wordsOf(line, isGlued))))
      .map((lines) => ({ rules, text: lines.join('') })),
  )
