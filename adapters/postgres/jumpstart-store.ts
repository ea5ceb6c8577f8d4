import { createHash } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { JumpStartStore, StoredDirectory } from '#app/ports/jumpstart.ts'
import type { Clock } from '#app/ports/queue.ts'
import type { JumpStartDirectory, RevisionNote } from '#core/jumpstart/directory.ts'
import { toStorable } from '#core/storable-text.ts'
import { jumpStartChanged, revisionNotFound } from '#core/store-errors.ts'
import type { Tables } from './tables.ts'

type Row = Selectable<Tables['jumpstart_revision']>

/** Revisions of the JumpStart directory in PostgreSQL; texts are kept once, by their sha256. */
export class PostgresJumpStartStore implements JumpStartStore {
  readonly #db: Kysely<Tables>
  readonly #clock: Clock

  constructor(db: Kysely<Tables>, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  async get(revision: number): Promise<StoredDirectory> {
    // what the column cannot hold is no revision
    if (!Number.isInteger(revision) || revision < 1 || revision > 0x7fffffff) throw revisionNotFound(revision)
    const row = await this.#db
      .selectFrom('jumpstart_revision')
      .selectAll()
      .where('revision', '=', revision)
      .executeTakeFirst()
    if (!row) throw revisionNotFound(revision)
    return this.#directoryOf(row)
  }

  async list(limit: number): Promise<(RevisionNote & { revision: number })[]> {
    const rows = await this.#db
      .selectFrom('jumpstart_revision')
      .select(['revision', 'actor', 'why', 'at'])
      .orderBy('revision', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({ revision: row.revision, ...noteOf(row) }))
  }

  async put(
    expected: number,
    { rules, files }: Omit<JumpStartDirectory, 'revision'>,
    { actor, why }: { actor: string; why: string | undefined },
  ): Promise<StoredDirectory> {
    const revision = expected + 1
    const named = Object.entries(files).map(([path, { text, mode }]) => ({
      path,
      text,
      mode,
      sha256: sha256Of(text),
    }))
    const texts = new Map([rules, ...named.map(({ text }) => text)].map((text) => [sha256Of(text), text]))
    await this.#db.transaction().execute(async (transaction) => {
      for (const [sha256, text] of texts)
        await transaction
          .insertInto('jumpstart_text')
          .values({ sha256, text })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto('jumpstart_revision')
        .values({
          revision,
          rules: sha256Of(rules),
          files: JSON.stringify(
            Object.fromEntries(named.map(({ path, sha256, mode }) => [path, { sha256, mode }])),
          ),
          actor: toStorable(actor),
          why: why === undefined ? null : toStorable(why),
          at: this.#clock.now(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      const before = await transaction
        .selectFrom('jumpstart_revision')
        .select('revision')
        .where('revision', '<', revision)
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows !== 1n || (before?.revision ?? 0) !== expected)
        throw jumpStartChanged(expected)
    })
    return this.get(revision)
  }

  async #directoryOf(row: Row): Promise<StoredDirectory> {
    const files = Object.entries(row.files)
    const wanted = [...new Set([row.rules, ...files.map(([, { sha256 }]) => sha256)])]
    const rows = await this.#db
      .selectFrom('jumpstart_text')
      .selectAll()
      .where('sha256', 'in', wanted)
      .execute()
    const texts = new Map(rows.map(({ sha256, text }) => [sha256, text]))
    return {
      revision: row.revision,
      rules: texts.get(row.rules) ?? '',
      files: Object.fromEntries(
        files.map(([path, { sha256, mode }]) => [path, { text: texts.get(sha256) ?? '', mode }]),
      ),
      ...noteOf(row),
    }
  }
}

const noteOf = ({ actor, why, at }: Pick<Row, 'actor' | 'why' | 'at'>): RevisionNote => ({
  actor,
  why: why ?? undefined,
  at: at.toISOString(),
})

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')
