import { sql, type Kysely, type RawBuilder, type Transaction, type Updateable } from 'kysely'
import type { AuditEntry } from '#app/ports/access.ts'
import type {
  Revocation,
  TemplateCatalog,
  TemplateSummary,
  VersionId,
  VersionRecord,
} from '#app/ports/catalog.ts'
import { sortedClients, type Client } from '#core/client.ts'
import type { Md5, Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout, Artifact, Manifest, TemplateKind } from '#core/manifest.ts'
import { ProvisionError, unlessMissing } from '#core/errors.ts'
import { Retention } from '#core/retention/policy.ts'
import { assertStorable, isStorable } from '#core/storable-text.ts'
import { blobCollected, templateNotFound, versionNotFound, wrongState } from '#core/store-errors.ts'
import { mayBecome, type VersionState } from '#core/version-state.ts'
import { writeAudit } from './audit-log.ts'
import { holdBlob } from './blob-lock.ts'
import { isUnreferenced, referencedBlobs } from './blob-references.ts'
import { PostgresChannelStore } from './channel-store.ts'
import { readEntries, writeEntries } from './entry-index.ts'
import type { Tables } from './tables.ts'
import { changeState, holdKind, insertTemplate, insertVersion, replaceArtifacts } from './version-rows.ts'
import { holdVersion } from './version-use.ts'

/** The catalog in PostgreSQL. A deleted version stays as a row that nothing but `putVersion` sees. */
export class PostgresTemplateCatalog implements TemplateCatalog {
  readonly #db: Kysely<Tables>
  readonly #keepBlob: (sha256: Sha256) => Promise<void>

  /** `keepBlob`: as `BlobStore.keep`, of the store that has the artifacts. */
  constructor(db: Kysely<Tables>, keepBlob: (sha256: Sha256) => Promise<void> = async () => {}) {
    this.#db = db
    this.#keepBlob = keepBlob
  }

  async listTemplates(): Promise<TemplateSummary[]> {
    return this.#summaries()
  }

  async ensureTemplate(name: string): Promise<void> {
    await insertTemplate(this.#db, name)
  }

  async setPublic(name: string, isPublic: boolean): Promise<void> {
    await this.#setAttribute(name, { public: isPublic })
  }

  async setOpenTo(name: string, clients: readonly Client[]): Promise<void> {
    await this.#setAttribute(name, { open_to: sortedClients(clients) })
  }

  async setImageLayout(name: string, layout: ArchiveLayout | undefined): Promise<void> {
    await this.#setAttribute(name, { image_layout: layout ?? null })
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
    return this.#versionsWith('sha256', sha256)
  }

  async findVersionsByGuid(guid: string): Promise<VersionRecord[]> {
    return this.#versionsWith('guid', guid)
  }

  /** Those of which an artifact has it, oldest first. */
  async #versionsWith(column: 'sha256' | 'guid', value: string): Promise<VersionRecord[]> {
    if (!isStorable(value)) return []
    return this.#liveVersions()
      .where(hasArtifact(sql`${sql.ref(`artifact.${column}`)} = ${value}`))
      .orderBy('version.seq')
      .execute()
  }

  async findVersionsByDigestPrefix(prefix: string): Promise<VersionRecord[]> {
    if (!/^[0-9a-f]{8,64}$/.test(prefix)) return []
    // digits come before letters in every collation
    const isOfPrefix = sql`artifact.sha256 between ${prefix} and ${prefix.padEnd(64, 'f')}`
    return this.#liveVersions().where(hasArtifact(isOfPrefix)).orderBy('version.seq').execute()
  }

  async setMd5(sha256: Sha256, md5: Md5): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .selectFrom('version')
        .select(['template', 'name', 'manifest'])
        .where(hasArtifact(sql`artifact.sha256 = ${sha256}`))
        .orderBy('seq')
        .forUpdate()
        .execute()
      for (const { template, name, manifest } of rows) {
        const artifacts = manifest.artifacts.map((one) => (one.sha256 === sha256 ? { ...one, md5 } : one))
        await transaction
          .updateTable('version')
          .set({ manifest: JSON.stringify({ ...manifest, artifacts }) })
          .where('template', '=', template)
          .where('name', '=', name)
          .execute()
      }
    })
  }

  async putVersion(
    record: VersionRecord,
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
  ): Promise<void> {
    assertStorable(record.manifest.version, 'version')
    await this.#db.transaction().execute(async (transaction) => {
      await insertTemplate(transaction, record.manifest.template)
      await holdKind(transaction, record)
      if (record.manifest.origin) await holdVersion(transaction, record.manifest.origin)
      await insertVersion(transaction, record)
      await replaceArtifacts(transaction, record)
      for (const [sha256, entries] of indexes) await writeEntries(transaction, sha256, entries)
      await this.#holdBlobs(transaction, record.manifest, record.manifest.artifacts)
    })
  }

  async addArtifacts(
    { template, version }: VersionId,
    artifacts: readonly Artifact[],
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
    { at, ...entry }: AuditEntry & { at: Date },
  ): Promise<Artifact[]> {
    return this.#db.transaction().execute(async (transaction) => {
      const state = await this.#lockVersion(transaction, template, version)
      if (state !== 'ready') throw wrongState(template, version, state, 'ready')
      const { manifest } = await transaction
        .selectFrom('version')
        .select('manifest')
        .where('template', '=', template)
        .where('name', '=', version)
        .executeTakeFirstOrThrow()
      const added = artifacts.filter(
        ({ sha256 }) => !manifest.artifacts.some((there) => there.sha256 === sha256),
      )
      if (added.length === 0) return []
      const record = { state, manifest: { ...manifest, artifacts: [...manifest.artifacts, ...added] } }
      await transaction
        .updateTable('version')
        .set({ manifest: JSON.stringify(record.manifest) })
        .where('template', '=', template)
        .where('name', '=', version)
        .execute()
      await replaceArtifacts(transaction, record)
      for (const { sha256 } of added) {
        const entries = indexes.get(sha256)
        if (entries) await writeEntries(transaction, sha256, entries)
      }
      await this.#holdBlobs(transaction, manifest, added)
      await writeAudit(transaction, entry, at)
      return added
    })
  }

  async setState(
    template: string,
    version: string,
    state: VersionState,
    revocation?: Revocation,
  ): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const from = await this.#lockVersion(transaction, template, version)
      if (!mayBecome(from, state))
        throw wrongState(template, version, from, `a state that may become ${state}`)
      await changeState(transaction, template, version, state, revocation)
    })
  }

  async abandonBuild(template: string, version: string): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const from = await this.#lockVersion(transaction, template, version).catch(unlessMissing)
      if (from !== 'building') return false
      await changeState(transaction, template, version, 'deleted')
      return true
    })
  }

  entries(sha256: Sha256): AsyncIterable<Entry> {
    return readEntries(this.#db, sha256)
  }

  async setChannel(template: string, channel: string, version: string): Promise<void> {
    const at = new Date()
    await new PostgresChannelStore(this.#db).change(template, at, () => ({
      moves: [{ channel, to: version, kind: 'promote', actor: 'zoneflash' }],
    }))
  }

  async listUnreleased(): Promise<Manifest[]> {
    const rows = await this.#db
      .selectFrom('version')
      .select('manifest')
      .where('state', '=', 'deleted')
      // no JSON function: they refuse a manifest with \u0000 anywhere in it
      .where(sql`strpos(manifest::text, '"madeFrom":')`, '>', sql<number>`0`)
      .orderBy('seq')
      .execute()
    return rows.map(({ manifest }) => manifest).filter(({ madeFrom }) => madeFrom !== undefined)
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

  async referencedBlobs(): Promise<Set<Sha256>> {
    return referencedBlobs(this.#db)
  }

  async isUnreferenced(sha256: Sha256): Promise<boolean> {
    return this.#db.transaction().execute((transaction) => isUnreferenced(transaction, sha256))
  }

  async listRetention(): Promise<Map<string, Retention>> {
    const rows = await this.#db
      .selectFrom('template')
      .select(['name', 'retention'])
      .where('retention', 'is not', null)
      .execute()
    return new Map(rows.map(({ name, retention }) => [name, Retention.parse(retention)]))
  }

  async setRetention(template: string, retention: Retention): Promise<void> {
    await this.#setAttribute(template, { retention: JSON.stringify(retention) })
  }

  /** @throws TemplateNotFound */
  async #setAttribute(name: string, columns: Updateable<Tables['template']>): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('template')
      .set(columns)
      .where(
        'name',
        '=',
        key(name, () => templateNotFound(name)),
      )
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw templateNotFound(name)
  }

  #liveVersions() {
    return this.#db
      .selectFrom('version')
      .select(['version.manifest', 'version.state'])
      .where('version.state', '<>', 'deleted')
  }

  async #summaries(name?: string): Promise<TemplateSummary[]> {
    const { rows } = await sql<SummaryRow>`
      select template.name, template.public, template.open_to as "openTo", template.image_layout as "imageLayout",
             template.kind,
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
    return rows.map(({ imageLayout, kind, ...row }) => ({
      ...row,
      ...(kind !== null && { kind }),
      openTo: sortedClients(row.openTo),
      ...(imageLayout !== null && { imageLayout }),
      latest: row.latest ?? undefined,
    }))
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

  /** From here on no collection takes them. @throws BlobCollected */
  async #holdBlobs(
    transaction: Transaction<Tables>,
    { template, version }: VersionId,
    artifacts: readonly Artifact[],
  ): Promise<void> {
    for (const { sha256 } of artifacts) {
      await holdBlob(transaction, sha256)
      await this.#keepBlob(sha256).catch((error: unknown) => {
        if (!(error instanceof ProvisionError) || error.code !== 'BlobNotFound') throw error
        throw blobCollected(template, version, sha256)
      })
    }
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

/** Whether one of a version's artifacts fulfils the condition. */
const hasArtifact = (condition: RawBuilder<unknown>) => sql<boolean>`exists (
  select from artifact where artifact.template = version.template and artifact.version = version.name and ${condition})`

type SummaryRow = Omit<TemplateSummary, 'latest' | 'imageLayout' | 'kind'> & {
  kind: TemplateKind | null
  latest: string | null
  imageLayout: ArchiveLayout | null
}

/** A name to look up; one that the database could not even hold is not there. */
function key(name: string, missing: () => Error): string {
  if (!isStorable(name)) throw missing()
  return name
}
