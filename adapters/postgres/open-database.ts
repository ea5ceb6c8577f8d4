import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { ProvisionError } from '#core/errors.ts'
import type { Tables } from './tables.ts'

/**
 * Opens a pool on `url`. An idle connection that the server drops is forgotten, the next query opens another.
 * @throws DatabaseUnreachable, here and from every query while the server is away
 */
export async function openDatabase(url: string, maxConnections = 10): Promise<Kysely<Tables>> {
  const pool = new pg.Pool({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 10_000 })
  pool.on('error', () => {})
  const reachable = { options: pool.options, connect: () => connect(pool), end: () => pool.end() }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: reachable }) })
  try {
    const client = await connect(pool)
    client.release()
  } catch (error) {
    await db.destroy()
    throw error
  }
  return db
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message || String(cause) : String(cause)
    throw new ProvisionError(
      'unavailable',
      'DatabaseUnreachable',
      `the database does not answer: ${reason}`,
      {
        cause,
      },
    )
  }
}
