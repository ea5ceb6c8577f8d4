import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration, type MigrationProvider } from 'kysely/migration'
import type { Tables } from './tables.ts'

/** Reads migrations/NNNN-name.sql; each runs in the one transaction of its `migrateToLatest`. */
class SqlFiles implements MigrationProvider {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async getMigrations(): Promise<Record<string, Migration>> {
    const files = (await readdir(this.#folder)).filter((file) => file.endsWith('.sql')).toSorted()
    return Object.fromEntries(
      await Promise.all(
        files.map(async (file): Promise<[string, Migration]> => {
          const text = await readFile(path.join(this.#folder, file), 'utf8')
          return [path.basename(file, '.sql'), { up: async (db) => void (await sql.raw(text).execute(db)) }]
        }),
      ),
    )
  }
}

/** Brings the database to the newest schema. Several processes may do so at once: the migrator holds a lock. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const provider = new SqlFiles(path.join(import.meta.dirname, 'migrations'))
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
}
