import pg from 'pg'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { openDatabase } from '#adapters/postgres/open-database.ts'
import { BullmqJobQueue } from '#adapters/queue/bullmq-job-queue.ts'
import { idleHandlers } from '#test/fixtures/idle-handlers.ts'
import { createTestDatabase } from '#test/postgres-database.ts'
import { startWorker } from '#worker/start-worker.ts'

/** Cuts every session of the database, as a restart of PostgreSQL does. */
async function cutSessions(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
  )
  await client.end()
  return rowCount ?? 0
}

test('catalog, queue and worker go on after the database cut their connections', async () => {
  const { url, drop } = await createTestDatabase()
  const db = await openDatabase(url)
  const catalog = new PostgresTemplateCatalog(db)
  const queue = await BullmqJobQueue.open({ kind: 'postgres', url })
  const done: string[] = []
  const worker = await startWorker(
    { kind: 'postgres', url },
    { ...idleHandlers, package: async ({ version }) => void done.push(version) },
    pino({ level: 'silent' }),
    { lockDurationMs: 1000 },
  )
  onTestFinished(async () => {
    await worker.close()
    await queue.close()
    await db.destroy()
    await drop()
  })
  const add = (version: string) =>
    queue.add('package', { template: 'web', version, host: 'h1', zone: 'web' }, `job-${version}`)
  await add('1')
  await vi.waitFor(() => expect(done).toEqual(['1']), { timeout: 10_000 })
  expect(await cutSessions(url)).toBeGreaterThan(2)
  // A call that was given a connection before its end arrived may fail once; callers see `unavailable` and try again.
  await vi.waitFor(() => catalog.ensureTemplate('web'), { timeout: 10_000 })
  await vi.waitFor(() => add('2'), { timeout: 10_000 })
  await vi.waitFor(() => expect(done).toEqual(['1', '2']), { timeout: 25_000 })
})
