import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import { factsOf } from '#core/jumpstart/facts.ts'
import { explainMatch, renderHostRules } from '#core/jumpstart/rules/explain.ts'
import { findWinner, matchRules } from '#core/jumpstart/rules/match.ts'
import { parseRules } from '#core/jumpstart/rules/parse.ts'

const host = Host.parse({
  name: 'h1',
  arch: 'sun4u',
  release: 's10u9',
  addresses: ['192.0.2.10'],
  networks: ['198.51.100.0/24', '192.0.2.0/25'],
  facts: {
    memory: '8192',
    model: 'SUNW,Ultra 2',
    disks: 'c0t0d0=70000,c0t3d0=140000',
    installed: 'c0t0d0s0=Solaris_9,c0t3d0s1=SystemV',
    domainname: 'example.com',
  },
})
const facts = factsOf(host)
const rulesOf = (text: string) =>
  parseRules(text, { customProbes: { probes: new Set(), compares: new Set(['zip']) } }).rules
const verdict = (term: string, of = facts) => matchRules(rulesOf(`${term} - p/a -\n`), of).rules[0]?.verdict

test('facts are what the record says, in the words of JumpStart', () => {
  expect(facts).toEqual({
    hostname: 'h1',
    arch: 'sparc',
    karch: 'sun4u',
    hostaddress: '192.0.2.10',
    network: '192.0.2.0',
    domainname: 'example.com',
    model: 'SUNW,Ultra_2',
    memory: 8192,
    disks: [
      { name: 'c0t0d0', size: 70_000 },
      { name: 'c0t3d0', size: 140_000 },
    ],
    rootdisk: 'c0t3d0',
    installed: [
      { slice: 'c0t0d0s0', release: 'Solaris_9' },
      { slice: 'c0t3d0s1', release: 'SystemV' },
    ],
    osname: 'Solaris_10',
  })
})

test('an interface of the record has the last word on name, address and network', () => {
  const interfaces = [
    { name: 'bge1' },
    { name: 'bge0', primary: true, address: '198.51.100.70/26', hostname: 'n1' },
  ]
  expect(factsOf(Host.parse({ ...host, interfaces }))).toMatchObject({
    hostname: 'n1',
    hostaddress: '198.51.100.70',
    network: '198.51.100.64',
  })
})

test('a record that says nothing leaves unknown what rules may ask', () => {
  expect(factsOf(Host.parse({ name: 'h2' }))).toEqual({
    hostname: 'h2',
    arch: 'i386',
    karch: 'i86pc',
    hostaddress: undefined,
    network: undefined,
    domainname: undefined,
    model: undefined,
    memory: undefined,
    disks: undefined,
    rootdisk: undefined,
    installed: undefined,
    osname: undefined,
  })
})

describe('a term', () => {
  test.for([
    ['any -', 'yes'],
    ['arch sparc', 'yes'],
    ['arch i386', 'no'],
    ['! arch i386', 'yes'],
    ['karch sun4u', 'yes'],
    ['karch SUN4U', 'no'],
    ['hostname h1', 'yes'],
    ['hostname h', 'no'],
    ['hostaddress 192.0.2.10', 'yes'],
    ['network 192.0.2.0', 'yes'],
    ['network 192.0.2.128', 'no'],
    ['domainname example.com', 'yes'],
    ["model 'SUNW,Ultra 2'", 'yes'],
    ['model SUNW,Ultra_2', 'yes'],
    ['model SUNW,Ultra', 'no'],
    ['memsize 8192-8192', 'yes'],
    ['memsize 8192', 'yes'],
    ['memsize 0-8191', 'no'],
    ['memsize 8193-9000', 'no'],
    ['disksize c0t0d0 70000-70000', 'yes'],
    ['disksize rootdisk 140000-140000', 'yes'],
    ['disksize c9t0d0 0-999999', 'no'],
    ['totaldisk 210000-210000', 'yes'],
    ['installed c0t0d0s0 Solaris_9', 'yes'],
    ['installed c0t0d0s0 Solaris_10', 'no'],
    ['installed c0t0d0s0 upgrade', 'yes'],
    ['installed c0t3d0s1 upgrade', 'no'],
    ['installed c0t3d0s1 any', 'yes'],
    ['installed c0t3d0s0 any', 'no'],
    ['installed rootdisk SystemV', 'yes'],
    ['installed any Solaris_9', 'yes'],
    ['osname Solaris_10', 'yes'],
    ['zip 12345', 'unknown'],
    ['! zip 12345', 'unknown'],
    ['zip 1 && arch i386', 'no'],
  ] as const)('%s: %s', ([term, expected]) => {
    expect(verdict(term)).toBe(expected)
  })

  test('is unknown, negated or not, where the record does not say', () => {
    const blank = factsOf(Host.parse({ name: 'h2', arch: 'other' }))
    for (const term of [
      'memsize 0-9',
      'disksize rootdisk 0-9',
      'totaldisk 0-9',
      'installed any any',
      'model a',
      'network 192.0.2.0',
      'arch sparc',
    ])
      expect([verdict(term, blank), verdict(`! ${term}`, blank)], term).toEqual(['unknown', 'unknown'])
  })
})

test('the first rule that is true wins; what is false is told up to its first false term', () => {
  const rules = rulesOf(
    'probe disks\nhostname x && arch sparc - p/a -\narch sparc && memsize 0-100 - p/b -\nhostname h1 - p/c -\nany - - p/d -\n',
  )
  const match = matchRules(rules, facts)
  expect(match.winner).toMatchObject({ line: 4, profile: 'p/c' })
  expect(match.undecided).toEqual([])
  expect(
    match.rules.map(({ rule, verdict: all, terms }) => [
      rule.line,
      all,
      terms.map((one) => [one.verdict, one.why]),
    ]),
  ).toEqual([
    [
      2,
      'no',
      [
        ['no', 'the host has "h1"'],
        [undefined, undefined],
      ],
    ],
    [
      3,
      'no',
      [
        ['yes', 'the host has "sparc"'],
        ['no', 'the host has 8192 MB'],
      ],
    ],
    [4, 'yes', [['yes', 'the host has "h1"']]],
  ])
})

test('a rule before the winner that nobody can decide is told', () => {
  const blank = factsOf(Host.parse({ name: 'h2' }))
  const match = matchRules(rulesOf('memsize 1-2 - p/a -\nany - - p/b -\n'), blank)
  expect(match.winner).toMatchObject({ line: 2 })
  expect(match.undecided).toMatchObject([{ line: 1 }])
  expect(match.rules[0]?.terms[0]?.why).toBe('the record of the host does not have the fact memory')
})

test('of very many rules the first are explained, and the winner', () => {
  const rules = rulesOf(`${'hostname h9 && any - - p/a -\n'.repeat(12_000)}any - - p/b -\n`)
  const match = matchRules(rules, facts)
  expect(match.rules).toHaveLength(5001)
  expect(match.rules.at(-1)?.rule).toBe(match.winner)
  expect(match.leftOut).toBe(7000)
  expect(renderHostRules(explainMatch('h1', match, {}))).toContain(
    'not shown: 7000 further rules, which were looked at as well\nh1: line 12001 wins: ',
  )
  expect(explainMatch('h1', matchRules(rulesOf('any - - p/b -\n'), facts), {})).not.toHaveProperty('leftOut')
})

test('a host that matches nothing has no winner', () => {
  expect(findWinner(rulesOf('arch i386 - p/a -\n! any - - p/b -\n'), facts)).toEqual({
    winner: undefined,
    undecided: [],
  })
})
