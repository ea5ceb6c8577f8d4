import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { NewRun, ScheduleStore } from '#app/ports/schedules.ts'
import type { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import { isStorable } from '#core/storable-text.ts'
import { scheduleNotFound } from '#core/store-errors.ts'
import type { Tables } from './tables.ts'

/** Runs of one schedule that are kept. */
const HISTORY = 1000

/** Schedules and their runs in PostgreSQL. */
export class PostgresScheduleStore implements ScheduleStore {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async list(): Promise<Schedule[]> {
    const rows = await this.#db.selectFrom('schedule').selectAll().execute()
    return rows.map(scheduleOf).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  async find(name: string): Promise<Schedule | undefined> {
    if (!isStorable(name)) return undefined
    const row = await this.#db.selectFrom('schedule').selectAll().where('name', '=', name).executeTakeFirst()
    return row && scheduleOf(row)
  }

  async get(name: string): Promise<Schedule> {
    const schedule = await this.find(name)
    if (!schedule) throw scheduleNotFound(name)
    return schedule
  }

  async set({ timeZone, cursor, changedBy, changedAt, ...same }: Schedule): Promise<void> {
    const row = {
      ...same,
      time_zone: timeZone,
      cursor: new Date(cursor),
      changed_by: changedBy,
      changed_at: new Date(changedAt),
    }
    await this.#db
      .insertInto('schedule')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute()
  }

  async remove(name: string): Promise<void> {
    if (!isStorable(name)) throw scheduleNotFound(name)
    const { numDeletedRows } = await this.#db
      .deleteFrom('schedule')
      .where('name', '=', name)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw scheduleNotFound(name)
  }

  async claim(run: NewRun, cursor: string): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('schedule')
        .set({ cursor: new Date(run.slot) })
        .where('name', '=', run.schedule)
        .where('cursor', '=', new Date(cursor))
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      return insertRun(transaction, run)
    })
  }

  async addRun(run: NewRun): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      // two people in one millisecond: the later one moves on by one
      let slot = Date.parse(run.slot)
      while (!(await insertRun(transaction, { ...run, slot: new Date(slot).toISOString() }))) slot += 1
    })
  }

  async takeRun(now: Date, heldUntil: Date): Promise<ScheduleRun | undefined> {
    const row = await this.#db
      .updateTable('schedule_run')
      .set({ held_until: heldUntil })
      .where('id', '=', (query) =>
        query
          .selectFrom('schedule_run')
          .select('id')
          .where('state', '=', 'waiting')
          .where((where) => where.or([where('held_until', 'is', null), where('held_until', '<=', now)]))
          .orderBy('created_at')
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .returningAll()
      .executeTakeFirst()
    return row && runOf(row)
  }

  async saveOutcomes(id: string, outcomes: readonly RunOutcome[]): Promise<void> {
    await this.#db
      .updateTable('schedule_run')
      .set({ outcomes: JSON.stringify(outcomes) })
      .where('id', '=', id)
      .execute()
  }

  async finishRun(id: string, at: Date): Promise<void> {
    await this.#db
      .updateTable('schedule_run')
      .set({ state: 'done', finished_at: at, held_until: null })
      .where('id', '=', id)
      .execute()
  }

  async runs(name: string, limit: number): Promise<ScheduleRun[]> {
    if (!isStorable(name)) return []
    const rows = await this.#db
      .selectFrom('schedule_run')
      .selectAll()
      .where('schedule', '=', name)
      .orderBy('slot', 'desc')
      .limit(limit)
      .execute()
    return rows.map(runOf)
  }
}

/** False when there is a run for that slot. Forgets the oldest runs over the limit. */
async function insertRun(transaction: Transaction<Tables>, run: NewRun): Promise<boolean> {
  const { schedule, createdAt, slot, ...same } = run
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('schedule_run')
    .values({
      ...same,
      schedule,
      slot: new Date(slot),
      created_at: new Date(createdAt),
      finished_at: run.state === 'waiting' ? null : new Date(createdAt),
    })
    .onConflict((conflict) => conflict.columns(['schedule', 'slot']).doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) return false
  await transaction
    .deleteFrom('schedule_run')
    .where('schedule', '=', schedule)
    .where('state', '<>', 'waiting')
    .where(
      'slot',
      '<=',
      sql<Date>`(select slot from schedule_run where schedule = ${schedule}
                  order by slot desc offset ${HISTORY} limit 1)`,
    )
    .execute()
  return true
}

function scheduleOf(row: Selectable<Tables['schedule']>): Schedule {
  const { time_zone, cursor, changed_by, changed_at, ...same } = row
  return {
    ...same,
    timeZone: time_zone,
    cursor: cursor.toISOString(),
    changedBy: changed_by,
    changedAt: changed_at.toISOString(),
  }
}

function runOf(row: Selectable<Tables['schedule_run']>): ScheduleRun {
  const { slot, created_at, finished_at, held_until: _, ...same } = row
  return {
    ...same,
    slot: slot.toISOString(),
    createdAt: created_at.toISOString(),
    ...(finished_at && { finishedAt: finished_at.toISOString() }),
  }
}
