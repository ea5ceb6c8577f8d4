// How a build ends: done, failed, cancelled or skipped. What it began on its host is stopped first.
import type { Build, BuildFailure } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import { ProvisionError } from '#core/errors.ts'
import { failureOf, messageOf } from './build-failure.ts'
import type { BuildLog } from './build-log.ts'
import { requestChildren } from './children.ts'
import { discardOlderZones } from './discard-zones.ts'
import type { BuildNeeds } from './needs.ts'
import { notify } from './notify.ts'
import type { Work } from './open-work.ts'
import { becauseOf } from './same-inputs.ts'
import type { Step } from './step.ts'
import type { StepHold } from './step-hold.ts'
import { withinSignal } from './within-signal.ts'

/** A step that is ours. */
export interface Taken {
  build: Build
  step: BuildStepName
  attempt: number
  hold: StepHold
  /** of this worker */
  signal: AbortSignal
}

/** How long the cleaning up on the host may take. */
const CLEAN_UP_MS = 10 * 60_000

export const cancelled = (): ProvisionError =>
  new ProvisionError('conflict', 'BuildCancelled', 'the build was cancelled')

export const isCancelled = (error: unknown): boolean =>
  error instanceof ProvisionError && error.code === 'BuildCancelled'

/** The zone stays for somebody to look at. @throws the failure, so that the queue ends the build's other jobs */
export async function endFailed(
  { error, ...taken }: Taken & { work: Work; error: unknown },
  needs: BuildNeeds,
): Promise<never> {
  const { build, step, work } = taken
  const failure = failureOf(step, error, { failed: work.failedCommand(), secrets: work.secrets })
  work.log.say(`== ${step} failed: ${failure.message}`)
  await cleanUp('stop', taken, needs)
  return fail(build, failure, needs, work.log)
}

/** A build whose recipe or host is gone: nothing can be done on the host. */
export async function failUnopened(
  build: Build,
  step: BuildStepName,
  error: unknown,
  needs: BuildNeeds,
): Promise<never> {
  const failure = failureOf(step, error)
  await needs.builds.appendLog(build.id, step, `== ${step} failed: ${failure.message}\n`, { last: true })
  return fail(build, failure, needs)
}

async function fail(build: Build, failure: BuildFailure, needs: BuildNeeds, log?: BuildLog): Promise<never> {
  await log?.close()
  const zoneKept = failure.step !== 'media'
  if (await needs.builds.finish(build.id, 'failed', { failure, zoneKept }))
    await notify(build, { state: 'failed', failure }, needs, log)
  throw new ProvisionError('conflict', failure.code, `${failure.step}: ${failure.message}`)
}

/** Nothing of it stays. @throws BuildCancelled, so that the queue ends the build's other jobs */
export async function endCancelled(taken: Taken & { work: Work }, needs: BuildNeeds): Promise<never> {
  const { build, work } = taken
  work.log.say('== cancelled')
  const isStopped = await cleanUp('stop', taken, needs)
  const isGone = await cleanUp('discard', taken, needs)
  await work.log.close()
  await needs.builds.finish(build.id, 'cancelled', { zoneKept: !isStopped || !isGone })
  throw cancelled()
}

export async function endSkipped({ build, log }: Work, same: Build, needs: BuildNeeds): Promise<undefined> {
  const reason = becauseOf(same)
  log.say(`== ${reason}`)
  await log.close()
  await needs.builds.finish(build.id, 'skipped', { reason })
  return undefined
}

/** All steps are done; may be run again after a crash. */
export async function concludeBuild(build: Build, needs: BuildNeeds, log?: BuildLog): Promise<void> {
  const say = async (line: string): Promise<void> => {
    if (log) log.say(line)
    else await needs.builds.appendLog(build.id, 'publish', `${line}\n`, { last: true })
  }
  if (build.children) await requestChildren(build, needs, say)
  await discardOlderZones(build, needs)
  await log?.close()
  if (await needs.builds.finish(build.id, 'done')) await notify(build, { state: 'done' }, needs, log)
}

/** Its own failure is said and no more. The hold lasts meanwhile; without it, another does the same. */
async function cleanUp(
  what: 'stop' | 'discard',
  { attempt, hold, signal, work }: Taken & { work: Work },
  needs: BuildNeeds,
): Promise<boolean> {
  const limit = AbortSignal.timeout(CLEAN_UP_MS)
  const stop = AbortSignal.any([signal, hold.lost, limit])
  const step: Step = needs.steps[what]
  try {
    await withinSignal(stop, () => step(work.context(attempt, stop)))
    return true
  } catch (error) {
    signal.throwIfAborted()
    work.log.say(`${what}: ${messageOf(error)}`)
    return false
  }
}
