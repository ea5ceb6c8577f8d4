import { sql, type Kysely, type Selectable } from 'kysely'
import type { VersionId } from '#app/ports/catalog.ts'
import type { ImageStore, PublishedImage } from '#app/ports/images.ts'
import type { Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import {
  imageFileReplaced,
  imageFilesImmutable,
  imageNotFound,
  imageUuidExists,
  imageVersionTaken,
} from '#core/images/errors.ts'
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { Uuid } from '#core/images/uuid.ts'
import type { Artifact } from '#core/manifest.ts'
import { blobCollected } from '#core/store-errors.ts'
import { holdBlob } from './blob-lock.ts'
import { writeEntries } from './entry-index.ts'
import type { Tables } from './tables.ts'

const UNIQUE_VIOLATION = '23505'

/** Published images in PostgreSQL. */
export class PostgresImageStore implements ImageStore {
  readonly #db: Kysely<Tables>
  readonly #keepBlob: (sha256: string) => Promise<void>

  /** `keepBlob`: as `BlobStore.keep`, of the store that has the files. */
  constructor(db: Kysely<Tables>, keepBlob: (sha256: string) => Promise<void> = async () => {}) {
    this.#db = db
    this.#keepBlob = keepBlob
  }

  async create({ uuid, template, version, manifest, createdBy, createdAt }: NewImage): Promise<void> {
    const created = await this.#db
      .insertInto('image')
      .values({
        uuid,
        template,
        version,
        state: 'unactivated',
        manifest: JSON.stringify(manifest),
        created_by: createdBy,
        created_at: createdAt,
        touched_at: createdAt,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('uuid')
      .executeTakeFirst()
    if (!created) throw imageUuidExists(uuid)
  }

  async find(uuid: Uuid): Promise<PublishedImage | undefined> {
    const row = await this.#db.selectFrom('image').selectAll().where('uuid', '=', uuid).executeTakeFirst()
    return row && toImage(row)
  }

  async setFile(
    uuid: Uuid,
    artifact: Artifact,
    entries: AsyncIterable<Entry> | Iterable<Entry>,
  ): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('image')
        .select(['state', 'template', 'version'])
        .where('uuid', '=', uuid)
        .forUpdate()
        .executeTakeFirst()
      if (!row) throw imageNotFound(uuid)
      if (row.state !== 'unactivated') throw imageFilesImmutable(uuid)
      const { sha256 } = artifact
      if (artifact.entries !== undefined) await writeEntries(transaction, sha256, entries)
      await transaction
        .updateTable('image')
        .set({ artifact: JSON.stringify(artifact), sha256 })
        .where('uuid', '=', uuid)
        .execute()
      await holdBlob(transaction, sha256)
      await this.#keepBlob(sha256).catch((error: unknown) => {
        if (!(error instanceof ProvisionError) || error.code !== 'BlobNotFound') throw error
        throw blobCollected(row.template, row.version, sha256)
      })
    })
  }

  async touch(uuid: Uuid, now: Date): Promise<void> {
    await this.#db.updateTable('image').set({ touched_at: now }).where('uuid', '=', uuid).execute()
  }

  async settle(uuid: Uuid, sha256: Sha256): Promise<void> {
    const image = await this.find(uuid)
    if (!image) throw imageNotFound(uuid)
    const { numUpdatedRows } = await this.#db
      .updateTable('image')
      .set({ state: sql`case state when 'unactivated' then 'activating' else state end` })
      .where('uuid', '=', uuid)
      .where('sha256', '=', sha256)
      .executeTakeFirst()
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error
        throw imageVersionTaken(image.template, image.version)
      })
    if (numUpdatedRows === 0n) throw imageFileReplaced(uuid)
  }

  async release(uuid: Uuid): Promise<void> {
    await this.#db
      .updateTable('image')
      .set({ state: 'unactivated' })
      .where('uuid', '=', uuid)
      .where('state', '=', 'activating')
      .execute()
  }

  async setActive(uuid: Uuid, manifest: PublishedManifest): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('image')
      .set({ state: 'active', manifest: JSON.stringify(manifest) })
      .where('uuid', '=', uuid)
      .where('state', '<>', 'unactivated')
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw imageNotFound(uuid)
  }

  async remove(uuid: Uuid): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('image')
      .where('uuid', '=', uuid)
      .where('state', '=', 'unactivated')
      .executeTakeFirst()
    return numDeletedRows > 0n
  }

  async findActive({ template, version }: VersionId): Promise<PublishedImage | undefined> {
    const row = await this.#active()
      .where('image.template', '=', template)
      .where('image.version', '=', version)
      .executeTakeFirst()
    return row && toImage(row)
  }

  async listActive(): Promise<PublishedImage[]> {
    const rows = await this.#active().orderBy('image.uuid').execute()
    return rows.map(toImage)
  }

  #active() {
    return this.#db
      .selectFrom('image')
      .selectAll('image')
      .innerJoin('version', (join) =>
        join.onRef('version.template', '=', 'image.template').onRef('version.name', '=', 'image.version'),
      )
      .where('image.state', '=', 'active')
      .where('version.state', '<>', 'deleted')
  }

  async sweep(before: Date): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('image')
      .where('state', '=', 'unactivated')
      .where('touched_at', '<', before)
      .executeTakeFirst()
    return Number(numDeletedRows)
  }
}

type NewImage = Parameters<ImageStore['create']>[0]

function toImage(row: Selectable<Tables['image']>): PublishedImage {
  const { uuid, template, version, state, manifest, artifact } = row
  return {
    uuid,
    template,
    version,
    state,
    manifest,
    ...(artifact && { artifact }),
    createdBy: row.created_by,
    createdAt: row.created_at,
  }
}
