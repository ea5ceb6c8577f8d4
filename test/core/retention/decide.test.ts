import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decideRetention,
  versionKey,
  type RetentionFacts,
  type VersionFacts,
} from '#core/retention/decide.ts'
import { DAY_MS } from '#core/retention/policy.ts'

const now = new Date('2026-11-20T11:00:00.000Z')

/** Version `name` of `web`, so many days old. */
function web(version: string, days: number, more: Partial<VersionFacts> = {}): VersionFacts {
  const createdAt = new Date(now.getTime() - days * DAY_MS).toISOString()
  return { template: 'web', version, state: 'ready', createdAt, ...more }
}

function decide(versions: VersionFacts[], more: Partial<RetentionFacts> = {}): Record<string, string> {
  const policies = new Map([['web', { keepLast: 2, keepDays: 10 }]])
  const facts = { now, versions, policies, uses: [], graceMs: 3_600_000, ...more }
  return Object.fromEntries(
    decideRetention(facts).map(({ version, verdict, reasons }) => [
      version,
      `${verdict}: ${reasons.join('; ')}`,
    ]),
  )
}

const goes = 'delete: not one of the last 2, older than 10 days, and nothing uses it'

describe('by policy', () => {
  test('the last N stay however old, the young stay however many', () => {
    expect(decide([web('1', 50), web('2', 40), web('3', 30)])).toEqual({
      1: goes,
      2: 'keep: one of the last 2',
      3: 'keep: one of the last 2',
    })
    expect(decide([web('1', 9), web('2', 8), web('3', 7)])).toMatchObject({ 1: 'keep: younger than 10 days' })
  })

  test('a version is not young any more when its days are full', () => {
    expect(decide([web('1', 10), web('2', 1), web('3', 1)])).toMatchObject({ 1: goes })
  })

  test('a template without a policy keeps 5 and 14 days', () => {
    const versions = [1, 2, 3, 4, 5, 6].map((number) => web(String(number), 15))
    expect(decide(versions, { policies: new Map() })).toMatchObject({
      1: 'delete: not one of the last 5, older than 14 days, and nothing uses it',
      2: 'keep: one of the last 5',
    })
  })

  test('a revoked version takes no place of a good one, and goes when it would have gone anyway', () => {
    const revoked = { state: 'revoked' as const }
    expect(decide([web('1', 50), web('2', 40), web('3', 30, revoked)])).toEqual({
      1: 'keep: one of the last 2',
      2: 'keep: one of the last 2',
      3: 'keep: one of the last 2',
    })
    expect(decide([web('1', 50, revoked), web('2', 40), web('3', 30)])).toMatchObject({
      1: 'delete: revoked, not one of the last 2, older than 10 days, and nothing uses it',
    })
  })

  test('a version in the making goes only when nobody makes it and it is not of this moment', () => {
    const building = { state: 'building' as const }
    const uses = [{ template: 'web', version: '1', by: 'package job' }]
    expect(decide([web('1', 1, building), web('2', 1, building), web('3', 0, building)], { uses })).toEqual({
      1: 'keep: package job',
      2: 'delete: building, and nobody makes it any more',
      3: 'keep: building, begun a moment ago',
    })
  })
})

test('what is used stays with all its origins, also of other templates', () => {
  const base = web('1', 90, { template: 'base' })
  const middle = web('2', 80, { template: 'middle', origin: base })
  const top = web('3', 70, { origin: middle })
  const policies = new Map(['base', 'middle', 'web'].map((name) => [name, { keepLast: 1, keepDays: 1 }]))
  const newer = ['base', 'middle', 'web'].map((template) => web('9', 60, { template }))
  const uses = [{ template: 'web', version: '3', by: 'zone shop on host h1' }]
  expect(decide([base, middle, top, ...newer], { policies, uses })).toMatchObject({
    1: 'keep: origin of middle@2',
    2: 'keep: origin of web@3',
    3: 'keep: zone shop on host h1',
  })
  expect(decide([base, middle, top, ...newer], { policies })).toMatchObject({
    1: expect.stringMatching(/^delete/),
    3: expect.stringMatching(/^delete/),
  })
})

const names = ['base', 'web', 'mysql']

/** Templates with versions that have origins among the earlier ones, and things that use some of them. */
const anyFacts: fc.Arbitrary<RetentionFacts> = fc
  .array(
    fc.record({
      template: fc.constantFrom(...names),
      days: fc.integer({ min: 0, max: 60 }),
      state: fc.constantFrom<VersionFacts['state']>('building', 'testing', 'ready', 'ready', 'revoked'),
      origin: fc.option(fc.nat(20)),
      used: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
    }),
    { maxLength: 20 },
  )
  .chain((drafts) =>
    fc
      .dictionary(
        fc.constantFrom(...names),
        fc.record({ keepLast: fc.integer({ min: 1, max: 4 }), keepDays: fc.nat(40) }),
      )
      .map((policies) => {
        const versions: VersionFacts[] = []
        for (const [index, { template, days, state, origin }] of drafts.entries()) {
          const from = origin === null ? undefined : versions[origin]
          versions.push(web(String(index), days, { template, state, origin: from }))
        }
        const uses = versions
          .filter((_, index) => drafts[index]?.used)
          .map((one) => ({ ...one, by: 'a host' }))
        return { now, versions, uses, policies: new Map(Object.entries(policies)), graceMs: 3_600_000 }
      }),
  )

function kept(facts: RetentionFacts): Set<string> {
  return new Set(decideRetention(facts).flatMap((one) => (one.verdict === 'keep' ? [versionKey(one)] : [])))
}

describe('for any templates', () => {
  test('nothing that is used goes, nor an origin of what stays', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const stays = kept(facts)
        for (const use of facts.uses) expect(stays).toContain(versionKey(use))
        const origins = facts.versions
          .filter((one) => stays.has(versionKey(one)))
          .flatMap(({ origin }) => (origin ? [versionKey(origin)] : []))
        expect(origins.filter((origin) => !stays.has(origin))).toEqual([])
      }),
    )
  })

  test('the newest N ready versions of each template stay', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const stays = kept(facts)
        for (const name of names) {
          const ready = facts.versions.filter(({ template, state }) => template === name && state === 'ready')
          const last = ready.slice(-(facts.policies.get(name)?.keepLast ?? 5))
          for (const one of last) expect(stays).toContain(versionKey(one))
        }
      }),
    )
  })

  test('deciding again over what stayed deletes nothing more', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const stays = kept(facts)
        const versions = facts.versions.filter((one) => stays.has(versionKey(one)))
        expect(kept({ ...facts, versions })).toEqual(stays)
      }),
    )
  })

  test('revoking a version never makes it go, nor any other', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(19), (facts, index) => {
        const chosen = facts.versions[index]
        fc.pre(chosen?.state === 'ready')
        const versions = facts.versions.map((one) =>
          one === chosen ? { ...one, state: 'revoked' as const } : one,
        )
        const after = kept({ ...facts, versions })
        for (const key of kept(facts)) expect(after).toContain(key)
      }),
    )
  })

  test('every decision has a reason', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { reasons } of decideRetention(facts)) expect(reasons).not.toEqual([])
      }),
    )
  })
})
