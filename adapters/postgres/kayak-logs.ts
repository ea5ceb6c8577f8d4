import { sql, type Kysely } from 'kysely'
import {
  KAYAK_LOG_DAYS,
  MOST_KAYAK_LOGS,
  MOST_KAYAK_LOGS_IN_ALL,
  type KayakLog,
  type KayakLogs,
} from '#app/ports/kayak-logs.ts'
import { isStorable } from '#core/storable-text.ts'
import type { Tables } from './tables.ts'

/** Logs that kayak uploads, in PostgreSQL. */
export class PostgresKayakLogs implements KayakLogs {
  readonly #db: Kysely<Tables>
  readonly #mostInAll: number

  constructor(db: Kysely<Tables>, mostInAll = MOST_KAYAK_LOGS_IN_ALL) {
    this.#db = db
    this.#mostInAll = mostInAll
  }

  async put({ mac, at, body }: KayakLog): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const bytes = Buffer.from(body)
      await transaction
        .insertInto('kayak_log')
        .values({ mac, at: String(at), body: bytes })
        .onConflict((conflict) => conflict.columns(['mac', 'at']).doUpdateSet({ body: bytes }))
        .execute()
      const kept = transaction
        .selectFrom('kayak_log')
        .select('at')
        .where('mac', '=', mac)
        .orderBy('at', 'desc')
        .limit(MOST_KAYAK_LOGS)
      await transaction.deleteFrom('kayak_log').where('mac', '=', mac).where('at', 'not in', kept).execute()
      await transaction
        .deleteFrom('kayak_log')
        .where('at', '<', String(at - KAYAK_LOG_DAYS * 86_400))
        .execute()
      await sql`
        delete from kayak_log where (mac, at) in
          (select mac, at from kayak_log order by at desc, mac offset ${this.#mostInAll})
      `.execute(transaction)
    })
  }

  async find(mac: string, at?: number): Promise<KayakLog | undefined> {
    if (!isStorable(mac)) return undefined
    let query = this.#db.selectFrom('kayak_log').selectAll().where('mac', '=', mac).orderBy('at', 'desc')
    if (at !== undefined) query = query.where('at', '=', String(at))
    const row = await query.limit(1).executeTakeFirst()
    return row && { mac: row.mac, at: Number(row.at), body: new Uint8Array(row.body) }
  }
}
