import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { PostgresTokenStore } from '#adapters/postgres/token-store.ts'
import { tokenStoreContract } from '#test/contracts/token-store.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryTokenStore } from '#test/fakes/memory-token-store.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

tokenStoreContract('MemoryTokenStore', async (clock) => new MemoryTokenStore(clock))
tokenStoreContract(
  'PostgresTokenStore',
  async (clock) => new PostgresTokenStore(await openTestDatabase(), clock),
)

test('the first admin token is made once, also by servers that start together', async () => {
  const tokens = new PostgresTokenStore(await openTestDatabase(), new FakeClock())
  const kept: string[] = []
  const keep = async (secret: string) => void kept.push(secret)
  const made = await Promise.all([1, 2, 3].map(() => tokens.ensureFirstAdmin(keep)))
  expect(made.filter((secret) => secret !== undefined)).toEqual(kept)
  expect(kept).toHaveLength(1)
  expect(await tokens.authenticate(kept[0] ?? '')).toMatchObject({ role: 'admin' })
  expect(await tokens.ensureFirstAdmin(keep)).toBeUndefined()
})

test('a first admin token that could not be kept does not count', async () => {
  const tokens = new PostgresTokenStore(await openTestDatabase(), new FakeClock())
  const failing = tokens.ensureFirstAdmin(() => Promise.reject(new Error('disk full')))
  await expect(failing).rejects.toThrow('disk full')
  expect(await tokens.list()).toEqual([])
})

test('the database holds no secret', async () => {
  const db = await openTestDatabase()
  const { secret } = await new PostgresTokenStore(db, new FakeClock()).create('ci', 'admin')
  const { rows } = await sql<{ row: string }>`select api_token::text as row from api_token`.execute(db)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.row).not.toContain(secret)
  expect(rows[0]?.row).not.toContain(Buffer.from(secret).toString('hex'))
})
