import { expect, test } from 'vitest'
import { PostgresChannelStore } from '#adapters/postgres/channel-store.ts'
import { PostgresHostRegistry } from '#adapters/postgres/host-registry.ts'
import { PostgresInstallLog } from '#adapters/postgres/install-log.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { PostgresZoneRegistry } from '#adapters/postgres/zone-registry.ts'
import { Host } from '#core/host.ts'
import { hostRegistryContract } from '#test/contracts/host-registry.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

hostRegistryContract('MemoryHostRegistry', async () => new MemoryHostRegistry())
hostRegistryContract('PostgresHostRegistry', async () => new PostgresHostRegistry(await openTestDatabase()))

test('a removed host leaves no zones, and is nobody’s canary', async () => {
  const db = await openTestDatabase()
  const [hosts, zones, channels] = [
    new PostgresHostRegistry(db),
    new PostgresZoneRegistry(db),
    new PostgresChannelStore(db),
  ]
  await new PostgresTemplateCatalog(db).ensureTemplate('web')
  for (const host of ['h1', 'h2']) {
    await hosts.add(Host.parse({ name: host }))
    await zones.found({ host, zone: 'web01', template: 'web', version: '1', at: new Date() })
  }
  await channels.setCanaries('web', 'stable', ['h1', 'h2'])
  await hosts.remove('h1')
  expect(await zones.list()).toMatchObject([{ host: 'h2' }])
  expect((await channels.read('web')).canaries).toEqual({ stable: ['h2'] })
})

test('removing a host makes its install token worthless', async () => {
  const db = await openTestDatabase()
  const hosts = new PostgresHostRegistry(db)
  const installs = new PostgresInstallLog(db, new FakeClock())
  await hosts.add(Host.parse({ name: 'h1' }))
  const { secret } = await installs.arm('h1', {}, 1000)
  await hosts.remove('h1')
  expect(await installs.authenticate('h1', secret)).toBeUndefined()
})
