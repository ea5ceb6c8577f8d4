// The rows of templates, versions and artifacts, one change each; the catalog puts them together in transactions.
import { sql, type Kysely, type Transaction } from 'kysely'
import type { Revocation, VersionRecord } from '#app/ports/catalog.ts'
import { assertStorable, toStorable } from '#core/storable-text.ts'
import { templateKindMixed, versionDeleted, versionExists } from '#core/store-errors.ts'
import type { VersionState } from '#core/version-state.ts'
import { deleteUnusedIndexes } from './entry-index.ts'
import type { Tables } from './tables.ts'
import { assertUnused } from './version-use.ts'

/** Nothing happens when it is there. */
export async function insertTemplate(db: Kysely<Tables>, name: string): Promise<void> {
  assertStorable(name, 'template name')
  await db
    .insertInto('template')
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The first ready version says what the template is of. @throws TemplateKindMixed */
export async function holdKind(
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
export async function insertVersion(db: Kysely<Tables>, { manifest, state }: VersionRecord): Promise<void> {
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

/** The rows of its artifacts, in their order. */
export async function replaceArtifacts(db: Kysely<Tables>, { manifest }: VersionRecord): Promise<void> {
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
export async function changeState(
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
