import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { openDatabase } from '#adapters/postgres/open-database.ts'
import type { Tables } from '#adapters/postgres/tables.ts'

/** A migrated database of one's own, dropped when `drop` is called. */
export interface TestDatabase {
  url: string
  drop: () => Promise<void>
}

/** Clones the migrated database of the test run's PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(`create database ${name} template migrated`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) }
}

/** A database of one's own with an open pool, gone when the running test is over. */
export async function openTestDatabase(): Promise<Kysely<Tables>> {
  const { url, drop } = await createTestDatabase()
  const db = await openDatabase(url, 5)
  onTestFinished(async () => {
    await db.destroy()
    await drop()
  })
  return db
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
