import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { VersionId } from '#app/ports/catalog.ts'
import {
  MOST_FURTHER_TOKENS,
  type Install,
  type InstallLog,
  type RecordedEvent,
} from '#app/ports/installs.ts'
import type { Clock } from '#app/ports/queue.ts'
import { plannedVersions } from '#app/planned-versions.ts'
import { hashSecret, isSecret, newSecret } from '#adapters/secret/secret.ts'
import { installStateAfter, isOpen, openInstallStates, type InstallState } from '#core/install-state.ts'
import type { InstallEvent } from '#core/install.ts'
import { assertStorable, isStorable } from '#core/storable-text.ts'
import { installClosed, installNotFound, MAX_INSTALL_EVENTS, tooManyEvents } from '#core/store-errors.ts'
import { isUuid } from './uuid.ts'
import { holdVersion } from './version-use.ts'
import type { Tables } from './tables.ts'

/** Installs, the hashes of their tokens, and their events in PostgreSQL. */
export class PostgresInstallLog implements InstallLog {
  readonly #db: Kysely<Tables>
  readonly #clock: Clock

  constructor(db: Kysely<Tables>, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  async arm(host: string, plan: unknown, ttlMs: number): Promise<{ install: Install; secret: string }> {
    assertStorable(host, 'host name')
    const secret = newSecret('zi_')
    const now = this.#clock.now()
    const row = await this.#db.transaction().execute(async (transaction) => {
      await lockHost(transaction, host)
      // What was ready when the plan was made may have been deleted or revoked since.
      for (const version of plannedVersions(plan)) await holdVersion(transaction, version, ['ready'])
      await transaction
        .updateTable('install')
        .set({ state: 'expired' })
        .where('host', '=', host)
        .where('state', 'in', [...openInstallStates])
        .execute()
      return transaction
        .insertInto('install')
        .values({
          host,
          state: 'armed',
          plan: JSON.stringify(plan ?? null),
          secret_hash: hashSecret(secret),
          armed_at: now,
          expires_at: new Date(now.getTime() + ttlMs),
        })
        .returningAll()
        .executeTakeFirstOrThrow()
    })
    return { install: this.#view(row), secret }
  }

  async authenticate(host: string, secret: string): Promise<Install | undefined> {
    const install = await this.authenticateToken(secret)
    return install?.host === host ? install : undefined
  }

  async authenticateToken(secret: string): Promise<Install | undefined> {
    if (!isSecret('zi_', secret)) return undefined
    const hash = hashSecret(secret)
    const row = await this.#db
      .selectFrom('install')
      .selectAll()
      .where((query) =>
        query.or([
          query('secret_hash', '=', hash),
          query(
            'id',
            'in',
            query.selectFrom('install_token').select('install').where('secret_hash', '=', hash),
          ),
        ]),
      )
      .executeTakeFirst()
    const install = row && this.#view(row)
    return install && isOpen(install.state) ? install : undefined
  }

  async addToken(installId: string): Promise<string> {
    const secret = newSecret('zi_')
    await this.#db.transaction().execute(async (transaction) => {
      const { id } = await this.#lockOpen(transaction, installId)
      await transaction
        .insertInto('install_token')
        .values({ install: id, secret_hash: hashSecret(secret) })
        .execute()
      const kept = transaction
        .selectFrom('install_token')
        .select('seq')
        .where('install', '=', id)
        .orderBy('seq', 'desc')
        .limit(MOST_FURTHER_TOKENS)
      await transaction
        .deleteFrom('install_token')
        .where('install', '=', id)
        .where('seq', 'not in', kept)
        .execute()
    })
    return secret
  }

  async record(installId: string, event: InstallEvent): Promise<void> {
    const id = uuid(installId)
    await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('install')
        .selectAll()
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst()
      if (!row) throw installNotFound(installId)
      if (await hasEvent(transaction, id, event.id)) return
      const { state } = this.#view(row)
      if (!isOpen(state)) throw installClosed(installId, state)
      await this.#append(transaction, id, event, state)
    })
  }

  async list(host?: string, limit?: number): Promise<Install[]> {
    if (host !== undefined && !isStorable(host)) return []
    let query = this.#db.selectFrom('install').selectAll().orderBy('seq', 'desc')
    if (host !== undefined) query = query.where('host', '=', host)
    if (limit !== undefined) query = query.limit(limit)
    return (await query.execute()).map((row) => this.#view(row))
  }

  async listOpen(): Promise<Install[]> {
    const rows = await this.#db
      .selectFrom('install')
      .selectAll()
      .where('state', 'in', [...openInstallStates])
      .where('expires_at', '>', this.#clock.now())
      .orderBy('seq', 'desc')
      .execute()
    return rows.map((row) => this.#view(row))
  }

  async get(id: string): Promise<Install> {
    const row = await this.#db.selectFrom('install').selectAll().where('id', '=', uuid(id)).executeTakeFirst()
    if (!row) throw installNotFound(id)
    return this.#view(row)
  }

  async events(installId: string): Promise<RecordedEvent[]> {
    await this.get(installId)
    const rows = await this.#db
      .selectFrom('install_event')
      .select(['event', 'received_at', 'seq'])
      .where('install', '=', installId)
      .orderBy('seq')
      .execute()
    return rows.map(({ event, received_at, seq }) => ({
      ...event,
      receivedAt: received_at.toISOString(),
      seq,
    }))
  }

  async countDone({ template, version }: VersionId, since: Date): Promise<number> {
    if (!isStorable(template) || !isStorable(version)) return 0
    const { hosts } = await this.#db
      .selectFrom('zone')
      .innerJoin('install', (join) => join.on(sql`install.id::text`, '=', sql.ref('zone.install')))
      .select((query) => query.fn.count<string>('install.host').distinct().as('hosts'))
      .where('zone.template', '=', template)
      .where('zone.version', '=', version)
      .where('install.state', '=', 'done')
      .where('install.finished_at', '>=', since)
      .executeTakeFirstOrThrow()
    return Number(hosts)
  }

  async expireOverdue(): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('install')
      .set({ state: 'expired' })
      .where('state', 'in', [...openInstallStates])
      .where('expires_at', '<=', this.#clock.now())
      .executeTakeFirst()
    return Number(numUpdatedRows)
  }

  /** @throws InstallNotFound, InstallClosed */
  async #lockOpen(
    transaction: Transaction<Tables>,
    installId: string,
  ): Promise<Selectable<Tables['install']>> {
    const row = await transaction
      .selectFrom('install')
      .selectAll()
      .where('id', '=', uuid(installId))
      .forUpdate()
      .executeTakeFirst()
    if (!row) throw installNotFound(installId)
    const { state } = this.#view(row)
    if (!isOpen(state)) throw installClosed(installId, state)
    return row
  }

  /** Adds the event behind the last one; the caller holds the install's row. */
  async #append(
    transaction: Transaction<Tables>,
    install: string,
    event: InstallEvent,
    before: InstallState,
  ): Promise<void> {
    const { last } = await transaction
      .selectFrom('install_event')
      .select((query) => query.fn.coalesce(query.fn.max('seq'), query.val(0)).as('last'))
      .where('install', '=', install)
      .executeTakeFirstOrThrow()
    if (last >= MAX_INSTALL_EVENTS) throw tooManyEvents(install)
    const now = this.#clock.now()
    await transaction
      .insertInto('install_event')
      .values({ install, seq: last + 1, id: event.id, event: JSON.stringify(event), received_at: now })
      .execute()
    const state = installStateAfter(event, before)
    await transaction
      .updateTable('install')
      .set({ state, ...(state === 'done' && { finished_at: now }) })
      .where('id', '=', install)
      .execute()
  }

  /** The install as it is now: past its window it is expired, whether or not anyone has written that down. */
  #view(row: Selectable<Tables['install']>): Install {
    const overdue = isOpen(row.state) && row.expires_at.getTime() <= this.#clock.now().getTime()
    return {
      id: row.id,
      host: row.host,
      state: overdue ? 'expired' : row.state,
      plan: row.plan,
      armedAt: row.armed_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      finishedAt: row.finished_at?.toISOString(),
    }
  }
}

function uuid(id: string): string {
  if (!isUuid(id)) throw installNotFound(id)
  return id
}

/** Two armings of one host at once: the second waits, then expires the first. */
async function lockHost(transaction: Transaction<Tables>, host: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`install:${host}`}, 0))`.execute(transaction)
}

async function hasEvent(transaction: Transaction<Tables>, install: string, id: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('install_event')
    .select('id')
    .where('install', '=', install)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}
