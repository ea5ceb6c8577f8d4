import type { Kysely } from 'kysely'
import type { HostRegistry } from '#app/ports/hosts.ts'
import type { Host } from '#core/host.ts'
import { openInstallStates } from '#core/install-state.ts'
import { assertStorable, isStorable } from '#core/storable-text.ts'
import { hostExists, hostNotFound } from '#core/store-errors.ts'
import type { Tables } from './tables.ts'

/** The hosts in PostgreSQL. */
export class PostgresHostRegistry implements HostRegistry {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async list(): Promise<Host[]> {
    const rows = await this.#db.selectFrom('host').select(['name', 'record']).execute()
    return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ record }) => record)
  }

  async get(name: string): Promise<Host> {
    const host = await this.find(name)
    if (!host) throw hostNotFound(name)
    return host
  }

  async find(name: string): Promise<Host | undefined> {
    if (!isStorable(name)) return undefined
    const row = await this.#db.selectFrom('host').select('record').where('name', '=', name).executeTakeFirst()
    return row?.record
  }

  async add(host: Host): Promise<void> {
    assertStorable(host.name, 'host name')
    const added = await this.#db
      .insertInto('host')
      .values({ name: host.name, record: JSON.stringify(host) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('name')
      .executeTakeFirst()
    if (!added) throw hostExists(host.name)
  }

  async set(host: Host): Promise<void> {
    if (!isStorable(host.name)) throw hostNotFound(host.name)
    const { numUpdatedRows } = await this.#db
      .updateTable('host')
      .set({ record: JSON.stringify(host) })
      .where('name', '=', host.name)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw hostNotFound(host.name)
  }

  /** Its open install ends too: the documents of a host that is gone must not be served. */
  async remove(name: string): Promise<void> {
    if (!isStorable(name)) throw hostNotFound(name)
    await this.#db.transaction().execute(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('host')
        .where('name', '=', name)
        .executeTakeFirst()
      if (numDeletedRows === 0n) throw hostNotFound(name)
      await transaction
        .updateTable('install')
        .set({ state: 'expired' })
        .where('host', '=', name)
        .where('state', 'in', [...openInstallStates])
        .execute()
      await transaction.deleteFrom('zone').where('host', '=', name).execute()
      await transaction.deleteFrom('canary').where('host', '=', name).execute()
    })
  }
}
