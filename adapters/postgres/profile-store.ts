import type { Kysely } from 'kysely'
import type { ProfileStore } from '#app/ports/hosts.ts'
import type { Profile } from '#core/profile.ts'
import { assertStorable, isStorable } from '#core/storable-text.ts'
import { profileNotFound } from '#core/store-errors.ts'
import type { Tables } from './tables.ts'

/** The profiles in PostgreSQL. */
export class PostgresProfileStore implements ProfileStore {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async list(): Promise<Profile[]> {
    const rows = await this.#db.selectFrom('profile').select(['name', 'record']).execute()
    return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ record }) => record)
  }

  async get(name: string): Promise<Profile> {
    if (!isStorable(name)) throw profileNotFound(name)
    const row = await this.#db
      .selectFrom('profile')
      .select('record')
      .where('name', '=', name)
      .executeTakeFirst()
    if (!row) throw profileNotFound(name)
    return row.record
  }

  async set(profile: Profile): Promise<void> {
    assertStorable(profile.name, 'profile name')
    const record = JSON.stringify(profile)
    await this.#db
      .insertInto('profile')
      .values({ name: profile.name, record })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ record }))
      .execute()
  }

  async remove(name: string): Promise<void> {
    if (!isStorable(name)) throw profileNotFound(name)
    const { numDeletedRows } = await this.#db
      .deleteFrom('profile')
      .where('name', '=', name)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw profileNotFound(name)
  }
}
