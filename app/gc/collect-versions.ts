// Deletes the versions that retention lets go, those built on others first.
import { ProvisionError } from '#core/errors.ts'
import { decideRetention, versionKey, type Decision } from '#core/retention/decide.ts'
import type { GarbageObject } from '#core/retention/report.ts'
import type { AuditLog } from '../ports/access.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { JobQueue } from '../ports/queue.ts'
import { requestRelease } from '../release-snapshot.ts'
import type { GatheredFacts } from './gather-facts.ts'

interface Needs {
  catalog: TemplateCatalog
  queue: JobQueue
  audit: AuditLog
}

/** Yields every version; `gone` collects the names of those that are deleted, or would be. */
export async function* collectVersions(
  facts: GatheredFacts,
  { dryRun, actor }: { dryRun: boolean; actor: string },
  gone: Set<string>,
  needs: Needs,
): AsyncGenerator<GarbageObject> {
  const records = new Map(facts.records.map((record) => [versionKey(record.manifest), record]))
  for (const decision of childrenFirst(decideRetention(facts), records)) {
    const key = versionKey(decision)
    const record = records.get(key)
    if (!record) continue
    const line = { kind: 'version' as const, name: key, bytes: bytesOf(record) }
    const used =
      decision.verdict === 'keep' || dryRun ? undefined : await deleteIt(record, decision, actor, needs)
    if (decision.verdict === 'delete' && used === undefined) gone.add(key)
    const verdict = used === undefined ? decision.verdict : ('keep' as const)
    yield { ...line, verdict, reasons: used === undefined ? decision.reasons : [used] }
  }
}

/** Undefined when it is gone; otherwise what has begun to use it since it was decided. */
async function deleteIt(
  { manifest, state }: VersionRecord,
  { reasons }: Decision,
  actor: string,
  { catalog, queue, audit }: Needs,
): Promise<string | undefined> {
  const { template, version } = manifest
  try {
    // One in the making may have become ready.
    if (state !== 'building') await catalog.setState(template, version, 'deleted')
    else if (!(await catalog.abandonBuild(template, version))) return 'it is not building any more'
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    if (error.kind === 'conflict') return error.message
    // Another server's collection was here.
    if (error.kind === 'missing') return undefined
    throw error
  }
  const subject = versionKey(manifest)
  await audit.write({ actor, action: 'version.collect', subject, details: { reasons } })
  await requestRelease(manifest, queue)
  return undefined
}

/** A version can only be deleted when nothing is built on it any more. */
function childrenFirst(
  decisions: readonly Decision[],
  records: ReadonlyMap<string, VersionRecord>,
): Decision[] {
  const depth = (key: string): number => {
    let steps = 0
    for (let at = records.get(key)?.manifest.origin; at && steps < records.size; steps++)
      at = records.get(versionKey(at))?.manifest.origin
    return steps
  }
  const depths = new Map(decisions.map((one) => [one, depth(versionKey(one))]))
  return decisions.toSorted((a, b) => (depths.get(b) ?? 0) - (depths.get(a) ?? 0))
}

function bytesOf({ manifest }: VersionRecord): number {
  return manifest.artifacts.reduce((sum, { size }) => sum + size, 0)
}
