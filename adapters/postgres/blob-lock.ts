// Keeps those who record a blob and those who collect it from missing each other.
import { sql, type Transaction } from 'kysely'
import type { Sha256 } from '#core/digest.ts'
import type { Tables } from './tables.ts'

/** Apart from the other advisory locks, which have one key. */
const LOCK_SPACE = 0x7a_66_62_6c

/** The first 32 bits; two digests that share them are taken for one, at the price of a blob collected later. */
const keyOf = (sha256: Sha256): number => Number.parseInt(sha256.slice(0, 8), 16) | 0

/** Held until the transaction ends, by any number of those who record something that refers to the blob. */
export async function holdBlob(transaction: Transaction<Tables>, sha256: Sha256): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${LOCK_SPACE}::integer, ${keyOf(sha256)}::integer)`.execute(
    transaction,
  )
}

/** False while somebody holds the blob: what he records cannot be seen yet. */
export async function isBlobUnheld(transaction: Transaction<Tables>, sha256: Sha256): Promise<boolean> {
  const { rows } = await sql<{
    unheld: boolean
  }>`select pg_try_advisory_xact_lock(${LOCK_SPACE}::integer, ${keyOf(sha256)}::integer) as unheld`.execute(
    transaction,
  )
  return rows[0]?.unheld === true
}
