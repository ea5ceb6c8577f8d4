import { expect, test } from 'vitest'
import { PostgresScheduleStore } from '#adapters/postgres/schedule-store.ts'
import { readCron } from '#adapters/schedule/node-cron-reader.ts'
import type { ScheduleStore } from '#app/ports/schedules.ts'
import { removeSchedule, runNow, setSchedule } from '#app/schedules/set-schedule.ts'
import { tickSchedules, type RequestBuild, type ScheduleNeeds } from '#app/schedules/tick-schedules.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ScheduleFields } from '#core/schedule/schema.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryScheduleStore } from '#test/fakes/memory-schedule-store.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const nightly: ScheduleFields = {
  cron: '0 3 * * *',
  timeZone: 'Europe/Berlin',
  builds: ['default'],
  missed: 'run-once',
  force: false,
  enabled: true,
}

/** Servers that share a store; a build is what was asked for under a new id. */
function world(schedules: ScheduleStore = new MemoryScheduleStore(), start?: string) {
  const clock = new FakeClock(start)
  const audit = new MemoryAuditLog(clock)
  const recipes = { list: async () => ['default', 'gone', 'mysql', 'web'] }
  const builds = new Map<string, { template: string; force: boolean; reason: string; actor: string }>()
  const failures: unknown[] = []
  const refusals: string[] = []
  const build: RequestBuild = async ({ id, ...wanted }) => {
    if (!builds.has(id)) builds.set(id, wanted)
    return { id, state: 'waiting', reason: wanted.reason }
  }
  const server = (requestBuild: RequestBuild = build): ScheduleNeeds => ({
    schedules,
    readCron,
    clock,
    requestBuild,
    onFailure: (error) => failures.push(error),
    onRefused: (error, schedule) => refusals.push(`${schedule}: ${error.code}`),
  })
  return {
    clock,
    schedules,
    builds,
    build,
    failures,
    refusals,
    server,
    tick: (requestBuild?: RequestBuild) => tickSchedules(server(requestBuild)),
    set: (fields: Partial<ScheduleFields> = {}) =>
      setSchedule(
        { ...nightly, ...fields, name: 'nightly', actor: 'ada' },
        { schedules, recipes, readCron, audit, clock },
      ),
    runNow: () => runNow({ name: 'nightly', actor: 'ada' }, { schedules, audit, clock }),
    remove: () => removeSchedule({ name: 'nightly', actor: 'ada' }, { schedules, audit }),
    runs: () => schedules.runs('nightly', 100),
    templates: () => [...builds.values()].map(({ template }) => template),
    async pass(milliseconds: number, step = MINUTE) {
      for (let passed = 0; passed < milliseconds; passed += step) {
        clock.advance(step)
        await tickSchedules(server())
      }
    },
  }
}

test('a schedule is run once at each slot, however often servers look', async () => {
  const at = world()
  await at.set({ builds: ['default', 'web'], force: true })
  await at.pass(2 * DAY, 10 * MINUTE)
  expect((await at.runs()).map(({ slot, state }) => [slot, state])).toEqual([
    ['2026-11-22T02:00:00.000Z', 'done'],
    ['2026-11-21T02:00:00.000Z', 'done'],
  ])
  expect(at.templates()).toEqual(['default', 'web', 'default', 'web'])
  expect([...at.builds.values()][0]).toEqual({
    template: 'default',
    force: true,
    reason: 'schedule nightly, 2026-11-21T02:00:00.000Z',
    actor: 'schedule nightly',
  })
})

test.each([
  [
    'spring',
    '2026-03-27T12:00:00Z',
    '30 2 * * *',
    ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'],
  ],
  [
    'autumn',
    '2026-10-23T12:00:00Z',
    '30 2 * * *',
    ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
  ],
])('over the change of clocks in %s there is one run a day', async (_, start, cron, slots) => {
  const at = world(undefined, start)
  await at.set({ cron })
  await at.pass(3 * DAY, 5 * MINUTE)
  expect((await at.runs()).map(({ slot }) => slot.slice(0, 16)).toReversed()).toEqual(slots)
  expect(at.builds.size).toBe(3)
})

test('ten servers on one PostgreSQL ask for one build a slot', async () => {
  const at = world(new PostgresScheduleStore(await openTestDatabase()))
  await at.set({ cron: '*/10 * * * *' })
  let asked = 0
  for (let slot = 0; slot < 5; slot++) {
    at.clock.advance(10 * MINUTE)
    await Promise.all(
      Array.from({ length: 10 }, () =>
        tickSchedules(
          at.server(async (wanted) => {
            asked++
            return at.build(wanted)
          }),
        ),
      ),
    )
  }
  expect(asked).toBe(5)
  expect(await at.runs()).toHaveLength(5)
  expect(at.failures).toEqual([])
})

test('slots missed while everything was down get one run for all of them', async () => {
  const at = world()
  await at.set()
  at.clock.advance(5 * DAY)
  await at.tick()
  expect(await at.runs()).toMatchObject([{ slot: '2026-11-25T02:00:00.000Z', missed: 4, state: 'done' }])
  expect(at.builds.size).toBe(1)
})

test('a schedule that skips says what it missed, and runs at its next slot', async () => {
  const at = world()
  await at.set({ missed: 'skip' })
  at.clock.advance(5 * DAY)
  await at.tick()
  expect(await at.runs()).toMatchObject([{ slot: '2026-11-25T02:00:00.000Z', missed: 4, state: 'missed' }])
  expect(at.builds.size).toBe(0)
  await at.pass(DAY, 10 * MINUTE)
  expect(await at.runs()).toMatchObject([{ missed: 0, state: 'done' }, { state: 'missed' }])
})

test('a slot that passed while a server was restarted is not missed', async () => {
  const at = world(undefined, '2026-11-21T01:59:30.000Z')
  await at.set({ missed: 'skip' })
  at.clock.advance(4 * MINUTE)
  await at.tick()
  expect(await at.runs()).toMatchObject([{ state: 'done' }])
})

test('a server that dies between claim and request leaves a run that another finishes', async () => {
  const at = world()
  await at.set({ builds: ['default', 'mysql', 'web'] })
  at.clock.advance(DAY)
  // the death: the second request is made, and nothing that follows it
  void at.tick(async (wanted) => {
    const build = await at.build(wanted)
    return wanted.template === 'mysql' ? new Promise(() => {}) : build
  })
  await expect.poll(() => at.builds.size).toBe(2)
  await at.tick()
  expect(await at.runs()).toMatchObject([{ state: 'waiting', outcomes: [{ template: 'default' }] }])
  at.clock.advance(2 * MINUTE)
  await at.tick()
  expect(await at.runs()).toMatchObject([
    { state: 'done', outcomes: [{ template: 'default' }, { template: 'mysql' }, { template: 'web' }] },
  ])
  expect(at.templates()).toEqual(['default', 'mysql', 'web'])
})

test('a request that fails for want of an engine is made again; one that is refused is told', async () => {
  const at = world()
  await at.set({ builds: ['default', 'gone'] })
  at.clock.advance(DAY)
  const away = new ProvisionError('unavailable', 'QueueUnreachable', 'the job queue does not answer')
  await at.tick(() => Promise.reject(away))
  expect(at.failures).toEqual([away])
  expect(await at.runs()).toMatchObject([{ state: 'waiting', outcomes: [] }])
  at.clock.advance(2 * MINUTE)
  await at.tick(async (wanted) => {
    if (wanted.template === 'gone')
      throw new ProvisionError('missing', 'RecipeNotFound', 'there is no recipe "gone"')
    return { id: wanted.id, state: 'skipped', reason: 'nothing changed since 20261120T110203Z' }
  })
  expect(at.refusals).toEqual(['nightly: RecipeNotFound'])
  expect(await at.runs()).toMatchObject([
    {
      state: 'done',
      outcomes: [
        { template: 'default', outcome: 'skipped', message: 'nothing changed since 20261120T110203Z' },
        { template: 'gone', outcome: 'refused', message: 'there is no recipe "gone"' },
      ],
    },
  ])
})

test('one schedule that cannot be read holds up no other', async () => {
  const at = world()
  const broken = { ...(await at.set()), name: 'broken', cron: 'from a later version' }
  await at.schedules.set(broken)
  at.clock.advance(DAY)
  await at.tick()
  expect(at.builds.size).toBe(1)
  expect(at.failures).toMatchObject([{ code: 'InvalidCron' }])
})

test('a schedule that is off does nothing, and what it left out is not missed when it is on again', async () => {
  const at = world()
  await at.set({ enabled: false })
  await at.pass(2 * DAY, HOUR)
  await at.set()
  await at.tick()
  expect(await at.runs()).toEqual([])
  await at.pass(DAY, 10 * MINUTE)
  expect(await at.runs()).toHaveLength(1)
})

test('other times count from when they were set; another template list does not', async () => {
  const at = world()
  await at.set()
  at.clock.advance(DAY)
  await at.set({ cron: '0 4 * * *' })
  await at.tick()
  expect(await at.runs()).toEqual([])
  at.clock.advance(DAY)
  await at.set({ cron: '0 4 * * *', builds: ['web'] })
  await at.tick()
  expect(at.templates()).toEqual(['web'])
})

test('a person runs a schedule now, also one that is off, and its slots stay', async () => {
  const at = world()
  await at.set({ enabled: false })
  expect(await at.runNow()).toMatchObject({ why: 'person', actor: 'ada', state: 'waiting' })
  await at.tick()
  expect(await at.runs()).toMatchObject([{ why: 'person', state: 'done' }])
  expect([...at.builds.values()]).toMatchObject([{ actor: 'ada', reason: 'schedule nightly, run by ada' }])
})

test('an expression without a slot is refused; a schedule that is gone is missing', async () => {
  const at = world()
  await expect(at.set({ cron: '0 0 29 2 1' })).rejects.toMatchObject({ code: 'NeverDue' })
  await expect(at.set({ cron: 'x' })).rejects.toMatchObject({ code: 'InvalidCron' })
  await expect(at.runNow()).rejects.toMatchObject({ code: 'ScheduleNotFound' })
  await expect(at.remove()).rejects.toMatchObject({ code: 'ScheduleNotFound' })
})
