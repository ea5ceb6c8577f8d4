// A job of a build that the queue does not try again: it took its workers with it too often, or a job before it did.
import { isOver } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import type { JobData } from '#core/jobs.ts'
import { endFailed } from './end-build.ts'
import type { BuildNeeds } from './needs.ts'
import { openWork } from './open-work.ts'
import { isHoldLost, keepHold } from './step-hold.ts'

/**
 * Ends the build, unless it goes on elsewhere: its step is held, done, or not the next. What is missed here is found by
 * reconcile-builds.ts, and ends when the step was begun too often.
 */
export async function giveUpBuild(
  { build: id, step }: JobData<'build'>,
  needs: BuildNeeds,
  { runner, holdMs }: { runner: string; holdMs: number },
): Promise<void> {
  const taken = await needs.builds.takeStep(id, step, runner, holdMs)
  if (taken.outcome !== 'taken') return
  const build = await needs.builds.get(id)
  const hold = keepHold({ id, step, runner, holdMs }, needs.builds)
  try {
    const work = await openWork(build, step, needs)
    const error = new ProvisionError(
      'conflict',
      'StepGivenUp',
      `step ${step} was begun ${taken.attempt - 1 - taken.interrupted} times and its workers died`,
    )
    const signal = new AbortController().signal
    await endFailed({ ...taken, build, step, runner, hold, signal, work, error }, needs)
  } catch (error) {
    if (!isHoldLost(error) && !isOver((await needs.builds.get(id)).state)) throw error
  } finally {
    hold.end()
  }
}
