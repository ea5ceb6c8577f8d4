// How a build ends: done, failed, cancelled or skipped. What it began on its host is stopped first.
import type { Build, BuildFailure } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import { ProvisionError } from '#core/errors.ts'
import { mayPass } from '#core/passing.ts'
import { failureOf, messageOf } from './build-failure.ts'
import type { BuildLog } from './build-log.ts'
import { requestChildren } from './children.ts'
import { discardOlderZones } from './discard-zones.ts'
import type { BuildNeeds } from './needs.ts'
import { notify } from './notify.ts'
import type { Work } from './open-work.ts'
import { becauseOf } from './same-inputs.ts'
import type { Step } from './step.ts'
import { holdLost, type StepHold } from './step-hold.ts'
import { withinSignal } from './within-signal.ts'

/** A step that is ours. */
export interface Taken {
  build: Build
  step: BuildStepName
  attempt: number
  /** of those, begun by workers that stopped in good order */
  interrupted: number
  runner: string
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

/**
 * The zone stays for somebody to look at. Why is written down before anything is stopped: who goes on after a crash knows it.
 * @throws the failure, so that the queue ends the build's other jobs; HoldLost
 */
export async function endFailed(
  { error, ...taken }: Taken & { work: Work; error: unknown },
  needs: BuildNeeds,
): Promise<never> {
  const { build, step, work } = taken
  const failure =
    build.failure ?? failureOf(step, error, { failed: work.failedCommand(), secrets: work.secrets })
  work.log.say(`== ${step} failed: ${failure.message}`)
  if (!build.failure && !(await needs.builds.setFailure(build.id, failure, taken))) throw lost(taken)
  const isStopped = await cleanUp('stop', taken, needs)
  return fail(taken, { failure, needsStop: !isStopped }, needs, work.log)
}

/** A build whose recipe or host is gone: nothing can be done on the host. */
export async function failUnopened(taken: Taken, error: unknown, needs: BuildNeeds): Promise<never> {
  const { build, step } = taken
  const failure = build.failure ?? failureOf(step, error)
  if (!build.failure && !(await needs.builds.setFailure(build.id, failure, taken))) throw lost(taken)
  await needs.builds.appendLog(build.id, step, `== ${step} failed: ${failure.message}\n`, { last: true })
  await needs.steps.abandon(build)
  return fail(taken, { failure, needsStop: false }, needs)
}

async function fail(
  taken: Taken,
  { failure, needsStop }: { failure: BuildFailure; needsStop: boolean },
  needs: BuildNeeds,
  log?: BuildLog,
): Promise<never> {
  const { build } = taken
  await log?.close()
  const facts = { failure, needsStop, zoneKept: failure.step !== 'media', by: taken }
  if (!(await needs.builds.finish(build.id, 'failed', facts))) throw lost(taken)
  await notify(build, { state: 'failed', failure }, needs, log)
  throw new ProvisionError('conflict', failure.code, `${failure.step}: ${failure.message}`)
}

/** Nothing of it stays. @throws BuildCancelled, so that the queue ends the build's other jobs; HoldLost */
export async function endCancelled(taken: Taken & { work: Work }, needs: BuildNeeds): Promise<never> {
  const { build, work } = taken
  work.log.say('== cancelled')
  const isStopped = await cleanUp('stop', taken, needs)
  const isGone = await cleanUp('discard', taken, needs)
  await work.log.close()
  const isLeft = !isStopped || !isGone
  const facts = { zoneKept: isLeft, needsStop: isLeft, by: taken }
  if (!(await needs.builds.finish(build.id, 'cancelled', facts))) throw lost(taken)
  throw cancelled()
}

/** Only an earlier attempt can have left something. @throws HoldLost */
export async function endSkipped(
  { same, ...taken }: Taken & { work: Work; same: Build },
  needs: BuildNeeds,
): Promise<undefined> {
  const { build, work, attempt } = taken
  const reason = becauseOf(same)
  work.log.say(`== ${reason}`)
  const isStopped = attempt === 1 || (await cleanUp('stop', taken, needs))
  await work.log.close()
  const facts = { reason, needsStop: !isStopped, by: taken }
  if (!(await needs.builds.finish(build.id, 'skipped', facts))) throw lost(taken)
  return undefined
}

/** All steps are done; may be run again after a crash. */
export async function concludeBuild(build: Build, needs: BuildNeeds, log?: BuildLog): Promise<void> {
  const say = async (line: string): Promise<void> => {
    if (log) log.say(line)
    else await needs.builds.appendLog(build.id, 'publish', `${line}\n`, { last: true })
  }
  // The version is out: what it makes necessary elsewhere is no reason to call the build failed.
  const said = (error: unknown): Promise<void> => {
    if (mayPass(error)) throw error
    return say(messageOf(error))
  }
  if (build.children) await requestChildren(build, needs, say).catch(said)
  await discardOlderZones(build, needs).catch(said)
  await log?.close()
  if (await needs.builds.finish(build.id, 'done')) await notify(build, { state: 'done' }, needs, log)
}

const lost = ({ build, step }: Taken): ProvisionError => holdLost(build.id, step)

/** Its own failure is said and no more. @throws HoldLost, and another does the same then; what `signal` says when this worker stops */
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
    hold.lost.throwIfAborted()
    work.log.say(`${what}: ${messageOf(error)}`)
    return false
  }
}
