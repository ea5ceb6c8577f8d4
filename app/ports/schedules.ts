// What is done at which time. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import type { CronTimes } from '#core/schedule/slots.ts'

/** Reads a cron expression. @throws InvalidCron */
export type CronReader = (expression: string) => CronTimes

/** A run before anything was done for it. */
export type NewRun = Omit<ScheduleRun, 'outcomes' | 'finishedAt'>

/** Schedules and the history of their runs. */
export interface ScheduleStore {
  /** by name */
  list(): Promise<Schedule[]>
  find(name: string): Promise<Schedule | undefined>
  /** @throws ScheduleNotFound */
  get(name: string): Promise<Schedule>
  /** Creates or replaces; the runs stay. */
  set(schedule: Schedule): Promise<void>
  /** Removes it and its runs. @throws ScheduleNotFound */
  remove(name: string): Promise<void>
  /**
   * Records a run and moves the schedule's cursor from `cursor` to the run's slot, in one step. False, and nothing is done:
   * another has dealt with that slot, or changed the schedule meanwhile.
   */
  claim(run: NewRun, cursor: string): Promise<boolean>
  /** Records a run that a person asked for. */
  addRun(run: NewRun): Promise<void>
  /** The oldest waiting run that nobody holds at `now`; it is ours until `heldUntil`. */
  takeRun(now: Date, heldUntil: Date): Promise<ScheduleRun | undefined>
  saveOutcomes(id: string, outcomes: readonly RunOutcome[]): Promise<void>
  finishRun(id: string, at: Date): Promise<void>
  /** newest first; the store keeps the last 1000 of each schedule */
  runs(name: string, limit: number): Promise<ScheduleRun[]>
}
