// What versions and builds leave beside blobs: logs, the zones of failed builds, golden zones and snapshots on hosts.
import { importedName } from '#core/build/plan.ts'
import type { Manifest } from '#core/manifest.ts'
import { DAY_MS, defaultRetention, type Retention } from '#core/retention/policy.ts'
import { versionKey } from '#core/retention/decide.ts'
import type { GarbageObject } from '#core/retention/report.ts'
import type { BuildLeftover, BuildStore } from '../ports/builds.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { JobQueue } from '../ports/queue.ts'
import { requestRelease } from '../release-snapshot.ts'
import type { GatheredFacts } from './gather-facts.ts'

interface Needs {
  builds: BuildStore
  catalog: TemplateCatalog
  queue: JobQueue
}

/** Yields the logs and zones of builds that are over. A log stays as long as its version, and for the days of the policy. */
export async function* collectBuilds(
  { now, policies }: Pick<GatheredFacts, 'now' | 'policies'>,
  leftovers: readonly BuildLeftover[],
  live: ReadonlySet<string>,
  dryRun: boolean,
  { builds, queue }: Needs,
): AsyncGenerator<GarbageObject> {
  for (const left of leftovers) {
    const policy = policies.get(left.template) ?? defaultRetention
    const age = ageOf(left, now, policy)
    if (left.logBytes > 0) {
      const isMade = live.has(versionKey(left))
      const line = { kind: 'log' as const, name: left.id, bytes: left.logBytes }
      if (isMade) yield { ...line, verdict: 'keep', reasons: [`build of ${versionKey(left)}`] }
      else yield { ...line, ...age }
      if (!isMade && age.verdict === 'delete' && !dryRun) await builds.dropLog(left.id)
    }
    if (left.zoneKept) {
      const line = { kind: 'zone' as const, name: `${left.host}:${left.zone}` }
      if (left.keepZone)
        yield { ...line, verdict: 'keep', reasons: [`somebody asked to keep it: build ${left.id}`] }
      else yield { ...line, ...age, ...(age.verdict === 'delete' && { when: 'asked' as const }) }
      if (!left.keepZone && age.verdict === 'delete' && !dryRun)
        await queue.add('discard', { build: left.id }, `discard_${left.id}`)
    }
  }
}

function ageOf(
  { id, template, finishedAt }: BuildLeftover,
  now: Date,
  { keepDays }: Retention,
): Pick<GarbageObject, 'verdict' | 'reasons'> {
  const isYoung = now.getTime() - Date.parse(finishedAt) < keepDays * DAY_MS
  const what = `build ${id} of ${template} gave no version that is there`
  return isYoung
    ? { verdict: 'keep', reasons: [`${what}, but is over for less than ${keepDays} days`] }
    : { verdict: 'delete', reasons: [`${what}, and is over for ${keepDays} days or more`] }
}

/** Yields what versions have on the hosts where they were made. What deleted ones have is asked for again each time: a host may have been away. */
export async function* collectHostZones(
  { records }: Pick<GatheredFacts, 'records'>,
  gone: ReadonlySet<string>,
  dryRun: boolean,
  { catalog, queue }: Needs,
): AsyncGenerator<GarbageObject> {
  for (const { manifest } of records) {
    const { madeFrom, madeBy } = manifest
    const key = versionKey(manifest)
    if (madeFrom === undefined || (gone.has(key) && !dryRun)) continue
    const what = madeBy === 'build' ? 'golden zone' : 'snapshot in the zone'
    yield {
      kind: 'zone',
      name: `${madeFrom.host}:${madeFrom.zone}`,
      ...(gone.has(key)
        ? {
            verdict: 'delete',
            when: 'asked',
            reasons: [`${what} of ${key}, which goes`, ...importsOf(manifest)],
          }
        : { verdict: 'keep', reasons: [`${what} of ${key}`] }),
    }
  }
  for (const manifest of await catalog.listUnreleased()) {
    if (manifest.madeFrom === undefined) continue
    yield {
      kind: 'zone',
      name: `${manifest.madeFrom.host}:${manifest.madeFrom.zone}`,
      verdict: 'delete',
      when: 'asked',
      reasons: [
        `${manifest.madeBy === 'build' ? 'golden zone' : 'snapshot in the zone'} of ${versionKey(manifest)}, which is deleted`,
        ...importsOf(manifest),
      ],
    }
    if (!dryRun) await requestRelease(manifest, queue)
  }
}

/** Which hosts have one is not known here: the `release` job asks all that build. */
function importsOf({ template, artifacts }: Manifest): string[] {
  const sha256 = artifacts[0]?.sha256
  return sha256 === undefined ? [] : [`with ${importedName({ template, sha256 })} where builds imported it`]
}
