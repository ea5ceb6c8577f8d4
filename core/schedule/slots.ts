// The slots of a schedule: the instants at which it is due. What an expression means is node-cron's business
// (adapters/schedule/); where its wall clock times fall is decided here:
//  - a time that the clocks skip is due at the moment when they have skipped it;
//  - a time that comes twice is due the first time;
//  - a schedule for every hour follows the hours as they pass: what is skipped is not made up, what comes twice is due twice.
// That is how Vixie cron treats the same three (cron(8), "daylight saving time").
import { offsetAt, transitionBetween } from './time-zone.ts'

/** A cron expression, read. */
export interface CronTimes {
  /** seconds since midnight on the wall clock, ascending */
  times: readonly number[]
  everyHour: boolean
  /** month 1 to 12 */
  isDay(year: number, month: number, day: number): boolean
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** 29 February is at most this far away. */
const HORIZON = 8 * 366 * DAY

/** The first `count` slots after an instant; fewer when there are none for eight years. */
export function nextSlots(cron: CronTimes, zone: string, after: number, count: number): number[] {
  const found: number[] = []
  for (const slot of slotsBetween(cron, zone, after, after + HORIZON)) {
    found.push(slot)
    if (found.length === count) break
  }
  return found
}

/** How many slots are after `after` and not after `until`; no more than `most`. */
export function countSlots(
  cron: CronTimes,
  zone: string,
  after: number,
  until: number,
  most: number,
): number {
  let count = 0
  for (const _ of slotsBetween(cron, zone, after, until)) if (++count === most) break
  return count
}

/** The newest slot after `after` and not after `until`. */
export function lastSlot(cron: CronTimes, zone: string, after: number, until: number): number | undefined {
  for (let day = dayOf(zone, until) + DAY; day >= dayOf(zone, after) - DAY; day -= DAY) {
    const slot = slotsOfDay(cron, zone, day).findLast((one) => one <= until)
    if (slot !== undefined) return slot > after ? slot : undefined
  }
  return undefined
}

function* slotsBetween(cron: CronTimes, zone: string, after: number, until: number): Generator<number> {
  let last = after
  for (let day = dayOf(zone, after) - DAY; day <= dayOf(zone, until) + DAY; day += DAY) {
    for (const slot of slotsOfDay(cron, zone, day)) {
      if (slot > until) return
      if (slot <= last) continue
      last = slot
      yield slot
    }
  }
}

/** The day that wall clocks show, as the UTC midnight of the same date. */
function dayOf(zone: string, instant: number): number {
  return Math.floor((instant + offsetAt(zone, instant)) / DAY) * DAY
}

/** The instants of one day, ascending, each once. */
function slotsOfDay(cron: CronTimes, zone: string, day: number): number[] {
  const date = new Date(day)
  if (!cron.isDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) return []
  // Wherever the zone is, the day lies within these: offsets are -12 to +14 hours.
  const [from, to] = [day - 15 * HOUR, day + DAY + 13 * HOUR]
  const before = offsetAt(zone, from)
  const change = transitionBetween(zone, from, to)
  const walls = cron.times.map((seconds) => day + seconds * 1000)
  if (change === undefined) return walls.map((wall) => wall - before)
  const after = offsetAt(zone, to)
  const slots = walls.flatMap((wall) => {
    const instants = [
      ...(wall - before < change ? [wall - before] : []),
      ...(wall - after >= change ? [wall - after] : []),
    ]
    if (cron.everyHour) return instants
    return [instants[0] ?? change]
  })
  return [...new Set(slots)].toSorted((a, b) => a - b)
}
