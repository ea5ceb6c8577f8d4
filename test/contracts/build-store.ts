import { describe, expect, test } from 'vitest'
import type { BuildStore } from '#app/ports/builds.ts'
import type { Clock } from '#app/ports/queue.ts'
import { MAX_LOG_BYTES, MAX_LOG_PIECE } from '#core/build/log-limits.ts'
import { buildSteps, type BuildStepName } from '#core/build/steps.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { newBuild } from '#test/fixtures/new-build.ts'

const LONG = 60_000
/** A hold that has run out when it is asked for again. */
const SPENT = 0

/** What every BuildStore promises. */
export function buildStoreContract(name: string, open: (clock: Clock) => Promise<BuildStore>): void {
  async function begun(store: BuildStore): Promise<string> {
    const { id } = await store.create(newBuild())
    expect(await store.start(id, 1)).toBe(true)
    return id
  }

  async function doStep(store: BuildStore, id: string, step: BuildStepName): Promise<void> {
    expect(await store.takeStep(id, step, 'w1', LONG)).toMatchObject({ outcome: 'taken' })
    expect(await store.endStep(id, step, 'w1', 'done')).toBe(true)
  }

  describe(`${name} keeps the BuildStore contract`, () => {
    test('a build comes back as it was created, with all its steps waiting', async () => {
      const store = await open(new FakeClock())
      const wanted = newBuild({
        inputs: {
          recipe: 'b'.repeat(64),
          origin: { template: 'default', version: '1', sha256: 'c'.repeat(64) },
          media: [{ name: 'x.pkg', kind: 'given', sha256: 'd'.repeat(64) }],
        },
        parent: '00000000-0000-4000-8000-000000000001',
      })
      const build = await store.create(wanted)
      expect(build).toEqual({
        ...wanted,
        cancelRequested: false,
        zoneKept: false,
        keepZone: false,
        needsStop: false,
        flow: 1,
        steps: buildSteps.map((step) => ({ name: step, state: 'waiting', attempts: 0 })),
      })
      expect(await store.get(wanted.id)).toEqual(build)
    })

    test('a version is made by one build', async () => {
      const store = await open(new FakeClock())
      const { version } = await store.create(newBuild())
      await expect(store.create(newBuild({ version }))).rejects.toMatchObject({
        code: 'VersionExists',
        kind: 'conflict',
      })
      await store.create(newBuild({ version, template: 'web' }))
    })

    test('a child that is asked for twice is one build', async () => {
      const store = await open(new FakeClock())
      const { id: parent } = await store.create(newBuild())
      const asked = await Promise.all(
        [1, 2, 3].map(() => store.create(newBuild({ template: 'web', parent }))),
      )
      expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
      expect(await store.list({ parent })).toHaveLength(1)
    })

    test('a build that is skipped from the start is over', async () => {
      const store = await open(new FakeClock())
      const build = await store.create(newBuild({ state: 'skipped' }))
      expect(build.finishedAt).toBe('2026-11-20T11:00:00.000Z')
      expect(await store.takeStep(build.id, 'media', 'w1', LONG)).toEqual({ outcome: 'over' })
    })

    test('lists are newest first and hold what was asked for', async () => {
      const store = await open(new FakeClock())
      const ids = []
      for (const [template, host] of [
        ['web', 'h1'],
        ['web', 'h2'],
        ['mysql', 'h1'],
      ] as const)
        ids.unshift((await store.create(newBuild({ template, host }))).id)
      const listed = async (...filter: Parameters<BuildStore['list']>) =>
        (await store.list(...filter)).map(({ id }) => id)
      expect(await listed()).toEqual(ids)
      expect(await listed({ template: 'web' })).toEqual(ids.slice(1))
      expect(await listed({ host: 'h1' })).toEqual([ids[0], ids[2]])
      expect(await listed({ limit: 1 })).toEqual(ids.slice(0, 1))
      expect(await listed({ states: ['running'] })).toEqual([])
      expect(await listed({ template: 'nul\0' })).toEqual([])
      expect(await listed({ parent: 'nobody' })).toEqual([])
    })

    test('of builds that start at once as many run as the host takes, each host for itself', async () => {
      const store = await open(new FakeClock())
      const here = await Promise.all(Array.from({ length: 4 }, () => store.create(newBuild())))
      const elsewhere = await store.create(newBuild({ host: 'h2' }))
      const started = await Promise.all(here.map(({ id }) => store.start(id, 2)))
      expect(started.filter(Boolean)).toHaveLength(2)
      expect(await store.start(elsewhere.id, 1)).toBe(true)
      const first = here[started.indexOf(true)]?.id ?? ''
      const later = here[started.indexOf(false)]?.id ?? ''
      expect(await store.start(first, 1)).toBe(true)
      await store.finish(first, 'done')
      expect(await store.start(first, 9)).toBe(false)
      expect(await store.start(later, 2)).toBe(true)
      expect(await store.get(later)).toMatchObject({
        state: 'running',
        startedAt: '2026-11-20T11:00:00.000Z',
      })
    })

    test('a step is held by one runner', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      const taken = await Promise.all(['w1', 'w2', 'w3'].map((w) => store.takeStep(id, 'media', w, LONG)))
      expect(taken.map(({ outcome }) => outcome).toSorted()).toEqual(['held', 'held', 'taken'])
      const winner = `w${taken.findIndex(({ outcome }) => outcome === 'taken') + 1}`
      expect(await store.renewStep(id, 'media', winner, LONG)).toBe(true)
      expect(await store.renewStep(id, 'media', 'other', LONG)).toBe(false)
      expect(await store.endStep(id, 'media', 'other', 'done')).toBe(false)
      expect(await store.endStep(id, 'media', winner, 'done')).toBe(true)
      expect(await store.takeStep(id, 'media', 'w2', LONG)).toEqual({ outcome: 'done' })
    })

    test('a hold that ran out is taken by another and lost to the first', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      expect(await store.takeStep(id, 'media', 'w1', SPENT)).toMatchObject({ outcome: 'taken', attempt: 1 })
      expect(await store.takeStep(id, 'media', 'w2', LONG)).toMatchObject({ outcome: 'taken', attempt: 2 })
      expect(await store.renewStep(id, 'media', 'w1', LONG)).toBe(false)
      expect(await store.endStep(id, 'media', 'w1', 'done')).toBe(false)
    })

    test('a hold that ran out is not renewed', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      await store.takeStep(id, 'media', 'w1', SPENT)
      expect(await store.renewStep(id, 'media', 'w1', LONG)).toBe(false)
    })

    test('a step that is let go can be taken at once, and every attempt counts', async () => {
      const clock = new FakeClock()
      const store = await open(clock)
      const id = await begun(store)
      await store.takeStep(id, 'media', 'w1', LONG)
      expect(await store.endStep(id, 'media', 'w1', 'again')).toBe(true)
      clock.advance(1000)
      expect(await store.takeStep(id, 'media', 'w1', LONG)).toMatchObject({ outcome: 'taken', attempt: 2 })
      expect((await store.get(id)).steps[0]).toEqual({
        name: 'media',
        state: 'running',
        attempts: 2,
        startedAt: '2026-11-20T11:00:00.000Z',
      })
    })

    test('a step waits for those before it', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      expect(await store.takeStep(id, 'create', 'w1', LONG)).toEqual({ outcome: 'held' })
      await doStep(store, id, 'media')
      expect(await store.takeStep(id, 'create', 'w1', LONG)).toMatchObject({ outcome: 'taken' })
    })

    test('a build ends once, and with it the step that runs', async () => {
      const clock = new FakeClock()
      const store = await open(clock)
      const id = await begun(store)
      await doStep(store, id, 'media')
      await store.takeStep(id, 'create', 'w1', LONG)
      clock.advance(5000)
      const failure = { step: 'create' as const, code: 'CommandFailed', message: 'odd: NUL \0, lone \ud800' }
      expect(await store.finish(id, 'failed', { failure, zoneKept: true, reason: 'why' })).toBe(true)
      expect(await store.finish(id, 'done')).toBe(false)
      const build = await store.get(id)
      expect(build).toMatchObject({
        state: 'failed',
        zoneKept: true,
        reason: 'why',
        failure: { step: 'create', code: 'CommandFailed' },
        finishedAt: '2026-11-20T11:00:05.000Z',
      })
      expect(build.steps.slice(0, 3).map(({ state }) => state)).toEqual(['done', 'failed', 'waiting'])
      expect(await store.renewStep(id, 'create', 'w1', LONG)).toBe(false)
      expect(await store.endStep(id, 'create', 'w1', 'done')).toBe(false)
      expect(await store.takeStep(id, 'create', 'w1', LONG)).toEqual({ outcome: 'over' })
      expect(await store.takeStep(id, 'media', 'w1', LONG)).toEqual({ outcome: 'over' })
    })

    test('a build that waits is cancelled at once, one that runs by its runner', async () => {
      const store = await open(new FakeClock())
      const waiting = await store.create(newBuild())
      expect(await store.requestCancel(waiting.id)).toBe('asked')
      expect(await store.get(waiting.id)).toMatchObject({ state: 'cancelled', cancelRequested: true })
      expect(await store.start(waiting.id, 1)).toBe(false)
      expect(await store.requestCancel(waiting.id)).toBe('over')
      const running = await begun(store)
      expect(await store.requestCancel(running)).toBe('asked')
      expect(await store.get(running)).toMatchObject({ state: 'running', cancelRequested: true })
    })

    test('a build whose publishing has begun is not cancelled any more, also when it is tried again', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      for (const step of buildSteps.slice(0, -1)) await doStep(store, id, step)
      await store.takeStep(id, 'publish', 'w1', LONG)
      expect(await store.requestCancel(id)).toBe('publishing')
      await store.endStep(id, 'publish', 'w1', 'again')
      expect(await store.requestCancel(id)).toBe('publishing')
      expect(await store.get(id)).toMatchObject({ state: 'running', cancelRequested: false })
    })

    test('a runner who lost the step neither says why the build failed nor ends it', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      await store.takeStep(id, 'media', 'w1', SPENT)
      await store.takeStep(id, 'media', 'w2', LONG)
      const failure = { step: 'media' as const, code: 'CommandFailed', message: 'it failed' }
      const first = { step: 'media' as const, runner: 'w1' }
      expect(await store.setFailure(id, failure, first)).toBe(false)
      expect(await store.finish(id, 'failed', { failure, by: first })).toBe(false)
      expect(await store.get(id)).toMatchObject({ state: 'running' })
      expect((await store.get(id)).failure).toBeUndefined()
      const second = { step: 'media' as const, runner: 'w2' }
      expect(await store.setFailure(id, failure, second)).toBe(true)
      expect(await store.get(id)).toMatchObject({ state: 'running', failure })
      expect(await store.finish(id, 'failed', { by: second })).toBe(true)
      expect(await store.get(id)).toMatchObject({ state: 'failed', failure })
    })

    test('attempts that were interrupted are counted for themselves', async () => {
      const store = await open(new FakeClock())
      const id = await begun(store)
      await store.takeStep(id, 'media', 'w1', LONG)
      expect(await store.endStep(id, 'media', 'w1', 'interrupted')).toBe(true)
      await store.takeStep(id, 'media', 'w1', LONG)
      await store.endStep(id, 'media', 'w1', 'again')
      const taken = { outcome: 'taken', attempt: 3, interrupted: 1 }
      expect(await store.takeStep(id, 'media', 'w1', LONG)).toEqual(taken)
    })

    test('what needs a stop is asked for now and then, until it has it', async () => {
      const clock = new FakeClock()
      const store = await open(clock)
      const ids = [await begun(store)]
      await store.finish(ids[0] ?? '', 'failed', { needsStop: true })
      ids.push(await begun(store))
      await store.finish(ids[1] ?? '', 'cancelled', { needsStop: true, zoneKept: true })
      await store.create(newBuild())
      const due = async () => (await store.askForStops(60_000)).map(({ id }) => id).toSorted()
      expect(await due()).toEqual(ids.toSorted())
      clock.advance(59_999)
      expect(await due()).toEqual([])
      clock.advance(1)
      expect(await due()).toEqual(ids.toSorted())
      clock.advance(60_000)
      await store.setStopped(ids[0] ?? '')
      await store.setZoneKept(ids[1] ?? '', false)
      expect(await due()).toEqual([])
    })

    test('one alone brings a build into its next flow', async () => {
      const store = await open(new FakeClock())
      const { id, flow } = await store.create(newBuild())
      const won = await Promise.all([1, 2, 3].map(() => store.nextFlow(id, flow)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.get(id)).flow).toBe(flow + 1)
      await store.requestCancel(id)
      expect(await store.nextFlow(id, flow + 1)).toBe(false)
    })

    test('inputs, and what becomes of the zone, can be said later', async () => {
      const store = await open(new FakeClock())
      const { id } = await store.create(newBuild())
      const inputs = { recipe: 'e'.repeat(64), media: [] }
      await store.setInputs(id, inputs)
      await store.setZoneKept(id, true)
      await store.setKeepZone(id, true)
      expect(await store.get(id)).toMatchObject({ inputs, zoneKept: true, keepZone: true })
    })

    test('the log comes back in order, in pieces that are bounded, from where it was asked for', async () => {
      const store = await open(new FakeClock())
      const { id } = await store.create(newBuild())
      const long = 'ä line of some length\n'.repeat(10_000)
      await store.appendLog(id, undefined, 'begun\n')
      await store.appendLog(id, 'media', long)
      await store.appendLog(id, 'media', 'NUL \0\n')
      const log = await store.log(id)
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
      expect(log.map(({ text }) => text).join('')).toBe(`begun\n${long}NUL \u{FFFD}\n`)
      expect(Math.max(...log.map(({ text }) => Buffer.byteLength(text)))).toBeLessThanOrEqual(MAX_LOG_PIECE)
      expect(log[0]).toEqual({ seq: 1, step: undefined, at: '2026-11-20T11:00:00.000Z', text: 'begun\n' })
      expect(log[1]?.step).toBe('media')
      expect((await store.log(id, 1)).length).toBe(log.length - 1)
      expect(await store.log(id, 1, 1)).toEqual([log[1]])
    })

    test('texts that arrive at once are all kept', async () => {
      const store = await open(new FakeClock())
      const { id } = await store.create(newBuild())
      const texts = Array.from({ length: 20 }, (_, index) => `line ${index}\n`)
      await Promise.all(texts.map((text) => store.appendLog(id, 'media', text)))
      expect((await store.log(id)).map(({ text }) => text).toSorted()).toEqual(texts.toSorted())
    })

    test('a full log takes only last words', async () => {
      const store = await open(new FakeClock())
      const { id } = await store.create(newBuild())
      expect(await store.appendLog(id, 'media', 'x'.repeat(MAX_LOG_BYTES))).toBe(true)
      const pieces = (await store.log(id)).length
      expect(await store.appendLog(id, 'media', 'more\n')).toBe(false)
      expect(await store.appendLog(id, 'media', 'the end\n', { last: true })).toBe(true)
      expect(await store.log(id, pieces)).toMatchObject([{ text: 'the end\n' }])
    })

    test('what builds that are over have left is listed until it is gone', async () => {
      const clock = new FakeClock()
      const store = await open(clock)
      const { id, template, version, host, zone, inputs } = await store.create(newBuild())
      await store.appendLog(id, 'media', 'begun\n')
      await store.dropLog(id)
      expect(await store.log(id), 'of a build that is not over').toHaveLength(1)
      expect(await store.leftovers()).toEqual([])
      clock.advance(1000)
      await store.finish(id, 'failed', { zoneKept: true })
      const left = {
        id,
        template,
        version,
        host,
        zone,
        keepZone: false,
        recipe: inputs.recipe,
        finishedAt: '2026-11-20T11:00:01.000Z',
      }
      expect(await store.leftovers()).toEqual([{ ...left, zoneKept: true, logBytes: 6 }])
      await store.dropLog(id)
      expect(await store.log(id)).toEqual([])
      expect(await store.leftovers()).toEqual([{ ...left, zoneKept: true, logBytes: 0 }])
      await store.setZoneKept(id, false)
      expect(await store.leftovers()).toEqual([])
    })

    test('a build is found by the beginning of its id, unless another begins so too', async () => {
      const store = await open(new FakeClock())
      const ids = ['abcdef01-1111-4000-8000-000000000001', 'abcdef01-2222-4000-8000-000000000002']
      for (const id of ids) await store.create({ ...newBuild(), id, version: id })
      for (const asked of [ids[0] ?? '', 'abcdef01-1', 'ABCDEF01-1'])
        expect((await store.find(asked)).id).toBe(ids[0])
      await expect(store.find('abcdef01')).rejects.toMatchObject({ code: 'BuildAmbiguous', kind: 'conflict' })
      for (const asked of ['', 'abcdef0', 'abcdef02', 'abcdef01%', '________', 'nul\0nulnul', 'a'.repeat(37)])
        await expect(store.find(asked)).rejects.toMatchObject({ code: 'BuildNotFound' })
    })

    test('a build that is not there is BuildNotFound, whatever its id', async () => {
      const store = await open(new FakeClock())
      for (const id of ['', '7', 'nul\0', '00000000-0000-4000-8000-000000000000']) {
        const missing = { code: 'BuildNotFound', kind: 'missing' }
        await expect(store.get(id)).rejects.toMatchObject(missing)
        await expect(store.start(id, 1)).rejects.toMatchObject(missing)
        await expect(store.requestCancel(id)).rejects.toMatchObject(missing)
        await expect(store.takeStep(id, 'media', 'w1', LONG)).rejects.toMatchObject(missing)
        await expect(store.appendLog(id, undefined, 'x')).rejects.toMatchObject(missing)
      }
    })
  })
}
