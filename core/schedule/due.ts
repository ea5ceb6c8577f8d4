import type { Schedule } from './schema.ts'
import { countSlots, lastSlot, type CronTimes } from './slots.ts'

/** A slot that is taken up within this many milliseconds was not missed: a server may have been restarted meanwhile. */
export const LATE = 5 * 60_000

/** Beyond this many, missed slots are not counted. */
export const MOST_MISSED = 1000

export interface Due {
  slot: number
  /** earlier slots that passed without a run */
  missed: number
  /** false: the slot itself was missed, and the schedule skips such */
  run: boolean
}

/** What a schedule wants now: one run for everything since its cursor, or nothing. */
export function whatIsDue(schedule: Schedule, cron: CronTimes, now: number): Due | undefined {
  if (!schedule.enabled) return undefined
  const cursor = Date.parse(schedule.cursor)
  const slot = lastSlot(cron, schedule.timeZone, cursor, now)
  if (slot === undefined) return undefined
  return {
    slot,
    missed: countSlots(cron, schedule.timeZone, cursor, slot - 1, MOST_MISSED),
    run: schedule.missed === 'run-once' || now - slot <= LATE,
  }
}
