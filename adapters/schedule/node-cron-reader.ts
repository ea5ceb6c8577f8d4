import cron, { type ParsedFields } from 'node-cron'
import type { CronReader } from '#app/ports/schedules.ts'
import { ProvisionError } from '#core/errors.ts'
import type { CronTimes } from '#core/schedule/slots.ts'

/**
 * What node-cron reads in an expression. Its own search for the next run is not used: it begins at the machine's clock, and a
 * time that the clocks skip in spring has no run that day (docs/decisions/0011-slots-of-schedules.md).
 */
export const readCron: CronReader = (expression) => {
  const { valid, fields, errors } = cron.validateDetailed(expression)
  if (!valid || !fields) throw invalidCron(expression, errors.map(({ message }) => message).join('; '))
  const { second, minute, hour } = fields
  const times = hour.flatMap((h) => minute.flatMap((m) => second.map((s) => h * 3600 + m * 60 + s)))
  return {
    times: [...new Set(times)].toSorted((a, b) => a - b),
    everyHour: new Set(hour).size === 24,
    isDay: dayTest(fields),
  }
}

export function invalidCron(expression: string, why: string): ProvisionError {
  return new ProvisionError(
    'invalid',
    'InvalidCron',
    `cron is ${JSON.stringify(expression)}, expected "minute hour day month weekday" such as "0 3 * * *": ${why}`,
  )
}

/** Numbers are looked up here; what is special (L, W, #) is node-cron's to match, on the UTC midnight of the date. */
function dayTest({ dayOfMonth, month, dayOfWeek }: ParsedFields): CronTimes['isDay'] {
  const months = new Set(month)
  const isSpecial = [...dayOfMonth, ...dayOfWeek].some((value) => typeof value === 'string')
  if (isSpecial) {
    const task = cron.createTask(`0 0 0 ${dayOfMonth.join(',')} * ${dayOfWeek.join(',')}`, () => undefined, {
      timezone: 'UTC',
    })
    void task.destroy() // it runs nothing, and must not stay in node-cron's registry
    return (y, m, d) => months.has(m) && task.match(new Date(Date.UTC(y, m - 1, d)))
  }
  const [days, weekdays] = [new Set(dayOfMonth), new Set(dayOfWeek)]
  return (y, m, d) =>
    months.has(m) && days.has(d) && weekdays.has(new Date(Date.UTC(y, m - 1, d)).getUTCDay())
}
