// A schedule as people see it: when it runs next, what its last run was, and what became of that.
import { z } from 'zod'
import { BuildState } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import { nextSlots } from '#core/schedule/slots.ts'
import { renderLocal } from '#core/schedule/time-zone.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { Clock } from '../ports/queue.ts'
import type { CronReader, ScheduleStore } from '../ports/schedules.ts'

/** Slots ahead that are shown. */
const AHEAD = 5

export const DescribedRun = ScheduleRun.extend({
  outcomes: z.array(
    RunOutcome.extend({
      /** of the build now; absent when there is none any more */
      state: BuildState.optional(),
      /** the version that it makes or made */
      version: z.string().optional(),
    }),
  ),
})
export type DescribedRun = z.infer<typeof DescribedRun>

export const DescribedSchedule = Schedule.extend({
  next: z.array(z.object({ slot: z.iso.datetime(), local: z.string() })),
  last: DescribedRun.optional(),
})
export type DescribedSchedule = z.infer<typeof DescribedSchedule>

interface Needs {
  schedules: ScheduleStore
  builds: Pick<BuildStore, 'get'>
  readCron: CronReader
  clock: Clock
}

/** What is shown of one that is off has no next runs. */
export async function describeSchedule(schedule: Schedule, needs: Needs): Promise<DescribedSchedule> {
  const { readCron, clock, schedules } = needs
  const slots = schedule.enabled
    ? nextSlots(readCron(schedule.cron), schedule.timeZone, clock.now().getTime(), AHEAD)
    : []
  const [last] = await schedules.runs(schedule.name, 1)
  return {
    ...schedule,
    next: slots.map((slot) => ({
      slot: new Date(slot).toISOString(),
      local: renderLocal(schedule.timeZone, slot),
    })),
    ...(last && { last: await describeRun(last, needs) }),
  }
}

/** The run with what its builds are now. */
export async function describeRun(
  run: ScheduleRun,
  { builds }: Pick<Needs, 'builds'>,
): Promise<DescribedRun> {
  const outcomes = run.outcomes.map(async (outcome) => {
    if (outcome.build === undefined) return outcome
    const build = await builds.get(outcome.build).catch(whenGone)
    return build ? { ...outcome, state: build.state, version: build.version } : outcome
  })
  return { ...run, outcomes: await Promise.all(outcomes) }
}

function whenGone(error: unknown): undefined {
  if (!(error instanceof ProvisionError) || error.kind !== 'missing') throw error
}
