import fc from 'fast-check'
import { validate } from 'node-cron'
import { describe, expect, test } from 'vitest'
import { readCron } from '#adapters/schedule/node-cron-reader.ts'
import { countSlots, lastSlot, nextSlots } from '#core/schedule/slots.ts'
import { renderLocal } from '#core/schedule/time-zone.ts'

const MINUTE = 60_000
const next = (cron: string, zone: string, after: string, count = 3) =>
  nextSlots(readCron(cron), zone, Date.parse(after), count).map((slot) => renderLocal(zone, slot))

describe('over daylight saving', () => {
  test('a time that the clocks skip is due once, when they have skipped it', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z')).toEqual([
      '2026-03-28T02:30:00+01:00',
      '2026-03-29T03:00:00+02:00',
      '2026-03-30T02:30:00+02:00',
    ])
    expect(next('0,15,30,45 2 * * *', 'America/New_York', '2026-03-08T00:00:00-05:00', 2)).toEqual([
      '2026-03-08T03:00:00-04:00',
      '2026-03-09T02:00:00-04:00',
    ])
  })

  test('a time that comes twice is due the first time', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T02:30:00+02:00',
      '2026-10-26T02:30:00+01:00',
    ])
    expect(next('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2)).toEqual([
      '2026-04-05T01:45:00+11:00',
      '2026-04-06T01:45:00+10:30',
    ])
  })

  test('every hour follows the hours as they pass', () => {
    expect(next('30 * * * *', 'Europe/Berlin', '2026-03-29T01:00:00+01:00', 2)).toEqual([
      '2026-03-29T01:30:00+01:00',
      '2026-03-29T03:30:00+02:00',
    ])
    expect(next('30 * * * *', 'Europe/Berlin', '2026-10-25T02:00:00+02:00', 3)).toEqual([
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:30:00+01:00',
      '2026-10-25T03:30:00+01:00',
    ])
  })

  test('a day that was left out, and clocks that are changed at midnight, lose no slot', () => {
    expect(next('0 12 * * *', 'Pacific/Apia', '2011-12-29T12:00:00-10:00', 2)).toEqual([
      '2011-12-31T00:00:00+14:00',
      '2011-12-31T12:00:00+14:00',
    ])
    expect(next('15 0 * * *', 'Africa/Cairo', '2026-04-23T12:00:00Z', 2)).toEqual([
      '2026-04-24T01:00:00+03:00',
      '2026-04-25T00:15:00+03:00',
    ])
  })
})

test('zones with odd offsets keep their wall clock', () => {
  expect(next('@daily', 'Asia/Kathmandu', '2026-11-20T00:00:00Z', 1)).toEqual(['2026-11-21T00:00:00+05:45'])
})

test('29 February is found over the years; a day that no year has is refused, and one of the next century not waited for', () => {
  expect(next('0 3 29 2 *', 'UTC', '2026-11-20T00:00:00Z', 2)).toEqual([
    '2028-02-29T03:00:00+00:00',
    '2032-02-29T03:00:00+00:00',
  ])
  expect(() => next('0 3 31 2 *', 'UTC', '2026-11-20T00:00:00Z')).toThrow(/impossible day/)
  expect(next('0 3 29 2 1', 'UTC', '2026-11-20T00:00:00Z')).toEqual([])
})

// The same by hand: every minute of the days around a change is looked at through the zone's wall clock.
interface Wall {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  weekday: number
}

function wallAt(format: Intl.DateTimeFormat, instant: number): Wall {
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]))
  return {
    year: Number(part['year']),
    month: Number(part['month']),
    day: Number(part['day']),
    hour: Number(part['hour']),
    minute: Number(part['minute']),
    weekday: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(part['weekday'] ?? ''),
  }
}

/** A field as it is written, and the values it means. */
interface Field {
  text: string
  values: Set<number>
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)
const everything = (low: number, high: number): Field => ({ text: '*', values: new Set(numbers(low, high)) })

const field = (low: number, high: number, names?: readonly string[]): fc.Arbitrary<Field> => {
  const one = fc.integer({ min: low, max: high })
  const spell = (value: number) => names?.[value - low] ?? String(value)
  return fc.oneof(
    fc.constant(everything(low, high)),
    fc.uniqueArray(one, { minLength: 1, maxLength: 4 }).map((values) => ({
      text: values.map(spell).join(','),
      values: new Set(values),
    })),
    fc.tuple(one, one).map(([a, b]) => ({
      text: `${spell(Math.min(a, b))}-${spell(Math.max(a, b))}`,
      values: new Set(numbers(Math.min(a, b), Math.max(a, b))),
    })),
    fc.integer({ min: 1, max: high - low }).map((step) => ({
      text: `*/${step}`,
      values: new Set(numbers(low, high).filter((value) => (value - low) % step === 0)),
    })),
  )
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** Most changes of clocks are in these hours. */
const aroundTwo: fc.Arbitrary<Field> = fc
  .uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 })
  .map((hours) => ({ text: hours.join(','), values: new Set(hours) }))
const expression = fc.record({
  minute: field(0, 59),
  hour: fc.oneof(field(0, 23), aroundTwo),
  day: fc.oneof(fc.constant(everything(1, 31)), field(1, 31)),
  month: fc.oneof(fc.constant(everything(1, 12)), field(1, 12, months)),
  weekday: fc.oneof(fc.constant(everything(0, 6)), field(0, 6, weekdays)),
})
type Expression = Record<'minute' | 'hour' | 'day' | 'month' | 'weekday', Field>

const isDue = (cron: Expression, wall: Wall) =>
  (['minute', 'hour', 'day', 'month', 'weekday'] as const).every((name) => cron[name].values.has(wall[name]))

/** One day and a half before a change of clocks, by zone; Kathmandu has none. */
const changes: [zone: string, from: string][] = [
  ['Europe/Berlin', '2026-03-28T12:00:00Z'],
  ['Europe/Berlin', '2026-10-24T12:00:00Z'],
  ['America/New_York', '2026-03-07T12:00:00Z'],
  ['America/New_York', '2026-10-31T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-03T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-02T12:00:00Z'],
  ['Asia/Kathmandu', '2026-11-20T12:00:00Z'],
]
const SPAN = 60 * 60 * MINUTE

const clocks = new Map(
  changes.map(([zone, from]) => {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      weekday: 'short',
    })
    const minutes = numbers(-180, SPAN / MINUTE).map((n) => Date.parse(from) + n * MINUTE)
    return [`${zone} ${from}`, minutes.map((instant) => ({ instant, wall: wallAt(format, instant) }))]
  }),
)

/** Wall clock minutes as if they were UTC, to count with. */
const asUtc = ({ year, month, day, hour, minute }: Wall) => Date.UTC(year, month - 1, day, hour, minute)
const fromUtc = (time: number): Wall => {
  const date = new Date(time)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    weekday: date.getUTCDay(),
  }
}

function slotsByHand(cron: Expression, clock: { instant: number; wall: Wall }[]): number[] {
  const everyHour = cron.hour.values.size === 24
  const found: number[] = []
  const seen = new Set<number>()
  let before: number | undefined
  for (const { instant, wall } of clock) {
    const time = asUtc(wall)
    const skipped: Wall[] = []
    if (before !== undefined && !everyHour)
      for (let one = before + MINUTE; one < time; one += MINUTE) skipped.push(fromUtc(one))
    const isNew = everyHour || !seen.has(time)
    if ((isNew && isDue(cron, wall)) || skipped.some((one) => isDue(cron, one))) found.push(instant)
    seen.add(time)
    before = time
  }
  return found
}

test('slots are those that a walk over every minute of the wall clock finds', () => {
  fc.assert(
    fc.property(fc.constantFrom(...changes), expression, ([zone, from], cron) => {
      const text = [cron.minute, cron.hour, cron.day, cron.month, cron.weekday]
        .map((one) => one.text)
        .join(' ')
      fc.pre(validate(text)) // 31 February
      const start = Date.parse(from)
      const byHand = slotsByHand(cron, clocks.get(`${zone} ${from}`) ?? []).filter((slot) => slot > start)
      const read = readCron(text)
      const slots = nextSlots(read, zone, start, byHand.length + 1).filter((slot) => slot <= start + SPAN)
      expect(slots, `${text} ${zone}`).toEqual(byHand)
      expect(lastSlot(read, zone, start, start + SPAN)).toBe(byHand.at(-1))
      expect(countSlots(read, zone, start, start + SPAN, 10_000)).toBe(byHand.length)
    }),
    { numRuns: 400 },
  )
})
