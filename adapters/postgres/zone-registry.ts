import { sql, type Kysely } from 'kysely'
import type { VersionId } from '#app/ports/catalog.ts'
import type { ZoneRegistry } from '#app/ports/channels.ts'
import type { ReportedZone } from '#core/channel/schema.ts'
import { assertStorable, isStorable } from '#core/storable-text.ts'
import { zoneNotFound } from '#core/store-errors.ts'
import type { Tables } from './tables.ts'

/** Stands for the install that made a zone, where no install says that it did. */
const NOBODY = ''

/** The zones on hosts in PostgreSQL. */
export class PostgresZoneRegistry implements ZoneRegistry {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async made({
    host,
    zone: name,
    template,
    version,
    install,
    at,
  }: VersionId & { host: string; zone: string; install: string; at: Date }): Promise<void> {
    for (const text of [host, name, template, version]) assertStorable(text, 'zone')
    const fresh = { template, version, install, booted: false, since: at, last_reported: at }
    await this.#db
      .insertInto('zone')
      .values({ host, name, ...fresh })
      .onConflict((conflict) =>
        conflict
          .columns(['host', 'name'])
          .doUpdateSet(fresh)
          // the same report once more, after the zone has booted
          .where((query) =>
            query.or([
              query('zone.template', '<>', template),
              query('zone.version', '<>', version),
              query('zone.install', '<>', install),
            ]),
          ),
      )
      .execute()
  }

  async seen({
    host,
    zone,
    booted,
    at,
  }: {
    host: string
    zone: string
    booted: boolean
    at: Date
  }): Promise<void> {
    if (!isStorable(host) || !isStorable(zone)) return
    await this.#db
      .updateTable('zone')
      .set({ last_reported: at, ...(booted && { booted }) })
      .where('host', '=', host)
      .where('name', '=', zone)
      .execute()
  }

  async found({
    host,
    zone: name,
    template,
    version,
    at,
  }: VersionId & { host: string; zone: string; at: Date }): Promise<void> {
    for (const text of [host, name, template, version]) assertStorable(text, 'zone')
    await this.#db
      .insertInto('zone')
      .values({ host, name, template, version, install: NOBODY, booted: true, since: at, last_reported: at })
      .onConflict((conflict) =>
        conflict.columns(['host', 'name']).doUpdateSet({ booted: true, last_reported: at }),
      )
      .execute()
  }

  async rolledBack(host: string, install: string, zones: readonly string[]): Promise<void> {
    if (!isStorable(host) || zones.length === 0) return
    await this.#db
      .deleteFrom('zone')
      .where('host', '=', host)
      .where('name', 'in', zones.filter(isStorable))
      .where('install', '=', install)
      .where('booted', '=', false)
      .execute()
  }

  async forget(host: string, zone: string): Promise<void> {
    if (!isStorable(host) || !isStorable(zone)) throw zoneNotFound(host, zone)
    const { numDeletedRows } = await this.#db
      .deleteFrom('zone')
      .where('host', '=', host)
      .where('name', '=', zone)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw zoneNotFound(host, zone)
  }

  async list({ host, template }: Parameters<ZoneRegistry['list']>[0] = {}): Promise<ReportedZone[]> {
    if (!isStorable(host ?? '') || !isStorable(template ?? '')) return []
    const rows = await this.#db
      .selectFrom('zone')
      .select(['host', 'name', 'template', 'version', 'booted', 'since', 'last_reported'])
      .where((query) =>
        query.and([
          ...(host === undefined ? [] : [query('host', '=', host)]),
          ...(template === undefined ? [] : [query('template', '=', template)]),
        ]),
      )
      .orderBy(sql`host collate "C"`)
      .orderBy(sql`name collate "C"`)
      .execute()
    return rows.map(({ name, last_reported: lastReported, since, ...row }) => ({
      ...row,
      zone: name,
      since: since.toISOString(),
      lastReported: lastReported.toISOString(),
    }))
  }
}
