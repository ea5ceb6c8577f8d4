import type { Kysely } from 'kysely'
import type { AuditEntry, AuditLog } from '#app/ports/access.ts'
import type { Clock } from '#app/ports/queue.ts'
import { toStorable } from '#core/storable-text.ts'
import type { Tables } from './tables.ts'

/** The audit log in PostgreSQL. */
export class PostgresAuditLog implements AuditLog {
  readonly #db: Kysely<Tables>
  readonly #clock: Clock

  constructor(db: Kysely<Tables>, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  async write(entry: AuditEntry): Promise<void> {
    await writeAudit(this.#db, entry, this.#clock.now())
  }

  async list(limit: number): ReturnType<AuditLog['list']> {
    const rows = await this.#db
      .selectFrom('audit_event')
      .select(['at', 'actor', 'action', 'subject', 'details'])
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({ ...row, at: row.at.toISOString(), details: row.details ?? undefined }))
  }

  async trim(before: Date): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('audit_event')
      .where('at', '<', before)
      .executeTakeFirst()
    return Number(numDeletedRows)
  }
}

/** Writes an entry; within a transaction, what was done and its entry are there together, or neither is. */
export async function writeAudit(
  db: Kysely<Tables>,
  { actor, action, subject, details }: AuditEntry,
  at: Date,
): Promise<void> {
  await db
    .insertInto('audit_event')
    .values({
      at,
      actor: toStorable(actor),
      action: toStorable(action),
      subject: toStorable(subject),
      details: details ? JSON.stringify(details) : null,
    })
    .execute()
}
