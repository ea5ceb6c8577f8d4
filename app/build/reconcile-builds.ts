// Builds that the database says are unfinished and the queue has forgotten go on; what some have left running is stopped.
import { isOver, type Build } from '#core/build/build.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { HostRegistry } from '../ports/hosts.ts'
import type { JobQueue } from '../ports/queue.ts'
import { enqueueBuild, nextStep, stepJobId } from './enqueue-build.ts'

/** How often a host that was out of reach is asked again to stop what a build left. */
const STOP_EVERY_MS = 10 * 60_000

interface Needs {
  builds: BuildStore
  hosts: HostRegistry
  queue: JobQueue
}

/** Run at a server's start and now and then. Several at once do it once. Returns how many builds were queued anew. */
export async function reconcileBuilds(needs: Needs): Promise<number> {
  let queued = 0
  for (const build of await needs.builds.list({ states: ['waiting', 'running'] }))
    if (await requeueIfForgotten(build, needs)) queued += 1
  await askForStops(needs)
  return queued
}

async function requeueIfForgotten(build: Build, needs: Needs): Promise<boolean> {
  if (await isQueued(build, needs.queue)) return false
  // Its step may have ended between the two looks.
  const now = await needs.builds.get(build.id)
  if (isOver(now.state) || nextStep(now) !== nextStep(build) || now.flow !== build.flow) return false
  if (!(await needs.builds.nextFlow(build.id, build.flow))) return false
  await enqueueBuild({ ...now, flow: build.flow + 1 }, needs.queue)
  return true
}

/** Asks workers to stop builds. The zone of one that was cancelled goes too, unless somebody keeps it. A host that is not known any more is not asked. */
async function askForStops({ builds, hosts, queue }: Needs): Promise<void> {
  for (const { id, host, state, keepZone } of await builds.askForStops(STOP_EVERY_MS)) {
    const job = state === 'cancelled' && !keepZone ? 'discard' : 'stop'
    if (await hosts.find(host)) await queue.add(job, { build: id }, `${job}_${id}`)
  }
}

async function isQueued(build: Build, queue: JobQueue): Promise<boolean> {
  const status = await queue.status(stepJobId(build, nextStep(build) ?? 'publish'))
  return status !== undefined && ['waiting', 'active', 'delayed'].includes(status.state)
}
