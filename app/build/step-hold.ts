// The hold on a step while it is done: renewed, and given up before anybody else may take it.
import type { BuildStepName } from '#core/build/steps.ts'
import { isOver } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import type { BuildStore } from '../ports/builds.ts'

/** How much of a hold's time is left for what was begun to end. */
const MARGIN = 0.2
const LOOK_EVERY_MS = 1000

/** Another may do the step now: who held it says nothing more of the build. */
export function holdLost(id: string, step: BuildStepName): ProvisionError {
  return new ProvisionError('unavailable', 'HoldLost', `step ${step} of build ${id} is not held any more`)
}

export function isHoldLost(error: unknown): boolean {
  return error instanceof ProvisionError && error.code === 'HoldLost'
}

export interface StepHold {
  /** aborted when the step is not ours any more, or soon will not be */
  lost: AbortSignal
  /** aborted when somebody cancels the build */
  cancelled: AbortSignal
  /** No more renewals. */
  end(): void
}

/** Renews what `takeStep` gave, until {@link StepHold.end}. A database that is away is waited for as long as the hold lasts. */
export function keepHold(
  { id, step, runner, holdMs }: { id: string; step: BuildStepName; runner: string; holdMs: number },
  builds: Pick<BuildStore, 'renewStep' | 'get'>,
): StepHold {
  const lost = new AbortController()
  const cancelled = new AbortController()
  const giveUp = (): void => lost.abort(holdLost(id, step))
  let isEnded = false
  let deadline = setTimeout(giveUp, holdMs * (1 - MARGIN))
  let next: NodeJS.Timeout

  const renew = async (): Promise<void> => {
    const asked = performance.now()
    try {
      const isOurs = await builds.renewStep(id, step, runner, holdMs)
      if (isEnded) return
      if (!isOurs) return giveUp()
      clearTimeout(deadline)
      deadline = setTimeout(giveUp, holdMs * (1 - MARGIN) - (performance.now() - asked))
      const build = await builds.get(id)
      if (isOver(build.state)) giveUp()
      else if (build.cancelRequested) cancelled.abort(new Error('the build was cancelled'))
    } catch {
      // the next look may get through
    }
  }
  const look = (): void => {
    next = setTimeout(
      () => void renew().finally(() => isEnded || lost.signal.aborted || look()),
      Math.min(LOOK_EVERY_MS, holdMs / 4),
    )
  }
  look()
  return {
    lost: lost.signal,
    cancelled: cancelled.signal,
    end() {
      isEnded = true
      clearTimeout(deadline)
      clearTimeout(next)
    },
  }
}
