import { describe, expect, test } from 'vitest'
import type { ZoneRegistry } from '#app/ports/channels.ts'

const minute = (count: number) => new Date(Date.UTC(2026, 10, 20, 12, count))
const made = (zone: string, version: string, more: { host?: string; install?: string; at?: Date } = {}) => ({
  host: 'h1',
  zone,
  template: 'web',
  version,
  install: 'i1',
  at: minute(0),
  ...more,
})

/** What every ZoneRegistry promises. */
export function zoneRegistryContract(name: string, open: () => Promise<ZoneRegistry>): void {
  describe(`${name} keeps the ZoneRegistry contract`, () => {
    test('a zone is listed as it was made and last seen, by host and name', async () => {
      const zones = await open()
      await zones.made(made('shop', '1', { host: 'h2' }))
      await zones.made(made('web02', '1'))
      await zones.made(made('web01', '1'))
      await zones.seen({ host: 'h1', zone: 'web01', booted: true, at: minute(5) })
      await zones.seen({ host: 'h1', zone: 'web01', booted: false, at: minute(6) })
      await zones.seen({ host: 'h1', zone: 'stranger', booted: true, at: minute(6) })
      const zone = { host: 'h1', template: 'web', version: '1', since: minute(0).toISOString() }
      expect(await zones.list({ host: 'h1' })).toEqual([
        { ...zone, zone: 'web01', booted: true, lastReported: minute(6).toISOString() },
        { ...zone, zone: 'web02', booted: false, lastReported: minute(0).toISOString() },
      ])
      expect((await zones.list()).map((one) => `${one.host}:${one.zone}`)).toEqual([
        'h1:web01',
        'h1:web02',
        'h2:shop',
      ])
      expect(await zones.list({ template: 'mysql' })).toEqual([])
      expect(await zones.list({ host: 'h2', template: 'web' })).toHaveLength(1)
    })

    test('the same report twice changes nothing; a later install replaces the zone', async () => {
      const zones = await open()
      await zones.made(made('web01', '1'))
      await zones.seen({ host: 'h1', zone: 'web01', booted: true, at: minute(1) })
      await zones.made(made('web01', '1', { at: minute(2) }))
      expect(await zones.list()).toMatchObject([{ booted: true, since: minute(0).toISOString() }])
      await zones.made(made('web01', '2', { install: 'i2', at: minute(3) }))
      const fresh = { version: '2', booted: false, since: minute(3).toISOString() }
      expect(await zones.list()).toMatchObject([fresh])
      await zones.made(made('web01', '2', { install: 'i3', at: minute(4) }))
      expect(await zones.list()).toMatchObject([{ ...fresh, since: minute(4).toISOString() }])
    })

    test('a zone that says what it was made from is known, unless more is known of it', async () => {
      const zones = await open()
      await zones.made(made('web01', '2'))
      const said = { host: 'h1', template: 'web', version: '1', at: minute(1) }
      await zones.found({ ...said, zone: 'web01' })
      await zones.found({ ...said, zone: 'web02' })
      expect(await zones.list()).toMatchObject([
        { zone: 'web01', version: '2', booted: true, lastReported: minute(1).toISOString() },
        { zone: 'web02', version: '1', booted: true, since: minute(1).toISOString() },
      ])
    })

    test('a zone is forgotten when somebody says so, once', async () => {
      const zones = await open()
      for (const zone of ['web01', 'web02']) await zones.made(made(zone, '1'))
      await zones.forget('h1', 'web01')
      expect(await zones.list()).toMatchObject([{ zone: 'web02' }])
      for (const zone of ['web01', 'nul\0'])
        await expect(zones.forget('h1', zone)).rejects.toMatchObject({
          code: 'ZoneNotFound',
          kind: 'missing',
        })
    })

    test('a rollback forgets the zones of its install that have not booted, and no other', async () => {
      const zones = await open()
      for (const zone of ['young', 'old', 'other']) await zones.made(made(zone, '1'))
      await zones.made(made('elder', '1', { install: 'i0' }))
      await zones.made(made('young', '1', { host: 'h2' }))
      await zones.seen({ host: 'h1', zone: 'old', booted: true, at: minute(1) })
      await zones.rolledBack('h1', 'i1', ['young', 'old', 'elder'])
      await zones.rolledBack('h1', 'i1', [])
      expect((await zones.list()).map((one) => `${one.host}:${one.zone}`)).toEqual([
        'h1:elder',
        'h1:old',
        'h1:other',
        'h2:young',
      ])
    })
  })
}
