import { describe, expect, test } from 'vitest'
import { MOST_FURTHER_TOKENS, type InstallLog } from '#app/ports/installs.ts'
import type { Clock } from '#app/ports/queue.ts'
import type { InstallEvent } from '#core/install.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'

const HOUR = 3_600_000
const event = (id: string, step: string, state: InstallEvent['state'], more: Partial<InstallEvent> = {}) => ({
  id,
  step,
  state,
  ...more,
})

/** What every InstallLog promises. */
export function installLogContract(name: string, open: (clock: Clock) => Promise<InstallLog>): void {
  describe(`${name} keeps the InstallLog contract`, () => {
    test('an armed host has an install with its plan and window', async () => {
      const installs = await open(new FakeClock())
      const plan = { steps: ['fetch', 'boot'], odd: 'NUL \0, lone \ud800' }
      const { install, secret } = await installs.arm('h1', plan, 2 * HOUR)
      expect(secret).toMatch(/^zi_[A-Za-z0-9_-]{32}$/)
      expect(install).toEqual({
        id: expect.any(String),
        host: 'h1',
        state: 'armed',
        plan,
        armedAt: '2026-11-20T11:00:00.000Z',
        expiresAt: '2026-11-20T13:00:00.000Z',
        finishedAt: undefined,
      })
      expect(await installs.get(install.id)).toEqual(install)
      expect(await installs.list('h1')).toEqual([install])
      expect(await installs.list('h2')).toEqual([])
    })

    test('a token opens the documents of its host and no other', async () => {
      const installs = await open(new FakeClock())
      const { install, secret } = await installs.arm('h1', {}, HOUR)
      expect(await installs.authenticate('h1', secret)).toEqual(install)
      expect(await installs.authenticateToken(secret)).toEqual(install)
      expect(await installs.authenticate('h2', secret)).toBeUndefined()
      expect(await installs.authenticate('nul\0', secret)).toBeUndefined()
    })

    test('a wrong token opens nothing', async () => {
      const installs = await open(new FakeClock())
      const { secret } = await installs.arm('h1', {}, HOUR)
      const wrong = [
        '',
        'zi_',
        secret.slice(0, -1),
        `${secret}x`,
        `zf_${secret.slice(3)}`,
        'zi_nul\0',
        '\ud800',
      ]
      for (const text of wrong) {
        expect(await installs.authenticate('h1', text), JSON.stringify(text)).toBeUndefined()
        expect(await installs.authenticateToken(text), JSON.stringify(text)).toBeUndefined()
      }
    })

    test('a token is good until its window ends and not a moment longer', async () => {
      const clock = new FakeClock()
      const installs = await open(clock)
      const { install, secret } = await installs.arm('h1', {}, HOUR)
      clock.advance(HOUR - 1)
      expect(await installs.authenticate('h1', secret)).toBeDefined()
      clock.advance(1)
      expect(await installs.authenticate('h1', secret)).toBeUndefined()
      expect(await installs.authenticateToken(secret)).toBeUndefined()
      expect((await installs.get(install.id)).state).toBe('expired')
      expect((await installs.list('h1'))[0]?.state).toBe('expired')
      const late = installs.record(install.id, event('1', 'fetch', 'started'))
      await expect(late).rejects.toMatchObject({ code: 'InstallClosed', kind: 'conflict' })
    })

    test('arming again makes the earlier token worthless', async () => {
      const installs = await open(new FakeClock())
      const first = await installs.arm('h1', {}, HOUR)
      const other = await installs.arm('h2', {}, HOUR)
      const second = await installs.arm('h1', {}, HOUR)
      expect(await installs.authenticate('h1', first.secret)).toBeUndefined()
      expect(await installs.authenticate('h1', second.secret)).toBeDefined()
      expect(await installs.authenticate('h2', other.secret)).toBeDefined()
      expect((await installs.list('h1')).map(({ id, state }) => [id, state])).toEqual([
        [second.install.id, 'armed'],
        [first.install.id, 'expired'],
      ])
      expect((await installs.list()).map(({ id }) => id)).toEqual(
        [second, other, first].map(({ install }) => install.id),
      )
    })

    test('of a host armed many times at once one token is good', async () => {
      const installs = await open(new FakeClock())
      const armed = await Promise.all(Array.from({ length: 5 }, () => installs.arm('h1', {}, HOUR)))
      const good = await Promise.all(armed.map(({ secret }) => installs.authenticate('h1', secret)))
      expect(good.filter((install) => install !== undefined)).toHaveLength(1)
    })

    test('the last step closes the install and its token', async () => {
      const clock = new FakeClock()
      const installs = await open(clock)
      const { install, secret } = await installs.arm('h1', {}, HOUR)
      await installs.record(install.id, event('1', 'install', 'started'))
      expect((await installs.get(install.id)).state).toBe('running')
      await installs.record(install.id, event('2', 'fetch', 'done', { zone: 'web01' }))
      clock.advance(1000)
      await installs.record(install.id, event('3', 'install', 'done'))
      expect(await installs.get(install.id)).toMatchObject({
        state: 'done',
        finishedAt: '2026-11-20T11:00:01.000Z',
      })
      expect(await installs.authenticate('h1', secret)).toBeUndefined()
      expect(await installs.authenticateToken(secret)).toBeUndefined()
      const more = installs.record(install.id, event('4', 'fetch', 'started'))
      await expect(more).rejects.toMatchObject({ code: 'InstallClosed' })
    })

    test('a zone that is done does not close the install', async () => {
      const installs = await open(new FakeClock())
      const { install, secret } = await installs.arm('h1', {}, HOUR)
      await installs.record(install.id, event('1', 'install', 'done', { zone: 'web01' }))
      await installs.record(install.id, event('2', 'boot', 'done'))
      expect(await installs.authenticate('h1', secret)).toBeDefined()
    })

    test('a failed run may be tried again with the same token', async () => {
      const installs = await open(new FakeClock())
      const { install, secret } = await installs.arm('h1', {}, HOUR)
      await installs.record(install.id, event('1', 'install', 'failed', { message: 'no space' }))
      expect(await installs.authenticate('h1', secret)).toMatchObject({
        state: 'failed',
        finishedAt: undefined,
      })
      await installs.record(install.id, event('2', 'install', 'started'))
      expect(await installs.authenticate('h1', secret)).toMatchObject({ state: 'running' })
    })

    test('an install gets further tokens, of which the newest open it as the first does', async () => {
      const clock = new FakeClock()
      const installs = await open(clock)
      const { install, secret } = await installs.arm('h1', {}, HOUR)
      const tokens: string[] = []
      for (let count = 0; count < MOST_FURTHER_TOKENS + 1; count++)
        tokens.push(await installs.addToken(install.id))
      const [oldest = '', ...others] = tokens
      for (const token of [secret, ...others])
        expect(await installs.authenticate('h1', token)).toEqual(install)
      expect(await installs.authenticate('h1', oldest)).toBeUndefined()
      expect(await installs.authenticate('h2', others[0] ?? '')).toBeUndefined()
      clock.advance(HOUR)
      expect(await installs.authenticate('h1', others[0] ?? '')).toBeUndefined()
      await expect(installs.addToken(install.id)).rejects.toMatchObject({ code: 'InstallClosed' })
    })

    test('events come back in the order of their arrival, once each, any message unharmed', async () => {
      const clock = new FakeClock()
      const installs = await open(clock)
      const { install } = await installs.arm('h1', {}, HOUR)
      const first = event('b', 'fetch', 'started', { zone: 'web01', at: 1_800_000_000 })
      const second = event('a', 'fetch', 'failed', { message: 'NUL \0, lone \ud800' })
      await installs.record(install.id, first)
      clock.advance(1000)
      await installs.record(install.id, second)
      await installs.record(install.id, { ...first, state: 'done' })
      expect(await installs.events(install.id)).toEqual([
        { ...first, seq: 1, receivedAt: '2026-11-20T11:00:00.000Z' },
        { ...second, seq: 2, receivedAt: '2026-11-20T11:00:01.000Z' },
      ])
    })

    test('the report that closed the install may arrive again', async () => {
      const installs = await open(new FakeClock())
      const { install } = await installs.arm('h1', {}, HOUR)
      const last = event('9', 'install', 'done')
      await Promise.all([installs.record(install.id, last), installs.record(install.id, last)])
      await installs.record(install.id, last)
      expect(await installs.events(install.id)).toHaveLength(1)
    })

    test('reports that arrive at once are all kept', async () => {
      const installs = await open(new FakeClock())
      const { install } = await installs.arm('h1', {}, HOUR)
      const ids = Array.from({ length: 20 }, (_, index) => `e${index}`)
      await Promise.all(ids.map((id) => installs.record(install.id, event(id, 'fetch', 'done'))))
      const events = await installs.events(install.id)
      expect(events.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
      expect(events.map(({ seq }) => seq)).toEqual(ids.map((_, index) => index + 1))
    })

    test('what the server itself remarks changes no state', async () => {
      const installs = await open(new FakeClock())
      const { install } = await installs.arm('h1', {}, HOUR)
      const stateAfter = async (id: string, step: string, state: 'failed' | 'done') => {
        await installs.record(install.id, event(id, step, state))
        return (await installs.get(install.id)).state
      }
      expect(await stateAfter('1', 'notice', 'failed')).toBe('armed')
      expect(await stateAfter('2', 'smoke', 'failed')).toBe('running')
      expect(await stateAfter('3', 'install', 'failed')).toBe('failed')
      expect(await stateAfter('4', 'notice', 'done')).toBe('failed')
    })

    test('an install that is not there is InstallNotFound, whatever its id', async () => {
      const installs = await open(new FakeClock())
      for (const id of ['', '7', 'nul\0', '00000000-0000-4000-8000-000000000000']) {
        const missing = { code: 'InstallNotFound', kind: 'missing' }
        await expect(installs.get(id)).rejects.toMatchObject(missing)
        await expect(installs.addToken(id)).rejects.toMatchObject(missing)
        await expect(installs.events(id)).rejects.toMatchObject(missing)
        await expect(installs.record(id, event('1', 'fetch', 'done'))).rejects.toMatchObject(missing)
      }
    })
  })
}
