import { sql, type Kysely, type Transaction, type Updateable } from 'kysely'
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
import { ProvisionError } from '#core/errors.ts'
import { Retention } from '#core/retention/policy.ts'
import { assertStorable, isStorable, toStorable } from '#core/storable-text.ts'
import {
  blobCollected,
  templateKindMixed,
  templateNotFound,
  versionDeleted,
  versionExists,
  versionNotFound,
  wrongState,
} from '#core/store-errors.ts'
import { mayBecome, type VersionState } from '#core/version-state.ts'
import { writeAudit } from './audit-log.ts'
import { holdBlob, isBlobUnheld } from './blob-lock.ts'
import { PostgresChannelStore } from './channel-store.ts'
import { deleteUnusedIndexes, readEntries, writeEntries } from './entry-index.ts'
import type { Tables } from './tables.ts'
import { assertUnused, holdVersion, isOpenNow } from './version-use.ts'

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
      .where((query) =>
        query.exists(
          query
            .selectFrom('artifact')
            .whereRef('artifact.template', '=', 'version.template')
            .whereRef('artifact.version', '=', 'version.name')
            .where(`artifact.${column}`, '=', value)
            .select('artifact.sha256'),
        ),
      )
      .orderBy('version.seq')
      .execute()
  }

  async findVersionsByDigestPrefix(prefix: string): Promise<VersionRecord[]> {
    if (!/^[0-9a-f]{8,64}$/.test(prefix)) return []
    return this.#liveVersions()
      .where((query) =>
        query.exists(
          query
            .selectFrom('artifact')
            .whereRef('artifact.template', '=', 'version.template')
            .whereRef('artifact.version', '=', 'version.name')
            // digits come before letters in every collation
            .where('artifact.sha256', '>=', prefix)
            .where('artifact.sha256', '<=', prefix.padEnd(64, 'f'))
            .select('artifact.sha256'),
        ),
      )
      .orderBy('version.seq')
      .execute()
  }

  async setMd5(sha256: Sha256, md5: Md5): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .selectFrom('version')
        .select(['template', 'name', 'manifest'])
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

  /** Also what the plans of open installs and unfinished builds name: somebody may be fetching it this moment; and the files of images on their way. */
  async referencedBlobs(): Promise<Set<Sha256>> {
    const { rows } = await sql<{ sha256: string }>`
      select artifact.sha256
        from artifact join version on version.template = artifact.template and version.name = artifact.version
       where version.state <> 'deleted'
       union ${digestsInPlans()} union ${digestsInBuilds()} union ${digestsInImages()}`.execute(this.#db)
    return new Set(rows.map(({ sha256 }) => sha256))
  }

  async isUnreferenced(sha256: Sha256): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      if (!(await isBlobUnheld(transaction, sha256))) return false
      const { rows } = await sql<{ isReferenced: boolean }>`
        select exists (
          select from artifact join version on version.template = artifact.template and version.name = artifact.version
           where version.state <> 'deleted' and artifact.sha256 = ${sha256})
            or ${sha256} in (${digestsInPlans()} union ${digestsInBuilds()} union ${digestsInImages()}) as "isReferenced"`.execute(
        transaction,
      )
      return rows[0]?.isReferenced === false
    })
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

/** Every digest that stands in the plan of an open install. */
const digestsInPlans = () => sql`
  select found.digest[1]
    from install, regexp_matches(install.plan::text, '"([0-9a-f]{64})"', 'g') as found (digest)
   where ${isOpenNow()}`

/**
 * The recipe's bundle, the media and the origin of builds that are not over; of those that are, for whoever is told how they
 * ended and for removing zones that were kept.
 */
const digestsInBuilds = () => sql`
  select found.digest[1]
    from build, regexp_matches(build.inputs::text, '"([0-9a-f]{64})"', 'g') as found (digest)
   where build.state in ('waiting', 'running') or build.zone_kept
      or build.finished_at > clock_timestamp() - interval '1 day'`

/** The files of images that are not activated yet. */
const digestsInImages = () =>
  sql`select image.sha256 from image where image.state <> 'active' and image.sha256 is not null`

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

async function insertTemplate(db: Kysely<Tables>, name: string): Promise<void> {
  assertStorable(name, 'template name')
  await db
    .insertInto('template')
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The first ready version says what the template is of. @throws TemplateKindMixed */
async function holdKind(
  transaction: Transaction<Tables>,
  { manifest: { template, kind = 'zone' }, state }: VersionRecord,
): Promise<void> {
  if (state === 'ready') {
    await transaction
      .updateTable('template')
      .set({ kind })
      .where('name', '=', template)
      .where('kind', 'is', null)
      .execute()
  }
  const there = await transaction
    .selectFrom('template')
    .select('kind')
    .where('name', '=', template)
    .executeTakeFirstOrThrow()
  if (there.kind !== null && there.kind !== kind) throw templateKindMixed(template, kind, there.kind)
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
      artifacts.map(({ sha256, format, compression, size, guid }, position) => ({
        template,
        version,
        position,
        sha256,
        format,
        compression,
        size,
        guid: guid ?? null,
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
  revocation?: Revocation,
): Promise<void> {
  if (state === 'deleted') await assertUnused(transaction, template, version)
  await transaction
    .updateTable('version')
    .set({
      state,
      ...(state === 'ready' && { was_ready: true }),
      revoked_why: state === 'revoked' && revocation?.why !== undefined ? toStorable(revocation.why) : null,
      revoked_at: state === 'revoked' ? (revocation?.at ?? new Date()) : null,
    })
    .where('template', '=', template)
    .where('name', '=', version)
    .execute()
  if (state === 'deleted') await deleteUnusedIndexes(transaction)
}

function whenVersionIsGone(error: unknown): undefined {
  if (error instanceof ProvisionError && error.kind === 'missing') return undefined
  throw error
}
