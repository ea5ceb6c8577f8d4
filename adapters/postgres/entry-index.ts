import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import { isStorable } from '#core/storable-text.ts'
import type { Tables } from './tables.ts'

/** How much of an index is in memory at once: entries, and characters for indexes of long names. */
const BATCH_ENTRIES = 2000
const BATCH_CHARACTERS = 1024 * 1024

/**
 * Held shared by transactions that rely on an index and alone by the one that deletes unused indexes: an index that
 * a version not yet committed counts on looks unused to everyone else.
 */
const INDEX_LOCK = 0x7a_66_69_78

/**
 * Writes an artifact's index in batches. The same bytes have the same index: one that is there is kept and
 * `entries` is not read. JSON escapes NUL and unpaired surrogates, so any name that an archive holds survives.
 */
export async function writeEntries(
  transaction: Transaction<Tables>,
  sha256: Sha256,
  entries: AsyncIterable<Entry> | Iterable<Entry>,
): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${INDEX_LOCK})`.execute(transaction)
  const created = await transaction
    .insertInto('entry_index')
    .values({ sha256 })
    .onConflict((conflict) => conflict.doNothing())
    .returning('sha256')
    .executeTakeFirst()
  if (!created) return
  let count = 0
  let position = 0
  for await (const lines of batches(entries, (size) => (count += size)))
    await transaction.insertInto('entry_batch').values({ sha256, position: position++, lines }).execute()
  await transaction.updateTable('entry_index').set({ entries: count }).where('sha256', '=', sha256).execute()
}

async function* batches(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
  counted: (entries: number) => void,
): AsyncGenerator<string> {
  let lines: string[] = []
  let characters = 0
  for await (const entry of entries) {
    const line = JSON.stringify(entry)
    lines.push(line)
    characters += line.length
    if (lines.length < BATCH_ENTRIES && characters < BATCH_CHARACTERS) continue
    counted(lines.length)
    yield lines.join('\n')
    lines = []
    characters = 0
  }
  counted(lines.length)
  if (lines.length > 0) yield lines.join('\n')
}

/** Reads an index batch by batch; a reader that stops early holds nothing open. */
export async function* readEntries(db: Kysely<Tables>, sha256: Sha256): AsyncGenerator<Entry> {
  if (!isStorable(sha256)) return
  for (let position = 0; ; position++) {
    const batch = await db
      .selectFrom('entry_batch')
      .select('lines')
      .where('sha256', '=', sha256)
      .where('position', '=', position)
      .executeTakeFirst()
    if (!batch) return
    // Our own rows, written from Entry values: parsing two million of them again with zod would cost minutes.
    for (const line of batch.lines.split('\n')) yield JSON.parse(line) as Entry
  }
}

/** Deletes the indexes of artifacts that no version has any more; while a version is being written, the next time does. */
export async function deleteUnusedIndexes(transaction: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{
    alone: boolean
  }>`select pg_try_advisory_xact_lock(${INDEX_LOCK}) as alone`.execute(transaction)
  if (rows[0]?.alone !== true) return
  await sql`
    delete from entry_index where not exists (
      select from artifact join version on version.template = artifact.template and version.name = artifact.version
       where artifact.sha256 = entry_index.sha256 and version.state <> 'deleted')
      and not exists (
      select from image where image.sha256 = entry_index.sha256 and image.state <> 'active')`.execute(
    transaction,
  )
}
