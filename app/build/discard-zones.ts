// The zones of builds that failed: kept for somebody to look, removed when asked or when the template was built well.
import { isOver, type Build } from '#core/build/build.ts'
import type { JobData } from '#core/jobs.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { JobQueue } from '../ports/queue.ts'
import type { BuildNeeds } from './needs.ts'
import { openWork } from './open-work.ts'

/** The `discard` job; may be run again. @throws what the host says: it is tried again then, or asked for again */
export async function discardZones(
  { build: id }: JobData<'discard'>,
  signal: AbortSignal,
  needs: BuildNeeds,
): Promise<void> {
  const build = await needs.builds.get(id)
  if (!isOver(build.state) || !build.zoneKept || build.keepZone) return
  const work = await openWork(build, undefined, needs)
  try {
    await needs.steps.discard(work.context(1, signal))
    await needs.builds.setZoneKept(id, false)
    work.log.say('== zones discarded')
  } finally {
    await work.log.close()
  }
}

/** Zones of earlier builds of the template that failed, unless somebody keeps them. */
export async function discardOlderZones(
  { template, host }: Build,
  { builds, queue }: { builds: BuildStore; queue: JobQueue },
): Promise<void> {
  const failed = await builds.list({ template, host, states: ['failed', 'cancelled'] })
  for (const { id, zoneKept, keepZone } of failed)
    if (zoneKept && !keepZone) await queue.add('discard', { build: id }, `discard_${id}`)
}
