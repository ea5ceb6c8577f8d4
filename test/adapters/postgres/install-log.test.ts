import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { PostgresInstallLog } from '#adapters/postgres/install-log.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { PostgresZoneRegistry } from '#adapters/postgres/zone-registry.ts'
import { installLogContract } from '#test/contracts/install-log.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

installLogContract('MemoryInstallLog', async (clock) => new MemoryInstallLog(clock))
installLogContract(
  'PostgresInstallLog',
  async (clock) => new PostgresInstallLog(await openTestDatabase(), clock),
)

test('the sweep expires the installs whose window is over and no others', async () => {
  const clock = new FakeClock()
  const installs = new PostgresInstallLog(await openTestDatabase(), clock)
  await installs.arm('h1', {}, 1000)
  await installs.arm('h2', {}, 5000)
  clock.advance(1000)
  expect(await installs.expireOverdue()).toBe(1)
  expect(await installs.expireOverdue()).toBe(0)
})

test('the database holds no token', async () => {
  const db = await openTestDatabase()
  const { secret } = await new PostgresInstallLog(db, new FakeClock()).arm('h1', {}, 1000)
  const { rows } = await sql<{ row: string }>`select install::text as row from install`.execute(db)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.row).not.toContain(secret)
  expect(rows[0]?.row).not.toContain(Buffer.from(secret).toString('hex'))
})

test('the hosts of a version are those whose successful installs made a zone of it since a moment', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  for (const version of ['1', '2']) await catalog.putVersion(versionOf('web', version), new Map())
  const clock = new FakeClock()
  const installs = new PostgresInstallLog(db, clock)
  const zones = new PostgresZoneRegistry(db)
  const finish = async (host: string, version: string, state: 'done' | 'failed', makes = true) => {
    const web = { template: 'web', version, odd: 'NUL \0' }
    const { install } = await installs.arm(host, { zones: [web] }, 3_600_000)
    for (const zone of makes ? ['a', 'b'] : [])
      await zones.made({ host, zone, template: 'web', version, install: install.id, at: clock.now() })
    await installs.record(install.id, { id: '1', step: 'install', state })
  }
  await finish('h1', '1', 'done')
  clock.advance(1000)
  const since = clock.now()
  await finish('h2', '1', 'done')
  await finish('h3', '1', 'failed')
  await finish('h4', '1', 'done', false)
  await finish('h5', '1', 'done')
  await finish('h5', '2', 'done')
  await zones.found({ host: 'h6', zone: 'a', template: 'web', version: '1', at: since })
  const count = (version: string, from: Date) => installs.countDone({ template: 'web', version }, from)
  expect(await count('1', since)).toBe(1)
  expect(await count('1', new Date(0))).toBe(2)
  await finish('h1', '1', 'done')
  expect(await count('1', new Date(0))).toBe(2)
  expect(await count('2', since)).toBe(1)
  expect(await count('3', new Date(0))).toBe(0)
})
