import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'
import { hasErrors } from '#core/problem.ts'
import { customProbesOf } from '#core/jumpstart/rules/custom-probes.ts'
import { parseRules } from '#core/jumpstart/rules/parse.ts'
import { printRules } from '#core/jumpstart/rules/print.ts'
import type { Rules } from '#core/jumpstart/rules/rules.ts'
import { renderRulesOk, systemVSum } from '#core/jumpstart/rules/rules-ok.ts'
import { anyRules, anyRulesText } from './any-rules.ts'

const withoutLines = (rules: Rules) => rules.map((line) => ({ ...line, line: 0 }))
const told = (source: string | Uint8Array) => parseRules(source).problems.map(renderJumpStartProblem)
const errors = (source: string) =>
  parseRules(source)
    .problems.filter(({ severity }) => severity === 'error')
    .map(renderJumpStartProblem)

describe('read, printed and read again, rules are the same', () => {
  test('whatever is generated as text: blanks, joined lines, comments, quotes, glued negations', () => {
    fc.assert(
      fc.property(anyRulesText, ({ rules, text }) => {
        const first = parseRules(text)
        expect(hasErrors(first.problems)).toBe(false)
        expect(withoutLines(first.rules)).toEqual(rules)
        const printed = printRules(first.rules)
        const second = parseRules(printed)
        expect(withoutLines(second.rules)).toEqual(withoutLines(first.rules))
        expect(printRules(second.rules)).toBe(printed)
      }),
      { numRuns: 300 },
    )
  })

  test('whatever is left of texts that are wrong in places', () => {
    const junk = fc.array(
      fc.constantFrom(
        'any',
        '-',
        ' ',
        '\n',
        '&&',
        '!',
        "'",
        '#',
        '\\',
        '\t',
        'probe',
        'disks',
        '=',
        'p/a',
        '\r',
        'ü',
        '0-9',
        'memsize',
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(junk, (parts) => {
        const { rules } = parseRules(parts.join(' '))
        expect(withoutLines(parseRules(printRules(rules)).rules)).toEqual(withoutLines(rules))
      }),
      { numRuns: 500 },
    )
  })

  test('a printed line is one line of the file, so that lines keep their numbers', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        const lines = parseRules(printRules(rules)).rules.map(({ line }) => line)
        expect(lines).toEqual(rules.map((_, index) => index + 1))
      }),
    )
  })
})

describe('what is wrong is told with line, value and what was expected', () => {
  test.for([
    ['hostnme a - p/a -', /^rules:1: unknown match key "hostnme", expected one of any, arch, .*cmp_hostnme/],
    ['any -', /^rules:1: the rule has 2 words, expected at least 5/],
    [
      'disksize 0-5 - p/a -',
      /^rules:1: disksize has too few arguments: 1, expected 2: disk and low-high in MB$/,
    ],
    ['hostname a b - p/a -', /^rules:1: hostname has too many arguments: 2, expected 1: host name$/],
    ['any x - p/a -', /^rules:1: any is "x", expected -$/],
    ['arch i86pc - p/a -', /^rules:1: arch is "i86pc", expected sparc or i386$/],
    ['memsize 9-5 - p/a -', /^rules:1: memsize is "9-5", expected low-high with the smaller number first$/],
    [
      'disksize sda 1-2 - p/a -',
      /^rules:1: disksize is "sda 1-2", expected cXtYdZ or cXdZ or rootdisk first$/,
    ],
    ['network 192.0.2.0/24 - p/a -', /^rules:1: network is "192.0.2.0\/24", expected a network number/],
    ['hostaddress 192.0.2.256 - p/a -', /^rules:1: hostaddress is "192.0.2.256", expected an IPv4 address/],
    ['installed c0t0d0 any - p/a -', /^rules:1: installed is "c0t0d0 any", expected cXtYdZsN .* first$/],
    ['installed any SunOS - p/a -', /^rules:1: installed is "any SunOS", expected a release .* second$/],
    ['any - - = -', /^rules:1: profile is = and begin is -, expected a begin script/],
    ['any - = p/a -', /^rules:1: begin is "=", expected a path: = is for install profiles/],
    ['any - /a p/a -', /^rules:1: begin is "\/a", expected a path relative to the JumpStart directory$/],
    ['any - - ../p -', /^rules:1: profile is "..\/p", expected a path without/],
    ['any - finish p/a -', /^rules:1: begin is "finish", expected another file: finish is the server's/],
    ['any - && - p/a -', /^rules:1: there is nothing on one side of &&/],
    ['any -&&arch sparc - p/a -', /^rules:1: the word is "-&&arch", expected && and ! as words/],
    ['! ! any - - p/a -', /^rules:1: "! ! any -" is no term, expected one ! before a keyword$/],
    ['probe zip', /^rules:1: the probe is "zip", expected one of arch, disks, .*probe_zip in custom_probes$/],
    ['probe', /^rules:1: probe has 0 words after it, expected the name of a probe/],
    [
      'probe disks - p/a -',
      /^rules:1: probe has 4 words after it, expected the name of a probe and no columns$/,
    ],
    ['any - && probe disks - p/a -', /^rules:1: probe stands in a rule, expected it on a line of its own$/],
    ["model 'SUNW - p/a -", /^rules:1: the quote before "SUNW - p\/a -" is not closed$/],
    ["model 'a'b - p/a -", /^rules:1: the quoted text "a" goes on behind its quote, expected a blank$/],
    ['model "a b" - p/a -', /^rules:1: the word "\\"a" has a quote or a backslash in it/],
    ['any - \\ - p/a -', /^rules:1: the word "\\\\" has a quote or a backslash in it/],
    ['any - - p/ä -', /^rules:1: the character U\+00E4 stands in "any - - p\/ä -", expected ASCII/],
    ['any - - p/a -\\', /^rules:1: a backslash joins the last line with nothing after it$/],
    ['any -\r- p/a -', /^rules:1: a CR stands inside of the line .*, expected LF at its end$/],
    ['any - - p/a\0 -', /^rules:1: the character U\+0000 stands in/],
    ['# a\rany - - p/a -', /^rules:1: a CR stands inside of the line "# a/],
    [
      'any - - p/a - # a\0b',
      /^rules:1: the character U\+0000 stands in .*expected no control characters but tabs$/,
    ],
    ['# nothing', /^rules:1: there is no rule, expected at least one$/],
    ['', /^rules:1: there is no rule, expected at least one$/],
  ] as const)('%s', ([text, expected]) => {
    const found = errors(`${text}\n`)
    expect(
      found.filter((line) => expected.test(line)),
      found.join('\n'),
    ).toHaveLength(1)
  })

  test('a line number is that of the first of joined lines, and later lines keep theirs', () => {
    expect(errors('# one\nany - \\\n && nope x \\\n - p/a -\n\nwrong\n')).toEqual([
      expect.stringMatching(/^rules:2: unknown match key "nope"/),
      expect.stringMatching(/^rules:6: the rule has 1 word/),
    ])
  })
})

describe('what can be read but is unwise is a warning, and the rule stands', () => {
  test.for([
    ['any - - p/a -', /^rules:1: warning: the last line has no newline/],
    ['any - - p/a -\r\n', /^rules:1: warning: the line ends in CR LF, .*read as LF$/],
    ['!arch sparc - p/a -\n', /^rules:1: warning: "!arch" has its ! glued to it/],
    ['memsize 4096 - p/a -\n', /^rules:1: warning: memsize is 4096, expected a range: .*read as 4096-4096$/],
    ['! any - - p/a -\n', /^rules:1: warning: ! any - matches no host$/],
    [
      'model $(reboot) - p/a -\n',
      /^rules:1: warning: model is "\$\(reboot\)", which has a character of the shell in it/,
    ],
    ['any - - - -\n', /^rules:1: warning: profile is -, so that the installer asks/],
    ['# a \\\nany -\nany - - p/a -\n', /^rules:1: warning: the comment ends in a backslash/],
  ] as const)('%j', ([text, expected]) => {
    expect(told(text).filter((line) => !expected.test(line))).toEqual([])
    expect(told(text)).toHaveLength(1)
    expect(parseRules(text).rules).toHaveLength(1)
  })

  test('what stands after a rule for any host is never looked at', () => {
    expect(told('any - - p/a -\nhostname a - p/a -\n')).toEqual([
      'rules:2: warning: the line is never looked at: line 1 matches every host',
    ])
  })

  test('Latin-1 is read where it is a comment, and refused where it would be compared', () => {
    const bytes = Buffer.from('# Büro\nany - - p/a - # Köln\n', 'latin1')
    expect(told(bytes)).toEqual(['rules:1: warning: not UTF-8, read as ISO 8859-1 (Latin-1)'])
    expect(parseRules(bytes).text).toBe('# Büro\nany - - p/a - # Köln\n')
    const wrong = parseRules(Buffer.from('model Büro - p/a -\n', 'latin1')).problems
    expect(wrong).toContainEqual(expect.objectContaining({ severity: 'error', line: 1 }))
  })

  test('a byte order mark is left out', () => {
    expect(parseRules('\u{FEFF}any - - p/a -\n')).toMatchObject({ problems: [], text: 'any - - p/a -\n' })
  })
})

test('ten thousand lines and a line of a megabyte are read', () => {
  const many = Array.from({ length: 10_000 }, (_, number) => `hostname h${number} && ! arch sparc - p/a -\n`)
  expect(parseRules(many.join('')).rules).toHaveLength(10_000)
  const wrong = parseRules('nope\n'.repeat(10_000)).problems
  expect(wrong).toHaveLength(1001)
  expect(wrong.at(-1)).toMatchObject({
    line: 1001,
    message: 'there are more than 1000 errors, the others are not told',
  })
  for (const filler of [' ', '\\\n', "'", '&& ', '! ', '#', 'a'])
    expect(parseRules(`any - ${filler.repeat(500_000)} - p/a -\n`).problems.length).toBeLessThan(4)
})

test('more lines than a site has rules, and lines that no shell reads, are refused', () => {
  const rule = 'hostname h1 - p/a -\n'
  expect(parseRules(`# a comment\n\n${rule.repeat(20_000)}`).problems).toEqual([])
  const { rules, problems } = parseRules(rule.repeat(200_000))
  expect(rules).toHaveLength(20_000)
  expect(problems.map(renderJumpStartProblem)).toEqual([
    'rules:20001: the file has more than 20000 lines that say something, expected so many at most',
  ])
  expect(parseRules(`${rule}any -${' && any -'.repeat(1000)} - p/a -\n`).problems).toMatchObject([
    { severity: 'error', line: 2, message: 'the line has 9013 characters, expected at most 8192' },
  ])
})

test('warnings are counted too, and refuse nothing', () => {
  const { rules, problems } = parseRules('any - - p/a -\n'.repeat(20_000))
  expect(rules).toHaveLength(20_000)
  expect(problems).toHaveLength(1001)
  expect(problems.at(-1)).toMatchObject({
    severity: 'warning',
    message: expect.stringContaining('more than 1000 warnings'),
  })
  expect(hasErrors(problems)).toBe(false)
})

test('any bytes at all are read or refused, and what is read can be printed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { rules, problems } = parseRules(bytes)
      expect(rules.length > 0 || hasErrors(problems)).toBe(true)
      expect(withoutLines(parseRules(printRules(rules)).rules)).toEqual(withoutLines(rules))
    }),
    { numRuns: 500 },
  )
})

test('custom_probes adds probes and keywords', () => {
  const source = 'probe_zip() {\n SI_ZIP=1; }\ncmp_zip ( ) { :; }\n# cmp_not() is not there\n'
  const customProbes = customProbesOf(source)
  expect(parseRules('probe zip\nzip a - p/a -\nany - - p/a -\n', { customProbes })).toMatchObject({
    problems: [],
    rules: [{ kind: 'probe', name: 'zip' }, { kind: 'rule', terms: [{ keyword: 'zip', values: ['a'] }] }, {}],
  })
  expect(parseRules('not a - p/a -\n', { customProbes }).problems).toHaveLength(1)
})

test('rules.ok has no comments, one line a rule, and the checksum of System V at its end', async () => {
  const text =
    "# comment\n\n\tprobe rootdisk # why\n!arch sparc && model 'SUNW,Ultra 2' \\\n  - prof/db fin/x\nany - beg/derive = -\n"
  const ok = renderRulesOk(parseRules(text).rules)
  await expect(ok).toMatchFileSnapshot('../../fixtures/golden/jumpstart/rules.ok')
  const body = ok.slice(0, ok.indexOf('# version='))
  const { stdout } = spawnSync('sum', ['-s'], { input: body, encoding: 'utf8' })
  expect(ok.endsWith(`# version=2 checksum=${stdout.split(' ')[0]}\n`)).toBe(true)
  expect(parseRules(ok).rules).toEqual(parseRules(body).rules)
})

test('the checksum folds sums of more than 16 bits, and of more than 32', () => {
  for (const size of [0, 1, 300, 70_000, 17_000_000]) {
    const bytes = new Uint8Array(size).fill(0xff)
    const { stdout } = spawnSync('sum', ['-s'], { input: bytes, encoding: 'utf8' })
    expect(systemVSum(bytes), `${size} bytes`).toBe(Number(stdout.split(' ')[0]))
  }
})
