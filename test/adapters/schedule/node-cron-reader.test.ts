import { getTasks } from 'node-cron'
import { expect, test } from 'vitest'
import { readCron } from '#adapters/schedule/node-cron-reader.ts'

const days = (cron: string, year: number, month: number) =>
  Array.from({ length: new Date(Date.UTC(year, month, 0)).getUTCDate() }, (_, index) => index + 1).filter(
    (day) => readCron(cron).isDay(year, month, day),
  )

test('the nicknames, names, lists, steps and ranges of node-cron are read', () => {
  expect(readCron('@daily').times).toEqual([0])
  expect(readCron('@hourly')).toMatchObject({ everyHour: true })
  expect(readCron('*/30 22-1 * * *').times).toEqual(
    [0, 30, 60, 90, 1320, 1350, 1380, 1410].map((m) => m * 60),
  )
  expect(readCron('30 0 3 * * *').times).toEqual([3 * 3600 + 30])
  expect(days('0 3 * nov mon,fri', 2026, 11)).toEqual([2, 6, 9, 13, 16, 20, 23, 27, 30])
  expect(days('0 3 * nov mon,fri', 2026, 12)).toEqual([])
})

test('day of month and weekday must both hold, as node-cron has it', () => {
  expect(days('0 3 1-7 * 0', 2026, 11)).toEqual([1])
})

test('the last day, the nearest working day and the nth weekday are node-cron’s', () => {
  expect(days('0 3 L * *', 2028, 2)).toEqual([29])
  expect(days('0 3 15W * *', 2026, 11)).toEqual([16])
  expect(days('0 3 * * 2#3', 2026, 11)).toEqual([17])
  expect(days('0 3 * * 5L', 2026, 11)).toEqual([27])
  expect(days('0 3 1,L * *', 2026, 4)).toEqual([1, 30])
})

test('nothing stays in node-cron’s registry of tasks', () => {
  readCron('0 3 L * *')
  expect(getTasks().size).toBe(0)
})

test.each([['x'], ['* * *'], ['61 * * * *'], ['@reboot'], [''], ['0 3 * * * * *'], ['0 3 * * mo']])(
  'what is no expression is refused with what was expected: %j',
  (cron) => {
    expect(() => readCron(cron)).toThrow(expect.objectContaining({ code: 'InvalidCron', kind: 'invalid' }))
    expect(() => readCron(cron)).toThrow(/expected "minute hour day month weekday"/)
  },
)
