import { chmodSync, existsSync, globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '#adapters/embedded-postgres/embedded-postgres.ts'
import { stopOrphan } from '#adapters/embedded-postgres/postmaster.ts'
import { migrate } from '#adapters/postgres/migrate.ts'
import { openDatabase } from '#adapters/postgres/open-database.ts'
import { lockHolder } from '#adapters/process/data-dir-lock.ts'
import { openQueue } from '#adapters/queue/queue-connection.ts'
import { quickDirectory } from './quick-directory.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** of a PostgreSQL server for this run, see test/postgres-database.ts */
    postgresUrl: string
  }
}

const PREFIX = path.join(quickDirectory(), 'zoneflash-test-postgres-')

/** One real PostgreSQL for the whole run, with a migrated database that each test file clones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const dataDir = mkdtempSync(PREFIX)
  chmodSync(dataDir, 0o711)
  // Nothing in it outlives the run, so it need not reach the disk.
  const server = await startEmbeddedPostgres(dataDir, {
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  })
  await makeTemplate(server.url)
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query("create database migrated encoding 'UTF8' locale 'C' template template0")
  await admin.end()
  const template = new URL(url)
  template.pathname = '/migrated'
  const db = await openDatabase(template.href)
  await migrate(db)
  await db.destroy()
  const queue = await openQueue({ kind: 'postgres', url: template.href })
  await queue.close()
}

/** What test runs that were killed left running. */
async function removeLeftovers(): Promise<void> {
  for (const dataDir of globSync(`${PREFIX}*`)) {
    // One without a pid file may be another run's that is just beginning.
    const isNew =
      !existsSync(path.join(dataDir, 'zoneflash.pid')) && statSync(dataDir).mtimeMs > Date.now() - 60_000
    if (isNew || lockHolder(dataDir) !== undefined) continue
    await stopOrphan(path.join(dataDir, 'postgres', 'cluster'))
    rmSync(dataDir, { recursive: true, force: true })
  }
}
