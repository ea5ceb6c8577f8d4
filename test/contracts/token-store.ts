import { describe, expect, test } from 'vitest'
import type { TokenStore } from '#app/ports/access.ts'
import type { Clock } from '#app/ports/queue.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'

/** What every TokenStore promises. */
export function tokenStoreContract(name: string, open: (clock: Clock) => Promise<TokenStore>): void {
  describe(`${name} keeps the TokenStore contract`, () => {
    test('a secret is random, safe in a URL, and gives its token', async () => {
      const tokens = await open(new FakeClock())
      const { token, secret } = await tokens.create('ci', 'publisher')
      const other = await tokens.create('ci', 'viewer')
      expect(secret).toMatch(/^zf_[A-Za-z0-9_-]{32}$/)
      expect(other.secret).not.toBe(secret)
      expect(token).toEqual({
        id: expect.any(String),
        name: 'ci',
        role: 'publisher',
        createdAt: '2026-11-20T11:00:00.000Z',
        lastUsedAt: undefined,
      })
      expect(await tokens.authenticate(secret)).toMatchObject({ id: token.id, role: 'publisher' })
      expect(await tokens.authenticate(other.secret)).toMatchObject({ id: other.token.id, role: 'viewer' })
    })

    test('a reader may be held to some templates', async () => {
      const tokens = await open(new FakeClock())
      const { token, secret } = await tokens.create('smartos1', 'reader', ['web', 'db'])
      expect(token).toMatchObject({ role: 'reader', templates: ['web', 'db'] })
      expect(await tokens.authenticate(secret)).toMatchObject({ role: 'reader', templates: ['web', 'db'] })
      expect((await tokens.list())[0]?.templates).toEqual(['web', 'db'])
    })

    test('any other secret gives nothing', async () => {
      const tokens = await open(new FakeClock())
      const { secret } = await tokens.create('ci', 'admin')
      const wrong = ['', 'zf_', secret.slice(0, -1), `${secret}x`, secret.slice(3), `zi_${secret.slice(3)}`]
      for (const text of [...wrong, 'zf_nul\0', `zf_${'\ud800'.repeat(32)}`])
        expect(await tokens.authenticate(text), JSON.stringify(text)).toBeUndefined()
    })

    test('the last use is recorded', async () => {
      const clock = new FakeClock()
      const tokens = await open(clock)
      const { secret } = await tokens.create('ci', 'admin')
      clock.advance(3_600_000)
      await tokens.authenticate(secret)
      expect((await tokens.list())[0]?.lastUsedAt).toBe('2026-11-20T12:00:00.000Z')
    })

    test('a revoked token is gone', async () => {
      const tokens = await open(new FakeClock())
      const { token, secret } = await tokens.create('ci', 'admin')
      await tokens.revoke(token.id)
      expect(await tokens.authenticate(secret)).toBeUndefined()
      expect(await tokens.list()).toEqual([])
      await expect(tokens.revoke(token.id)).rejects.toMatchObject({ code: 'TokenNotFound', kind: 'missing' })
    })

    test('an id that is not one is TokenNotFound', async () => {
      const tokens = await open(new FakeClock())
      for (const id of ['', '7', 'nul\0', "' or true --"])
        await expect(tokens.revoke(id)).rejects.toMatchObject({ code: 'TokenNotFound' })
    })

    test('a name that no database can hold is refused', async () => {
      const tokens = await open(new FakeClock())
      await expect(tokens.create('nul\0', 'admin')).rejects.toMatchObject({
        code: 'UnstorableText',
        kind: 'invalid',
      })
    })
  })
}
