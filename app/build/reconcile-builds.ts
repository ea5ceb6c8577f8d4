// Builds that the database says are unfinished and the queue has forgotten go on.
import { isOver, type Build } from '#core/build/build.ts'
import type { BuildStore, JobQueue } from '../ports.ts'
import { enqueueBuild, nextStep, stepJobId } from './enqueue-build.ts'

interface Needs {
  builds: BuildStore
  queue: JobQueue
}

/** Run at a server's start and now and then. Several at once do it once. Returns how many builds were queued anew. */
export async function reconcileBuilds(needs: Needs): Promise<number> {
  let queued = 0
  for (const build of await needs.builds.list({ states: ['waiting', 'running'] }))
    if (await requeueIfForgotten(build, needs)) queued += 1
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

async function isQueued(build: Build, queue: JobQueue): Promise<boolean> {
  const status = await queue.status(stepJobId(build, nextStep(build) ?? 'publish'))
  return status !== undefined && ['waiting', 'active', 'delayed'].includes(status.state)
}
