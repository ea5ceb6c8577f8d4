import { describe, expect, test } from 'vitest'
import type { AuditLog } from '#app/ports/access.ts'
import type { Clock } from '#app/ports/queue.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'

/** What every AuditLog promises. */
export function auditLogContract(name: string, open: (clock: Clock) => Promise<AuditLog>): void {
  describe(`${name} keeps the AuditLog contract`, () => {
    test('the newest events are listed first, as many as asked for', async () => {
      const audit = await open(new FakeClock())
      for (const subject of ['1', '2', '3'])
        await audit.write({ actor: 'ci', action: 'version.push', subject })
      expect((await audit.list(2)).map(({ subject }) => subject)).toEqual(['3', '2'])
    })

    test('an event comes back with its time and details', async () => {
      const audit = await open(new FakeClock())
      await audit.write({
        actor: 'ci',
        action: 'host.arm',
        subject: 'h1',
        details: { ttl: '2h', odd: '\0\ud800' },
      })
      await audit.write({ actor: 'ci', action: 'host.rm', subject: 'h1' })
      const at = '2026-11-20T11:00:00.000Z'
      expect(await audit.list(10)).toEqual([
        { at, actor: 'ci', action: 'host.rm', subject: 'h1', details: undefined },
        { at, actor: 'ci', action: 'host.arm', subject: 'h1', details: { ttl: '2h', odd: '\0\ud800' } },
      ])
    })

    test('what is older than asked for is forgotten, and the rest kept', async () => {
      const clock = new FakeClock()
      const audit = await open(clock)
      for (const subject of ['old', 'at the limit', 'new']) {
        await audit.write({ actor: 'ci', action: 'version.push', subject })
        clock.advance(86_400_000)
      }
      expect(await audit.trim(new Date('2026-11-21T11:00:00.000Z'))).toBe(1)
      expect((await audit.list(10)).map(({ subject }) => subject)).toEqual(['new', 'at the limit'])
      expect(await audit.trim(new Date('2026-11-21T11:00:00.000Z'))).toBe(0)
    })

    test('an event with text that no database can hold is kept nearly as it is', async () => {
      const audit = await open(new FakeClock())
      await audit.write({ actor: 'a\0', action: 'x', subject: 'lone\ud800' })
      expect(await audit.list(1)).toMatchObject([{ actor: 'a\ufffd', subject: 'lone\ufffd' }])
    })
  })
}
