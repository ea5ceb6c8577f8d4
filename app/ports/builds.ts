// Builds, their steps and their logs. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Build, BuildFailure, BuildInputs, BuildState } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { Sha256 } from '#core/digest.ts'

export interface BuildFilter {
  template?: string | undefined
  states?: readonly BuildState[] | undefined
  host?: string | undefined
  /** builds that this one made necessary */
  parent?: string | undefined
  /** newest so many; default: all */
  limit?: number | undefined
}

export type NewBuild = Omit<
  Build,
  | 'steps'
  | 'cancelRequested'
  | 'zoneKept'
  | 'keepZone'
  | 'needsStop'
  | 'flow'
  | 'startedAt'
  | 'finishedAt'
  | 'failure'
>

/** Who does a step. */
export interface StepRunner {
  step: BuildStepName
  runner: string
}

/** What a build that is over has left. */
export interface BuildLeftover extends Pick<Build, 'id' | 'template' | 'version' | 'host' | 'zone'> {
  zoneKept: boolean
  keepZone: boolean
  finishedAt: string
  /** the blob with its recipe, which removing its zones reads */
  recipe: Sha256
  /** 0: it has no log */
  logBytes: number
}

export interface LogLine {
  seq: number
  step: BuildStepName | undefined
  at: string
  /** one or more whole lines */
  text: string
}

/**
 * Builds, their steps and their logs: the truth about them, whatever the queue has forgotten. A step is held by one runner at a
 * time, who renews its hold; a hold that ran out may be taken by another, and its former holder must have stopped by then.
 */
export interface BuildStore {
  /**
   * One in state `skipped` is over at once. A second for the same template and parent gives the first. Its origin cannot be
   * deleted until it is over.
   * @throws VersionExists when another build makes that version, VersionNotFound, WrongState when the origin is not ready any more
   */
  create(build: NewBuild): Promise<Build>
  /** @throws BuildNotFound */
  get(id: string): Promise<Build>
  /** By its id, or at least eight characters that only its id begins with. @throws BuildNotFound, BuildAmbiguous */
  find(idOrPrefix: string): Promise<Build>
  /** newest first */
  list(filter?: BuildFilter): Promise<Build[]>
  /** waiting → running, unless the host runs `atOnce` builds already; true also when it runs already */
  start(id: string, atOnce: number): Promise<boolean>
  setInputs(id: string, inputs: BuildInputs): Promise<void>
  /**
   * `taken`: it is ours, `attempt` counts it, and `interrupted` those before that were let go so. `held`: it or another step is held, or an earlier step is not done.
   * `done`: there is nothing to do. `over`: the build is.
   */
  takeStep(
    id: string,
    step: BuildStepName,
    runner: string,
    holdMs: number,
  ): Promise<
    { outcome: 'taken'; attempt: number; interrupted: number } | { outcome: 'held' | 'done' | 'over' }
  >
  /** false when the hold is lost, or the build over */
  renewStep(id: string, step: BuildStepName, runner: string, holdMs: number): Promise<boolean>
  /** Lets go; false when it was not ours any more. `again`, `interrupted`: it waits for another attempt. */
  endStep(
    id: string,
    step: BuildStepName,
    runner: string,
    outcome: 'done' | 'again' | 'interrupted',
  ): Promise<boolean>
  /** Writes down why the build will be `failed`; false when the step is not `by`'s any more. */
  setFailure(id: string, failure: BuildFailure, by: StepRunner): Promise<boolean>
  /** Ends the build, and as failed the step that runs; false when it is over, or its step not `by`'s any more. */
  finish(
    id: string,
    state: 'done' | 'failed' | 'cancelled' | 'skipped',
    facts?: {
      failure?: BuildFailure
      /** in place of the one it has */
      reason?: string
      zoneKept?: boolean
      needsStop?: boolean
      by?: StepRunner
    },
  ): Promise<boolean>
  /** A build that waits is cancelled at once. `publishing`: its version may be out already, so nothing was asked for. */
  requestCancel(id: string): Promise<'asked' | 'publishing' | 'over'>
  /** Builds that need a stop, whose stop was not asked for in so long; they count as asked for now. */
  askForStops(everyMs: number): Promise<Build[]>
  setStopped(id: string): Promise<void>
  /** Not kept: nothing of it is on its host, so it needs no stop either. */
  setZoneKept(id: string, kept: boolean): Promise<void>
  setKeepZone(id: string, keep: boolean): Promise<void>
  /** The build goes on in flow `seen + 1`; false when another has said so already, or it is over. */
  nextFlow(id: string, seen: number): Promise<boolean>
  /** False: the log is full (core/build/log-limits.ts), the text is left out; `last` is written even then. */
  appendLog(
    id: string,
    step: BuildStepName | undefined,
    text: string,
    options?: { last?: boolean },
  ): Promise<boolean>
  /** At most `limit` pieces behind `afterSeq`. */
  log(id: string, afterSeq?: number, limit?: number): Promise<LogLine[]>
  /** Builds that are over and have a log or zones still, oldest first. */
  leftovers(): Promise<BuildLeftover[]>
  /** Forgets the log of a build that is over. */
  dropLog(id: string): Promise<void>
}
