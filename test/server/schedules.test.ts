import { afterAll, beforeAll, expect, test } from 'vitest'
import { MemoryRecipeShelf } from '#test/app/build/build-site.ts'
import { serve, type Served } from './served.ts'

const NIGHTLY = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', builds: ['default'] }

let served: Served
beforeAll(async () => {
  const recipes = new MemoryRecipeShelf()
  for (const name of ['default', 'web']) recipes.set(name)
  served = await serve({ recipes })
})
afterAll(() => served[Symbol.asyncDispose]())

const put = (name: string, body: unknown) =>
  served.call('PUT', `/api/v1/schedules/${name}`, { as: 'publisher', body })

test('a schedule shows its next five runs with their offset from UTC, over a change of clocks', async () => {
  served.clock.advance(Date.parse('2027-03-26T12:00:00Z') - served.clock.now().getTime())
  const { status, json } = await put('nightly', NIGHTLY)
  expect(status).toBe(200)
  expect(json).toMatchObject({
    ...NIGHTLY,
    name: 'nightly',
    missed: 'run-once',
    force: false,
    enabled: true,
    changedBy: 'the-publisher',
    next: [
      { slot: '2027-03-27T02:00:00.000Z', local: '2027-03-27T03:00:00+01:00' },
      { slot: '2027-03-28T01:00:00.000Z', local: '2027-03-28T03:00:00+02:00' },
      { local: '2027-03-29T03:00:00+02:00' },
      { local: '2027-03-30T03:00:00+02:00' },
      { local: '2027-03-31T03:00:00+02:00' },
    ],
  })
  expect((await served.call('GET', '/api/v1/schedules', { as: 'viewer' })).json).toEqual([json])
})

test('one that is off has no next runs, and can be run by a person', async () => {
  expect((await put('off', { ...NIGHTLY, enabled: false })).json).toMatchObject({ next: [] })
  const { status, json } = await served.call('POST', '/api/v1/schedules/off/runs', { as: 'publisher' })
  expect(status).toBe(202)
  expect(json).toMatchObject({ schedule: 'off', why: 'person', state: 'waiting', actor: 'the-publisher' })
  expect((await served.call('GET', '/api/v1/schedules/off/runs', { as: 'viewer' })).json).toEqual([json])
  expect((await served.call('GET', '/api/v1/schedules/off', { as: 'viewer' })).json).toMatchObject({
    last: json,
  })
})

test('what no recipe builds is refused', async () => {
  const { status, json } = await put('typo', { ...NIGHTLY, builds: ['default', 'wbe'] })
  expect(status).toBe(404)
  expect(json).toMatchObject({
    code: 'RecipeNotFound',
    message: 'no recipe builds "wbe", expected one of default, web',
  })
  expect((await served.call('GET', '/api/v1/schedules/typo', { as: 'viewer' })).status).toBe(404)
})

test('the last run tells what its builds are now; one whose build is gone tells what it knows', async () => {
  const { schedules } = served.services
  await put('told', { ...NIGHTLY, builds: ['default', 'web'] })
  const build = await served.services.builds.create({
    id: '0a0a0a0a-0000-8000-8000-000000000001',
    template: 'default',
    version: '20261120T110203Z',
    host: 'build1',
    zone: 'default-0a0a0a0a',
    state: 'waiting',
    inputs: { recipe: `${'0'.repeat(64)}`, media: [] },
    reason: 'schedule told',
    force: false,
    children: true,
    createdBy: 'schedule told',
    createdAt: '2026-11-20T11:02:03.000Z',
  })
  const { json } = await served.call('POST', '/api/v1/schedules/told/runs', { as: 'publisher' })
  const { id } = json as { id: string }
  const gone = '0a0a0a0a-0000-8000-8000-000000000002'
  await schedules.saveOutcomes(id, [
    { template: 'default', outcome: 'requested', build: build.id, message: 'schedule told' },
    { template: 'web', outcome: 'requested', build: gone, message: 'schedule told' },
  ])
  await schedules.finishRun(id, served.clock.now())
  const told = (await served.call('GET', '/api/v1/schedules/told', { as: 'viewer' })).json
  expect(told).toMatchObject({
    last: {
      state: 'done',
      outcomes: [
        { template: 'default', build: build.id, state: 'waiting', version: '20261120T110203Z' },
        { template: 'web', build: gone, outcome: 'requested' },
      ],
    },
  })
})

test.each([
  [{ ...NIGHTLY, cron: '0 3 * *' }, 'InvalidCron', 'expected "minute hour day month weekday"'],
  [{ ...NIGHTLY, cron: '0 0 29 2 1' }, 'NeverDue', 'within eight years'],
  [{ ...NIGHTLY, timeZone: 'Europe/Berlim' }, 'InvalidRequest', 'expected an IANA time zone'],
  [{ ...NIGHTLY, timeZone: '+02:00' }, 'InvalidRequest', 'expected an IANA time zone'],
  [{ ...NIGHTLY, builds: [] }, 'InvalidRequest', 'builds'],
  [{ ...NIGHTLY, builds: ['a', 'a'] }, 'InvalidRequest', 'each template once'],
  [{ ...NIGHTLY, missed: 'often' }, 'InvalidRequest', 'missed'],
  [{ ...NIGHTLY, name: 'other' }, 'InvalidRequest', 'keeps its name'],
  [{ ...NIGHTLY, every: 'day' }, 'InvalidRequest', 'every'],
])('a wrong schedule is refused with what was expected: %j', async (body, code, message) => {
  const { status, json } = await put('wrong', body)
  expect(status).toBe(400)
  expect(json).toMatchObject({ code, message: expect.stringContaining(message) as string })
  expect((await served.call('GET', '/api/v1/schedules/wrong', { as: 'viewer' })).status).toBe(404)
})

test('a removed schedule is gone with its history', async () => {
  await put('short', NIGHTLY)
  const gone = () => served.call('DELETE', '/api/v1/schedules/short', { as: 'publisher' })
  expect((await gone()).status).toBe(204)
  expect((await gone()).json).toMatchObject({ code: 'ScheduleNotFound' })
  expect((await served.call('GET', '/api/v1/schedules/short/runs', { as: 'viewer' })).status).toBe(404)
  const audit = (await served.services.audit.list(100)).filter(({ subject }) => subject === 'short')
  expect(audit.map(({ action }) => action)).toEqual(['schedule.rm', 'schedule.set'])
})
