// Which versions stay and which may go. Pure: what uses a version is told, the clock too.
import type { VersionState } from '../version-state.ts'
import { DAY_MS, defaultRetention, type Retention } from './policy.ts'

export interface VersionId {
  template: string
  version: string
}

export interface VersionFacts extends VersionId {
  state: Exclude<VersionState, 'deleted'>
  /** ISO 8601 */
  createdAt: string
  origin?: VersionId | undefined
}

/** Something that needs a version, and how it is told to people, e.g. `channel stable`. */
export interface Use extends VersionId {
  by: string
}

export interface RetentionFacts {
  now: Date
  /** of each template in the order in which they were recorded, oldest first */
  versions: readonly VersionFacts[]
  /** by template; absent: the default */
  policies: ReadonlyMap<string, Retention>
  /** channels, hosts, installs, builds and jobs that need a version */
  uses: readonly Use[]
  /** a version in the making that nobody makes may be one whose job is being asked for; milliseconds */
  graceMs: number
}

export interface Decision extends VersionId {
  verdict: 'keep' | 'delete'
  /** one at least */
  reasons: string[]
}

export const versionKey = ({ template, version }: VersionId): string => `${template}@${version}`

/**
 * Decides for each version, in the order given. A version that goes is needed by nothing that is told and is no origin, at any
 * depth, of one that stays. The same facts give the same answer, and facts without what went give it for the rest.
 */
export function decideRetention(facts: RetentionFacts): Decision[] {
  const reasons = new Map(facts.versions.map((one) => [versionKey(one), [] as string[]]))
  for (const use of facts.uses) reasons.get(versionKey(use))?.push(use.by)
  for (const [key, reason] of keptByPolicy(facts)) reasons.get(key)?.push(reason)
  keepOrigins(facts.versions, reasons)
  return facts.versions.map((one) => {
    const why = reasons.get(versionKey(one)) ?? []
    const kept = why.length > 0
    return {
      template: one.template,
      version: one.version,
      verdict: kept ? 'keep' : 'delete',
      reasons: kept ? [...new Set(why)] : [whyItGoes(one, policyOf(one, facts))],
    }
  })
}

/**
 * A revoked version is no longer one of the last N, but stays as long as it would have stayed unrevoked: its place is counted
 * by the ready versions after it. So revoking frees nothing, and it costs no good version its place.
 */
function* keptByPolicy(facts: RetentionFacts): Generator<[string, string]> {
  const readyAfter = new Map<string, number>()
  for (const one of facts.versions.toReversed()) {
    const key = versionKey(one)
    const ageMs = facts.now.getTime() - Date.parse(one.createdAt)
    if (one.state === 'building' || one.state === 'testing') {
      if (ageMs < facts.graceMs) yield [key, `${one.state}, begun a moment ago`]
      continue
    }
    const { keepLast, keepDays } = policyOf(one, facts)
    const after = readyAfter.get(one.template) ?? 0
    if (after < keepLast) yield [key, `one of the last ${keepLast}`]
    if (ageMs < keepDays * DAY_MS) yield [key, `younger than ${keepDays} days`]
    if (one.state === 'ready') readyAfter.set(one.template, after + 1)
  }
}

/** What is the origin of a version that stays, stays; so does its own origin. */
function keepOrigins(versions: readonly VersionFacts[], reasons: Map<string, string[]>): void {
  const origins = new Map(versions.map((one) => [versionKey(one), one.origin]))
  const queue = [...reasons].filter(([, why]) => why.length > 0).map(([key]) => key)
  const seen = new Set<string>()
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key)) continue
    seen.add(key)
    const origin = origins.get(key)
    const why = origin && reasons.get(versionKey(origin))
    if (!origin || !why) continue
    why.push(`origin of ${key}`)
    queue.push(versionKey(origin))
  }
}

function policyOf({ template }: VersionId, { policies }: RetentionFacts): Retention {
  return policies.get(template) ?? defaultRetention
}

function whyItGoes({ state }: VersionFacts, { keepLast, keepDays }: Retention): string {
  if (state === 'building' || state === 'testing') return `${state}, and nobody makes it any more`
  const which = state === 'revoked' ? 'revoked, ' : ''
  return `${which}not one of the last ${keepLast}, older than ${keepDays} days, and nothing uses it`
}
