// The `build` job: does one step of a build while nobody else does, and says in the build's record how it ended.
import { isOver, type Build } from '#core/build/build.ts'
import { stepLimitMs } from '#core/build/limits.ts'
import { ProvisionError } from '#core/errors.ts'
import type { JobData } from '#core/jobs.ts'
import { mayPass } from '#core/passing.ts'
import { messageOf } from './build-failure.ts'
import {
  cancelled,
  concludeBuild,
  endCancelled,
  endFailed,
  endSkipped,
  failUnopened,
  isCancelled,
  type Taken,
} from './end-build.ts'
import type { BuildNeeds } from './needs.ts'
import { openWork, type Work } from './open-work.ts'
import { findSame } from './same-inputs.ts'
import { givenUp, tooSlow } from './step-errors.ts'
import { isHoldLost, keepHold } from './step-hold.ts'
import type { StepContext } from './step.ts'
import { withinSignal } from './within-signal.ts'

export interface RunSettings {
  /** who holds the step: another name for each attempt of each process */
  runner: string
  /** how long a hold lasts that is not renewed */
  holdMs: number
  /** in place of the recipe's `minutes` */
  limitMs?: number
}

/** The job is to come back after so long. */
export type Later = { againInMs: number } | undefined

/** A step that is begun more often than this, and not let go in good order, has killed its workers, or its host is away for good. */
export const MAX_ATTEMPTS = 6

/** How often a build looks whether it is its turn. */
const TURN_MS = 1000
/** After an attempt that failed for want of something that may come back, doubled each time. */
const PAUSE_MS = 5000

/**
 * Does the step, unless it is done or the build is over.
 * @throws the failure that ended the build, so that its other jobs end too; and what `signal` says when this worker stops
 */
export async function runStep(
  job: JobData<'build'>,
  signal: AbortSignal,
  needs: BuildNeeds,
  settings: RunSettings,
): Promise<Later> {
  try {
    return await takeAndDo(job, signal, needs, settings)
  } catch (error) {
    // The database is away: neither the step's fault nor an attempt.
    if (!signal.aborted && mayPass(error)) return { againInMs: PAUSE_MS }
    throw error
  }
}

async function takeAndDo(
  { build: id, step }: JobData<'build'>,
  signal: AbortSignal,
  needs: BuildNeeds,
  settings: RunSettings,
): Promise<Later> {
  const { builds } = needs
  const { runner, holdMs } = settings
  const build = await builds.get(id)
  if (isOver(build.state)) return undefined
  const host = await needs.hosts.find(build.host)
  if (!(await builds.start(id, host?.builds?.atOnce ?? 1))) return { againInMs: TURN_MS }
  const taken = await builds.takeStep(id, step, runner, holdMs)
  if (taken.outcome === 'held') return { againInMs: Math.min(TURN_MS, holdMs / 2) }
  if (taken.outcome === 'done' && step === 'publish') await concludeBuild(build, needs)
  if (taken.outcome !== 'taken') return undefined
  const hold = keepHold({ id, step, runner, holdMs }, builds)
  try {
    return await doTaken(
      { ...taken, build: await builds.get(id), step, runner, hold, signal },
      needs,
      settings,
    )
  } finally {
    hold.end()
  }
}

async function doTaken(taken: Taken, needs: BuildNeeds, settings: RunSettings): Promise<Later> {
  try {
    return await doHeld(taken, needs, settings)
  } catch (error) {
    if (isHoldLost(error)) return { againInMs: TURN_MS }
    const { build, step, signal, runner } = taken
    if (signal.aborted) await needs.builds.endStep(build.id, step, runner, 'interrupted')
    throw error
  }
}

/** @throws HoldLost, and what runStep does */
async function doHeld(taken: Taken, needs: BuildNeeds, settings: RunSettings): Promise<Later> {
  const { build, step, attempt } = taken
  const work = await openWork(build, step, needs).catch(async (error: unknown) => {
    if (!mayPass(error)) await failUnopened(taken, error, needs)
    throw error
  })
  const begun = performance.now()
  try {
    if (build.cancelRequested) throw cancelled()
    if (build.failure) throw new ProvisionError('conflict', build.failure.code, build.failure.message)
    if (countOf(taken) > MAX_ATTEMPTS) throw givenUp(step, MAX_ATTEMPTS)
    work.log.say(`== ${step}${attempt > 1 ? `, attempt ${attempt}` : ''}`)
    const same = await attemptStep(taken, work, needs, settings)
    if (same) return await endSkipped({ ...taken, work, same }, needs)
    work.log.say(`== ${step} done in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    await work.log.flush()
    if (!(await needs.builds.endStep(build.id, step, taken.runner, 'done'))) return { againInMs: TURN_MS }
    if (step === 'publish') await concludeBuild(build, needs, work.log)
    return undefined
  } catch (error) {
    return await afterFailure(error, { ...taken, work }, needs)
  } finally {
    await work.log.close()
  }
}

/** Ends with the step, or soon after it was told to stop. When the build would give what is there again: the build that made it. */
async function attemptStep(
  { step, attempt, hold, signal }: Taken,
  work: Work,
  needs: BuildNeeds,
  { limitMs = stepLimitMs(work.recipe.recipe.minutes, step, attempt) }: RunSettings,
): Promise<Build | undefined> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(tooSlow(step, limitMs)), limitMs)
  const stop = AbortSignal.any([signal, hold.lost, hold.cancelled, limit.signal])
  const context = work.context(attempt, stop)
  try {
    if (step === 'media') {
      const same = await withinSignal(stop, () => settleInputs(context, needs))
      if (same) return same
    }
    await withinSignal(stop, () => needs.steps[step](context))
    stop.throwIfAborted()
    return undefined
  } catch (error) {
    // What a step says that was stopped is of no interest.
    if (stop.aborted) throw stop.reason
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Writes down what the made media would be made of; then all inputs are known. */
async function settleInputs(context: StepContext, needs: BuildNeeds): Promise<Build | undefined> {
  const { build } = context
  const made = await needs.steps.madeInputs(context)
  const given = build.inputs.media.filter(({ kind }) => kind === 'given')
  const inputs = { ...build.inputs, media: [...given, ...made] }
  await needs.builds.setInputs(build.id, inputs)
  context.build = { ...build, inputs }
  return build.force ? undefined : findSame(build.template, inputs, needs)
}

/** Decides what an attempt that did not succeed means for the build. */
async function afterFailure(
  error: unknown,
  taken: Taken & { work: Work },
  needs: BuildNeeds,
): Promise<Later> {
  const { build, step, runner, hold, signal, work } = taken
  if (signal.aborted) {
    work.log.say(`== ${step} interrupted: the worker stops`)
    throw error
  }
  if (hold.lost.aborted || isHoldLost(error)) {
    work.log.say(`== ${step} interrupted: ${messageOf(error)}`)
    return { againInMs: TURN_MS }
  }
  if (hold.cancelled.aborted || isCancelled(error)) return endCancelled(taken, needs)
  const count = countOf(taken)
  if (mayPass(error) && count < MAX_ATTEMPTS) {
    const pauseMs = PAUSE_MS * 2 ** (count - 1)
    work.log.say(`== ${step} failed: ${messageOf(error)}; tried again in ${pauseMs / 1000} s`)
    await work.log.flush()
    await needs.builds.endStep(build.id, step, runner, 'again')
    return { againInMs: pauseMs }
  }
  return endFailed({ ...taken, error }, needs)
}

/** A worker that stopped in good order says nothing of the step. */
function countOf({ attempt, interrupted }: Taken): number {
  return attempt - interrupted
}
