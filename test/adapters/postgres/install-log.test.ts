import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { PostgresInstallLog } from '#adapters/postgres/install-log.ts'
import { installLogContract } from '#test/contracts/install-log.ts'
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
