// What a step of a build is given. The engine (run-step.ts) holds the step, keeps the log and ends what takes too long.
import type { Build, BuildInputs } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { Host } from '#core/host.ts'
import type { HostShell } from '../ports/hosts.ts'
import type { LoadedRecipe } from '../ports/recipes.ts'

export interface StepContext {
  build: Build
  recipe: LoadedRecipe
  host: Host
  /** commands on the build host; what they say goes into the build's log, and they end with `signal` */
  shell: HostShell
  /** 1 at first. Later the zone may be in any state: what an earlier attempt began may even still run on the host. */
  attempt: number
  /** aborted when the build is cancelled, the step takes too long, or the hold on it is lost */
  signal: AbortSignal
  /** a line in the build's log */
  say: (text: string) => void
  /** what a program on this machine says, as it comes */
  write: (text: string) => void
}

/** Does one step. It may have died at any line before and be run again. @throws ProvisionError: `unavailable` is tried again, anything else fails the build */
export type Step = (context: StepContext) => Promise<void>

/** A step for each name: a missing or surplus one does not compile. */
export type Steps = Record<BuildStepName, Step> & {
  /** What the made media would be made of (their `list`), before `media` makes them: equal inputs need no build. Leaves nothing. */
  madeInputs: (context: StepContext) => Promise<BuildInputs['media']>
  /** Stops everything of the build on its host: zones halted, nothing mounted, no proof left, no version `building`. The golden zone stays, halted. */
  stop: Step
  /** Removes the golden zone too. */
  discard: Step
  /** The part of `stop` that needs no host: no version stays `building`. */
  abandon: (build: Build) => Promise<void>
}
