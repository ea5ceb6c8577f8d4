// What every server does every few seconds: claims the slots that are due, and asks for the builds of claimed runs. A slot is
// claimed in the database before anything is done for it. Whoever dies afterwards leaves a waiting run, which any server
// finishes; its builds have ids made of the run, so that asking twice is asking once.
import { randomUUID } from 'node:crypto'
import type { Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import { whatIsDue, type Due } from '#core/schedule/due.ts'
import type { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import type { Clock } from '../ports/queue.ts'
import type { CronReader, NewRun, ScheduleStore } from '../ports/schedules.ts'
import { buildIdOf } from './build-id.ts'

/** Asks for a build. A second call with the same id gives the build of the first. @throws ProvisionError */
export type RequestBuild = (wanted: {
  id: string
  template: string
  force: boolean
  reason: string
  actor: string
}) => Promise<Pick<Build, 'id' | 'state' | 'reason'>>

export interface ScheduleNeeds {
  schedules: ScheduleStore
  readCron: CronReader
  clock: Clock
  requestBuild: RequestBuild
  /** told of what could not be done now and is tried again */
  onFailure: (error: unknown, schedule: string) => void
  /** told of a build that cannot be had; its run says so too */
  onRefused: (error: ProvisionError, schedule: string) => void
}

/** A server that asks for builds may take so long; then it counts as dead and another one finishes the run. */
const HOLD_MS = 60_000

/** @throws what the store throws */
export async function tickSchedules(needs: ScheduleNeeds, signal?: AbortSignal): Promise<void> {
  for (const schedule of await needs.schedules.list()) {
    try {
      await claimDue(schedule, needs)
    } catch (error) {
      needs.onFailure(error, schedule.name)
    }
  }
  while (!signal?.aborted) {
    const now = needs.clock.now()
    const run = await needs.schedules.takeRun(now, new Date(now.getTime() + HOLD_MS))
    if (!run) return
    await finishRun(run, needs)
  }
}

async function claimDue(schedule: Schedule, { schedules, readCron, clock }: ScheduleNeeds): Promise<void> {
  const now = clock.now()
  const due = whatIsDue(schedule, readCron(schedule.cron), now.getTime())
  if (due) await schedules.claim(runFor(schedule, due, now), schedule.cursor)
}

function runFor({ name, builds, force }: Schedule, { slot, missed, run }: Due, now: Date): NewRun {
  return {
    id: randomUUID(),
    schedule: name,
    slot: new Date(slot).toISOString(),
    why: 'slot',
    state: run ? 'waiting' : 'missed',
    missed,
    builds,
    force,
    actor: `schedule ${name}`,
    createdAt: now.toISOString(),
  }
}

/** Asks for each build that has no outcome yet. One that cannot be had now leaves the run waiting, until the hold runs out. */
async function finishRun(run: ScheduleRun, needs: ScheduleNeeds): Promise<void> {
  const outcomes = [...run.outcomes]
  const waiting = run.builds.filter((name) => !outcomes.some(({ template }) => template === name))
  for (const template of waiting) {
    try {
      outcomes.push(await outcomeOf(run, template, needs))
    } catch (error) {
      needs.onFailure(error, run.schedule)
      return
    }
    await needs.schedules.saveOutcomes(run.id, outcomes)
  }
  await needs.schedules.finishRun(run.id, needs.clock.now())
}

/** @throws what may be gone at the next try */
async function outcomeOf(
  run: ScheduleRun,
  template: string,
  { requestBuild, onRefused }: ScheduleNeeds,
): Promise<RunOutcome> {
  try {
    const { id, state, reason } = await requestBuild({
      id: buildIdOf(run.id, template),
      template,
      force: run.force,
      reason: `schedule ${run.schedule}, ${run.why === 'slot' ? run.slot : `run by ${run.actor}`}`,
      actor: run.actor,
    })
    const outcome = state === 'skipped' ? 'skipped' : 'requested'
    return { template, outcome, build: id, message: reason }
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.kind === 'unavailable') throw error
    onRefused(error, run.schedule)
    return { template, outcome: 'refused', message: error.message }
  }
}
