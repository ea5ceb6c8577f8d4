import { expect, test } from 'vitest'
import { PostgresHostRegistry } from '#adapters/postgres/host-registry.ts'
import { PostgresInstallLog } from '#adapters/postgres/install-log.ts'
import { Host } from '#core/host.ts'
import { hostRegistryContract } from '#test/contracts/host-registry.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

hostRegistryContract('MemoryHostRegistry', async () => new MemoryHostRegistry())
hostRegistryContract('PostgresHostRegistry', async () => new PostgresHostRegistry(await openTestDatabase()))

test('removing a host makes its install token worthless', async () => {
  const db = await openTestDatabase()
  const hosts = new PostgresHostRegistry(db)
  const installs = new PostgresInstallLog(db, new FakeClock())
  await hosts.add(Host.parse({ name: 'h1' }))
  const { secret } = await installs.arm('h1', {}, 1000)
  await hosts.remove('h1')
  expect(await installs.authenticate('h1', secret)).toBeUndefined()
})
