import { sql, type Kysely } from 'kysely'
import type { ApiToken, TokenStore } from '#app/ports/access.ts'
import type { Clock } from '#app/ports/queue.ts'
import { hashSecret, isSecret, newSecret } from '#adapters/secret/secret.ts'
import type { Role } from '#core/role.ts'
import { assertStorable } from '#core/storable-text.ts'
import { tokenNotFound } from '#core/store-errors.ts'
import { isUuid } from './uuid.ts'
import type { Tables } from './tables.ts'

/** `lastUsedAt` is this exact, so that a busy token is not a write for each request. */
const LAST_USED_STEP_MS = 60_000

/** Serialises servers that start together on an empty database. */
const FIRST_ADMIN_LOCK = 0x7a_66_61_64

/** API tokens in PostgreSQL. */
export class PostgresTokenStore implements TokenStore {
  readonly #db: Kysely<Tables>
  readonly #clock: Clock

  constructor(db: Kysely<Tables>, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  async create(
    name: string,
    role: Role,
    templates?: readonly string[],
  ): Promise<{ token: ApiToken; secret: string }> {
    assertStorable(name, 'token name')
    return insertToken(this.#db, { name, role, templates }, this.#clock.now())
  }

  /**
   * Makes the first admin token when there is no token at all; undefined when there is one. `keep` gets the secret
   * before the token counts: a crash in between leaves no token that nobody knows.
   */
  async ensureFirstAdmin(keep: (secret: string) => Promise<void>): Promise<string | undefined> {
    return this.#db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${FIRST_ADMIN_LOCK})`.execute(transaction)
      const there = await transaction.selectFrom('api_token').select('id').limit(1).executeTakeFirst()
      if (there) return undefined
      const { secret } = await insertToken(
        transaction,
        { name: 'first-admin', role: 'admin' },
        this.#clock.now(),
      )
      await keep(secret)
      return secret
    })
  }

  async authenticate(secret: string): Promise<ApiToken | undefined> {
    if (!isSecret('zf_', secret)) return undefined
    const row = await this.#db
      .selectFrom('api_token')
      .select(columns)
      .where('secret_hash', '=', hashSecret(secret))
      .executeTakeFirst()
    if (!row) return undefined
    const now = this.#clock.now()
    if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() >= LAST_USED_STEP_MS) {
      row.last_used_at = now
      await this.#db.updateTable('api_token').set({ last_used_at: now }).where('id', '=', row.id).execute()
    }
    return toToken(row)
  }

  async list(): Promise<ApiToken[]> {
    const rows = await this.#db
      .selectFrom('api_token')
      .select(columns)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return rows.map(toToken)
  }

  async revoke(id: string): Promise<void> {
    if (!isUuid(id)) throw tokenNotFound(id)
    const { numDeletedRows } = await this.#db.deleteFrom('api_token').where('id', '=', id).executeTakeFirst()
    if (numDeletedRows === 0n) throw tokenNotFound(id)
  }
}

const columns = ['id', 'name', 'role', 'templates', 'created_at', 'last_used_at'] as const

interface Row {
  id: string
  name: string
  role: Role
  templates: string[] | null
  created_at: Date
  last_used_at: Date | null
}

async function insertToken(
  db: Kysely<Tables>,
  { name, role, templates }: Pick<ApiToken, 'name' | 'role' | 'templates'>,
  now: Date,
): Promise<{ token: ApiToken; secret: string }> {
  const secret = newSecret('zf_')
  const row = await db
    .insertInto('api_token')
    .values({
      name,
      role,
      ...(templates && { templates: [...templates] }),
      secret_hash: hashSecret(secret),
      created_at: now,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return { token: toToken(row), secret }
}

function toToken(row: Row): ApiToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    ...(row.templates && { templates: row.templates }),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString(),
  }
}
