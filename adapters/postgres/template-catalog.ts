import { sql, type Kysely, type Transaction } from 'kysely'
import type { TemplateCatalog, TemplateSummary, VersionRecord } from '#app/ports.ts'
import type { Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import type { Manifest } from '#core/manifest.ts'
import { ProvisionError } from '#core/errors.ts'
import { openInstallStates } from '#core/install-state.ts'
import { assertStorable, isStorable } from '#core/storable-text.ts'
import {
  templateNotFound,
  versionDeleted,
  versionExists,
  versionInUse,
  versionNotFound,
  wrongState,
} from '#core/store-errors.ts'
import { mayBecome, type VersionState } from '#core/version-state.ts'
import { deleteUnusedIndexes, readEntries, writeEntries } from './entry-index.ts'
import type { Tables } from './tables.ts'

/** The catalog in PostgreSQL. A deleted version stays as a row that nothing but `putVersion` sees. */
export class PostgresTemplateCatalog implements TemplateCatalog {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async listTemplates(): Promise<TemplateSummary[]> {
    return this.#summaries()
  }

  async ensureTemplate(name: string): Promise<void> {
    await insertTemplate(this.#db, name)
  }

  async setPublic(name: string, isPublic: boolean): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('template')
      .set({ public: isPublic })
      .where(
        'name',
        '=',
        key(name, () => templateNotFound(name)),
      )
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw templateNotFound(name)
  }

  async getTemplate(name: string): Promise<TemplateSummary> {
    const [summary] = await this.#summaries(key(name, () => templateNotFound(name)))
    if (!summary) throw templateNotFound(name)
    return summary
  }

  async listVersions(template: string): Promise<VersionRecord[]> {
    await this.#assertTemplate(this.#db, template)
    return this.#liveVersions().where('version.template', '=', template).orderBy('version.seq').execute()
  }

  async getVersion(template: string, versionOrChannel: string): Promise<VersionRecord> {
    await this.#assertTemplate(this.#db, template)
    const selector = key(versionOrChannel, () => versionNotFound(template, versionOrChannel))
    const record = await this.#liveVersions()
      .where('version.template', '=', template)
      .where('version.name', '=', (query) =>
        query.fn.coalesce(
          query
            .selectFrom('channel')
            .select('channel.version')
            .where('channel.template', '=', template)
            .where('channel.name', '=', selector),
          query.val(selector),
        ),
      )
      .executeTakeFirst()
    if (!record) throw versionNotFound(template, versionOrChannel)
    return record
  }

  async findVersion(template: string, version: string): Promise<VersionRecord | undefined> {
    if (!isStorable(template) || !isStorable(version)) return undefined
    return this.#liveVersions()
      .where('version.template', '=', template)
      .where('version.name', '=', version)
      .executeTakeFirst()
  }

  async isNameSpent(template: string, version: string): Promise<boolean> {
    if (!isStorable(template) || !isStorable(version)) return false
    const spent = await this.#db
      .selectFrom('version')
      .select('name')
      .where('template', '=', template)
      .where('name', '=', version)
      .where('state', '=', 'deleted')
      .where('was_ready', '=', true)
      .executeTakeFirst()
    return spent !== undefined
  }

  async findVersionsByBlob(sha256: Sha256): Promise<VersionRecord[]> {
    if (!isStorable(sha256)) return []
    return this.#liveVersions()
      .where((query) =>
        query.exists(
          query
            .selectFrom('artifact')
            .whereRef('artifact.template', '=', 'version.template')
            .whereRef('artifact.version', '=', 'version.name')
            .where('artifact.sha256', '=', sha256)
            .select('artifact.sha256'),
        ),
      )
      .orderBy('version.seq')
      .execute()
  }

  async putVersion(
    record: VersionRecord,
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
  ): Promise<void> {
    assertStorable(record.manifest.version, 'version')
    await this.#db.transaction().execute(async (transaction) => {
      await insertTemplate(transaction, record.manifest.template)
      await holdOrigin(transaction, record)
      await insertVersion(transaction, record)
      await replaceArtifacts(transaction, record)
      for (const [sha256, entries] of indexes) await writeEntries(transaction, sha256, entries)
    })
  }

  async setState(template: string, version: string, state: VersionState): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const from = await this.#lockVersion(transaction, template, version)
      if (!mayBecome(from, state))
        throw wrongState(template, version, from, `a state that may become ${state}`)
      await changeState(transaction, template, version, state)
    })
  }

  async abandonBuild(template: string, version: string): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const from = await this.#lockVersion(transaction, template, version).catch(whenVersionIsGone)
      if (from !== 'building') return false
      await changeState(transaction, template, version, 'deleted')
      return true
    })
  }

  entries(sha256: Sha256): AsyncIterable<Entry> {
    return readEntries(this.#db, sha256)
  }

  async setChannel(template: string, channel: string, version: string): Promise<void> {
    assertStorable(channel, 'channel')
    await this.#db.transaction().execute(async (transaction) => {
      const state = await this.#lockVersion(transaction, template, version)
      if (state !== 'ready') throw wrongState(template, version, state, 'ready')
      await transaction
        .insertInto('channel')
        .values({ template, name: channel, version })
        .onConflict((conflict) =>
          conflict.columns(['template', 'name']).doUpdateSet({ version, moved_at: sql`now()` }),
        )
        .execute()
    })
  }

  async listUnreleased(): Promise<Manifest[]> {
    const rows = await this.#db
      .selectFrom('version')
      .select('manifest')
      .where('state', '=', 'deleted')
      .where(sql`manifest -> 'madeFrom'`, 'is not', null)
      .orderBy('seq')
      .execute()
    return rows.map(({ manifest }) => manifest)
  }

  async setReleased(template: string, version: string): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('version')
        .select('manifest')
        .where('template', '=', template)
        .where('name', '=', version)
        .where('state', '=', 'deleted')
        .forUpdate()
        .executeTakeFirst()
      if (!row) return
      const { madeFrom: _, ...manifest } = row.manifest
      await transaction
        .updateTable('version')
        .set({ manifest: JSON.stringify(manifest) })
        .where('template', '=', template)
        .where('name', '=', version)
        .execute()
    })
  }

  /** Also what the plans of open installs name: a host may be fetching it this moment. */
  async referencedBlobs(): Promise<Set<Sha256>> {
    const { rows } = await sql<{ sha256: string }>`
      select artifact.sha256
        from artifact join version on version.template = artifact.template and version.name = artifact.version
       where version.state <> 'deleted'
       union
      select found.digest[1]
        from install, regexp_matches(install.plan::text, '"([0-9a-f]{64})"', 'g') as found (digest)
       where install.state in (${sql.join([...openInstallStates])})`.execute(this.#db)
    return new Set(rows.map(({ sha256 }) => sha256))
  }

  #liveVersions() {
    return this.#db
      .selectFrom('version')
      .select(['version.manifest', 'version.state'])
      .where('version.state', '<>', 'deleted')
  }

  async #summaries(name?: string): Promise<TemplateSummary[]> {
    const { rows } = await sql<Omit<TemplateSummary, 'latest'> & { latest: string | null }>`
      select template.name, template.public,
             (select coalesce(json_object_agg(channel.name, channel.version order by channel.name), '{}')
                from channel where channel.template = template.name) as channels,
             (select count(*)::integer from version
               where version.template = template.name and version.state <> 'deleted') as versions,
             (select version.name from version
               where version.template = template.name and version.state = 'ready'
               order by version.seq desc limit 1) as latest
        from template
       where ${name === undefined ? sql`true` : sql`template.name = ${name}`}
       order by template.name collate "C"`.execute(this.#db)
    return rows.map((row) => ({ ...row, latest: row.latest ?? undefined }))
  }

  async #assertTemplate(db: Kysely<Tables>, template: string): Promise<void> {
    const found = await db
      .selectFrom('template')
      .select('name')
      .where(
        'name',
        '=',
        key(template, () => templateNotFound(template)),
      )
      .executeTakeFirst()
    if (!found) throw templateNotFound(template)
  }

  /** The state of a version whose row is held until the transaction ends. */
  async #lockVersion(
    transaction: Transaction<Tables>,
    template: string,
    version: string,
  ): Promise<VersionState> {
    await this.#assertTemplate(transaction, template)
    const row = await transaction
      .selectFrom('version')
      .select('state')
      .where('template', '=', template)
      .where(
        'name',
        '=',
        key(version, () => versionNotFound(template, version)),
      )
      .forUpdate()
      .executeTakeFirst()
    if (!row || row.state === 'deleted') throw versionNotFound(template, version)
    return row.state
  }
}

/** A name to look up; one that the database could not even hold is not there. */
function key(name: string, missing: () => Error): string {
  if (!isStorable(name)) throw missing()
  return name
}

async function insertTemplate(db: Kysely<Tables>, name: string): Promise<void> {
  assertStorable(name, 'template name')
  await db
    .insertInto('template')
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Keeps the origin from being deleted before this transaction's reference to it can be seen. @throws VersionNotFound when it was */
async function holdOrigin(db: Kysely<Tables>, { manifest: { origin } }: VersionRecord): Promise<void> {
  if (!origin) return
  const held = await db
    .selectFrom('version')
    .select('state')
    .where('template', '=', origin.template)
    .where('name', '=', origin.version)
    .forShare()
    .executeTakeFirst()
  if (!held || held.state === 'deleted') throw versionNotFound(origin.template, origin.version)
}

/** @throws VersionExists unless the name is free or building, VersionDeleted when one was ready under it; two writers at once: the second waits, then fails. */
async function insertVersion(db: Kysely<Tables>, { manifest, state }: VersionRecord): Promise<void> {
  const values = {
    state,
    manifest: JSON.stringify(manifest),
    origin_template: manifest.origin?.template ?? null,
    origin_version: manifest.origin?.version ?? null,
    was_ready: state === 'ready',
  }
  const written = await db
    .insertInto('version')
    .values({ template: manifest.template, name: manifest.version, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['template', 'name'])
        .doUpdateSet({ ...values, recorded_at: sql`now()` })
        .where('version.state', 'in', ['building', 'deleted'])
        .where('version.was_ready', '=', false),
    )
    .returning('name')
    .executeTakeFirst()
  if (written) return
  const there = await db
    .selectFrom('version')
    .select('state')
    .where('template', '=', manifest.template)
    .where('name', '=', manifest.version)
    .executeTakeFirstOrThrow()
  throw there.state === 'deleted'
    ? versionDeleted(manifest.template, manifest.version)
    : versionExists(manifest.template, manifest.version, there.state)
}

async function replaceArtifacts(db: Kysely<Tables>, { manifest }: VersionRecord): Promise<void> {
  const { template, version, artifacts } = manifest
  await db.deleteFrom('artifact').where('template', '=', template).where('version', '=', version).execute()
  if (artifacts.length === 0) return
  await db
    .insertInto('artifact')
    .values(
      artifacts.map(({ sha256, format, compression, size }, position) => ({
        template,
        version,
        position,
        sha256,
        format,
        compression,
        size,
      })),
    )
    .execute()
}

/** The new state of a version whose row is locked. @throws VersionInUse when it is to go and something refers to it */
async function changeState(
  transaction: Transaction<Tables>,
  template: string,
  version: string,
  state: VersionState,
): Promise<void> {
  if (state === 'deleted') await assertUnused(transaction, template, version)
  await transaction
    .updateTable('version')
    .set({ state, ...(state === 'ready' && { was_ready: true }) })
    .where('template', '=', template)
    .where('name', '=', version)
    .execute()
  if (state === 'deleted') await deleteUnusedIndexes(transaction)
}

function whenVersionIsGone(error: unknown): undefined {
  if (error instanceof ProvisionError && error.kind === 'missing') return undefined
  throw error
}

/** @throws VersionInUse when a channel, another version's origin or an open install's plan refers to it */
async function assertUnused(db: Kysely<Tables>, template: string, version: string): Promise<void> {
  const channel = await db
    .selectFrom('channel')
    .select('name')
    .where('template', '=', template)
    .where('version', '=', version)
    .executeTakeFirst()
  if (channel) throw versionInUse(template, version, `channel ${channel.name}`)
  const clone = await db
    .selectFrom('version')
    .select(['template', 'name'])
    .where('origin_template', '=', template)
    .where('origin_version', '=', version)
    .where('state', '<>', 'deleted')
    .executeTakeFirst()
  if (clone) throw versionInUse(template, version, `${clone.template}@${clone.name}, whose origin it is`)
  const install = await db
    .selectFrom('install')
    .innerJoin('artifact', (join) => join.on(sql`strpos(install.plan::text, artifact.sha256)`, '>', 0))
    .select(['install.id', 'install.host'])
    .where('install.state', 'in', [...openInstallStates])
    .where('artifact.template', '=', template)
    .where('artifact.version', '=', version)
    .executeTakeFirst()
  if (install) throw versionInUse(template, version, `the open install ${install.id} of host ${install.host}`)
}
