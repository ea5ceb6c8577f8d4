import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { NewRun, ScheduleStore } from '#app/ports/schedules.ts'
import type { Schedule } from '#core/schedule/schema.ts'

const START = '2026-11-20T11:00:00.000Z'
const SLOT = '2026-11-21T02:00:00.000Z'
const at = (text: string) => new Date(text)

const nightly: Schedule = {
  name: 'nightly',
  cron: '0 3 * * *',
  timeZone: 'Europe/Berlin',
  builds: ['default', 'web'],
  missed: 'run-once',
  force: false,
  enabled: true,
  cursor: START,
  changedBy: 'ada',
  changedAt: START,
}

const aRun = (facts: Partial<NewRun> = {}): NewRun => ({
  id: randomUUID(),
  schedule: 'nightly',
  slot: SLOT,
  why: 'slot',
  state: 'waiting',
  missed: 0,
  builds: ['default', 'web'],
  force: false,
  actor: 'schedule nightly',
  createdAt: SLOT,
  ...facts,
})

/** What every ScheduleStore promises. */
export function scheduleStoreContract(name: string, open: () => Promise<ScheduleStore>): void {
  describe(`${name} keeps the ScheduleStore contract`, () => {
    test('a schedule comes back as it was set, and setting it again replaces it', async () => {
      const store = await open()
      await store.set(nightly)
      expect(await store.get('nightly')).toEqual(nightly)
      const other: Schedule = { ...nightly, builds: ['web'], missed: 'skip', enabled: false, force: true }
      await store.set(other)
      await store.set({ ...nightly, name: 'a' })
      expect(await store.list()).toEqual([{ ...nightly, name: 'a' }, other])
    })

    test('a schedule that is not there is missing', async () => {
      const store = await open()
      for (const wrong of ['none', 'a\0b']) {
        expect(await store.find(wrong)).toBeUndefined()
        await expect(store.get(wrong)).rejects.toMatchObject({ code: 'ScheduleNotFound' })
        await expect(store.remove(wrong)).rejects.toMatchObject({ code: 'ScheduleNotFound' })
        expect(await store.runs(wrong, 10)).toEqual([])
      }
    })

    test('a slot is claimed once, whoever tries', async () => {
      const store = await open()
      await store.set(nightly)
      const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(aRun(), START)))
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect((await store.get('nightly')).cursor).toBe(SLOT)
      expect(await store.runs('nightly', 10)).toHaveLength(1)
    })

    test('a claim on a schedule that was changed meanwhile, or is gone, does nothing', async () => {
      const store = await open()
      await store.set(nightly)
      await store.set({ ...nightly, cursor: '2026-11-20T12:00:00.000Z' })
      expect(await store.claim(aRun(), START)).toBe(false)
      expect(await store.claim(aRun({ schedule: 'gone' }), START)).toBe(false)
      expect((await store.get('nightly')).cursor).toBe('2026-11-20T12:00:00.000Z')
      expect(await store.runs('nightly', 10)).toEqual([])
    })

    test('a slot that was run stays run when the schedule is set back', async () => {
      const store = await open()
      await store.set(nightly)
      expect(await store.claim(aRun(), START)).toBe(true)
      await store.set(nightly)
      expect(await store.claim(aRun(), START)).toBe(false)
      expect((await store.get('nightly')).cursor).toBe(SLOT)
    })

    test('a waiting run is held by one, and by another when the hold ran out', async () => {
      const store = await open()
      await store.set(nightly)
      const run = aRun()
      await store.claim(run, START)
      const take = (now: string, until: string) => store.takeRun(at(now), at(until))
      const taken = await Promise.all(
        Array.from({ length: 4 }, () => take('2026-11-21T02:00:01Z', '2026-11-21T02:01:00Z')),
      )
      expect(taken.filter(Boolean)).toEqual([{ ...run, outcomes: [] }])
      expect(await take('2026-11-21T02:00:59Z', '2026-11-21T02:02:00Z')).toBeUndefined()
      expect(await take('2026-11-21T02:01:00Z', '2026-11-21T02:02:00Z')).toMatchObject({ id: run.id })
    })

    test('outcomes are kept, and a finished run is not taken', async () => {
      const store = await open()
      await store.set(nightly)
      const run = aRun()
      await store.claim(run, START)
      const outcomes = [
        { template: 'default', outcome: 'requested' as const, build: randomUUID(), message: 'begun' },
        { template: 'web', outcome: 'refused' as const, message: 'there is no recipe "web"' },
      ]
      await store.saveOutcomes(run.id, outcomes)
      await store.finishRun(run.id, at('2026-11-21T02:00:02.000Z'))
      expect(await store.takeRun(at('2027-01-01T00:00:00Z'), at('2027-01-01T00:01:00Z'))).toBeUndefined()
      expect(await store.runs('nightly', 10)).toEqual([
        { ...run, state: 'done', outcomes, finishedAt: '2026-11-21T02:00:02.000Z' },
      ])
    })

    test('a missed run is over at once', async () => {
      const store = await open()
      await store.set(nightly)
      const run = aRun({ state: 'missed', missed: 3 })
      await store.claim(run, START)
      expect(await store.takeRun(at('2027-01-01T00:00:00Z'), at('2027-01-01T00:01:00Z'))).toBeUndefined()
      expect(await store.runs('nightly', 1)).toEqual([{ ...run, outcomes: [], finishedAt: run.createdAt }])
    })

    test('two people may ask for a run in the same millisecond', async () => {
      const store = await open()
      await store.set(nightly)
      await Promise.all([1, 2].map(() => store.addRun(aRun({ why: 'person', actor: 'ada' }))))
      expect((await store.runs('nightly', 10)).map(({ slot }) => slot)).toEqual([
        '2026-11-21T02:00:00.001Z',
        SLOT,
      ])
    })

    test('runs go with their schedule, and the newest are listed first, as many as asked for', async () => {
      const store = await open()
      await store.set(nightly)
      for (const slot of ['2026-11-21T02:00:00.000Z', '2026-11-23T02:00:00.000Z', '2026-11-22T02:00:00.000Z'])
        await store.addRun(aRun({ slot }))
      expect((await store.runs('nightly', 2)).map(({ slot }) => slot.slice(8, 10))).toEqual(['23', '22'])
      await store.remove('nightly')
      expect(await store.list()).toEqual([])
      expect(await store.runs('nightly', 10)).toEqual([])
    })

    test('of each schedule the last 1000 runs that are over are kept', async () => {
      const store = await open()
      await store.set(nightly)
      await store.addRun(aRun({ slot: '2026-01-01T00:00:00.000Z' }))
      for (let minute = 0; minute < 1002; minute++)
        await store.addRun(
          aRun({ state: 'missed', slot: new Date(Date.parse(SLOT) + minute * 60_000).toISOString() }),
        )
      const kept = await store.runs('nightly', 2000)
      expect(kept).toHaveLength(1001)
      expect(kept.at(-1)).toMatchObject({ state: 'waiting' })
      expect(kept.at(-2)?.slot).toBe('2026-11-21T02:02:00.000Z')
    })
  })
}
