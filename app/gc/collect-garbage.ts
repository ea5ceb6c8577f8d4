// `gc`: all that may be garbage, why it stays or goes, and unless it is a dry run, the end of what goes.
import { versionKey } from '#core/retention/decide.ts'
import { withTotal, type GarbageLine, type GarbageObject } from '#core/retention/report.ts'
import type { AuditLog } from '../ports/access.ts'
import type { BlobStore } from '../ports/blobs.ts'
import { collectBuilds, collectHostZones } from './collect-leftovers.ts'
import { collectVersions } from './collect-versions.ts'
import { gatherFacts, type FactNeeds, type GatheredFacts } from './gather-facts.ts'
import { judgeBlobs } from './judge-blobs.ts'

export interface GarbageNeeds extends FactNeeds {
  blobs: BlobStore
  audit: AuditLog
}

export interface GarbageOptions {
  dryRun: boolean
  /** who asked, for the audit log */
  actor: string
  /**
   * Blobs and versions in the making that are younger stay: they may belong to what is being recorded. Sparing those who would
   * have to store again is all that this is for; docs/decisions/0009-garbage-collection.md.
   */
  graceMs?: number
  signal?: AbortSignal
}

const GRACE_MS = 3_600_000

/** May be stopped at any line and run again, by several servers at once, while others upload, build and install. The total comes last. */
export function collectGarbage(needs: GarbageNeeds, options: GarbageOptions): AsyncGenerator<GarbageLine> {
  return withTotal(objects(needs, options), options.dryRun)
}

/** For a tick: collects, and says in short what went. */
export async function collectAtNight(
  needs: GarbageNeeds,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const went: Record<string, number> = {}
  for await (const line of collectGarbage(needs, { dryRun: false, actor: 'zoneflash', signal })) {
    if (line.kind === 'total') went['bytes'] = line.delete.bytes
    else if (line.when === 'asked') went['asked'] = (went['asked'] ?? 0) + 1
    else if (line.verdict === 'delete') went[line.kind] = (went[line.kind] ?? 0) + 1
  }
  return went
}

async function* objects(
  needs: GarbageNeeds,
  { dryRun, actor, graceMs = GRACE_MS, signal }: GarbageOptions,
): AsyncGenerator<GarbageObject> {
  // First: a build that ends in between is among the unfinished ones of the facts, or left nothing that is judged now.
  const leftovers = await needs.builds.leftovers()
  const facts = await gatherFacts(needs, graceMs)
  const converting = await needs.queue.oldestUnfinished('convert')
  const before = firstOfMakers(facts, converting, graceMs)
  const gone = new Set<string>()
  const parts = [
    () => collectVersions(facts, { dryRun, actor }, gone, needs),
    () => collectHostZones(facts, gone, dryRun, needs),
    () => collectBuilds(facts, leftovers, livingAfter(facts, gone), dryRun, needs),
    () => judgeBlobs({ ...facts, leftovers, gone, dryRun, before }, needs),
  ]
  for (const part of parts) {
    for await (const object of part()) {
      signal?.throwIfAborted()
      yield object
    }
  }
}

function livingAfter({ records }: GatheredFacts, gone: ReadonlySet<string>): Set<string> {
  return new Set(records.map(({ manifest }) => versionKey(manifest)).filter((key) => !gone.has(key)))
}

/** What a package job, a conversion or a build has stored so far is younger than itself, and is referred to by nothing until it is done. */
function firstOfMakers(
  { now, records, openBuilds }: GatheredFacts,
  converting: Date | undefined,
  graceMs: number,
): number {
  const making = records.filter(({ state }) => state === 'building' || state === 'testing')
  return Math.min(
    now.getTime() - graceMs,
    converting?.getTime() ?? Infinity,
    ...making.map(({ manifest }) => Date.parse(manifest.createdAt)),
    ...openBuilds.map(({ createdAt }) => Date.parse(createdAt)),
  )
}
