import { sql, type Kysely, type Transaction } from 'kysely'
import { auditEntry } from '#app/channels/audit-entry.ts'
import type { VersionId } from '#app/ports/catalog.ts'
import type { ChannelStore } from '#app/ports/channels.ts'
import type {
  Block,
  ChannelChange,
  ChannelMove,
  MoveKind,
  PromotePolicy,
  TemplateChannels,
} from '#core/channel/schema.ts'
import { assertStorable, isStorable, toStorable } from '#core/storable-text.ts'
import { templateNotFound } from '#core/store-errors.ts'
import { writeAudit } from './audit-log.ts'
import { blockedVersions, withDescendants } from './lineage.ts'
import { readChannels } from './read-channels.ts'
import type { Tables } from './tables.ts'
import { holdVersion } from './version-use.ts'

/**
 * Channels in PostgreSQL. A change holds the template's row: that serialises it with other changes, also of a channel that is
 * not there yet, and stands in nobody's way who records a version.
 */
export class PostgresChannelStore implements ChannelStore {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async read(template: string): Promise<TemplateChannels> {
    if (!isStorable(template)) throw templateNotFound(template)
    return this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((transaction) => readChannels(transaction, template))
  }

  async change(
    template: string,
    at: Date,
    decide: (channels: TemplateChannels) => ChannelChange | undefined,
  ): Promise<ChannelMove[]> {
    if (!isStorable(template)) throw templateNotFound(template)
    return this.#db.transaction().execute(async (transaction) => {
      await sql`select from template where name = ${template} for no key update`.execute(transaction)
      const before = await readChannels(transaction, template)
      const { moves = [], hold } = decide(before) ?? {}
      const channels = { ...before.channels }
      const made: ChannelMove[] = []
      for (const { channel, to, kind, actor, why } of moves) {
        const from = channels[channel]
        if (from !== to) await pointAt(transaction, template, channel, to, at)
        channels[channel] = to
        const move: ChannelMove = {
          template,
          channel,
          ...(from !== undefined && { from }),
          to,
          kind,
          actor: toStorable(actor),
          ...(why !== undefined && { why: toStorable(why) }),
          at: at.toISOString(),
        }
        await writeMove(transaction, move)
        await writeAudit(transaction, auditEntry(move), at)
        made.push(move)
      }
      if (hold) await setHeldBack(transaction, template, hold.version, hold.why)
      return made
    })
  }

  async blocked(template?: string): Promise<(VersionId & { by: Block })[]> {
    if (template !== undefined && !isStorable(template)) return []
    return blockedVersions(this.#db, template)
  }

  async blockOf(template: string, version: string): Promise<Block | undefined> {
    if (!isStorable(template) || !isStorable(version)) return undefined
    const [found] = await blockedVersions(this.#db, template, version)
    return found?.by
  }

  async withDescendants(template: string, version: string): Promise<VersionId[]> {
    if (!isStorable(template) || !isStorable(version)) return []
    return withDescendants(this.#db, template, version)
  }

  async setPolicy(
    template: string,
    policy: PromotePolicy | undefined,
    hooks: readonly string[] = [],
  ): Promise<void> {
    if (!isStorable(template)) throw templateNotFound(template)
    const { numUpdatedRows } = await this.#db
      .updateTable('template')
      .set({
        promote_policy: policy ? JSON.stringify(policy) : null,
        failure_hooks: hooks.length > 0 ? JSON.stringify(hooks) : null,
      })
      .where('name', '=', template)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw templateNotFound(template)
  }

  async withPolicy(): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('template')
      .select('name')
      .where('promote_policy', 'is not', null)
      .orderBy(sql`name collate "C"`)
      .execute()
    return rows.map(({ name }) => name)
  }

  async setCanaries(template: string, channel: string, hosts: readonly string[]): Promise<void> {
    if (!isStorable(template)) throw templateNotFound(template)
    assertStorable(channel, 'channel')
    await this.#db.transaction().execute(async (transaction) => {
      const { rows } = await sql`select from template where name = ${template} for no key update`.execute(
        transaction,
      )
      if (rows.length === 0) throw templateNotFound(template)
      await transaction
        .deleteFrom('canary')
        .where('template', '=', template)
        .where('channel', '=', channel)
        .execute()
      const values = [...new Set(hosts)].map((host) => ({ template, channel, host }))
      if (values.length > 0) await transaction.insertInto('canary').values(values).execute()
    })
  }

  async countMoves(): Promise<Partial<Record<MoveKind, number>>> {
    const rows = await this.#db
      .selectFrom('channel_move')
      .select(['kind', (query) => query.fn.countAll<string>().as('count')])
      .groupBy('kind')
      .execute()
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]))
  }
}

/** Points the channel at a version that is ready now and cannot stop being so before the transaction ends. */
export async function pointAt(
  transaction: Transaction<Tables>,
  template: string,
  channel: string,
  version: string,
  at: Date,
): Promise<void> {
  assertStorable(channel, 'channel')
  await holdVersion(transaction, { template, version }, ['ready'])
  await transaction
    .insertInto('channel')
    .values({ template, name: channel, version, moved_at: at })
    .onConflict((conflict) => conflict.columns(['template', 'name']).doUpdateSet({ version, moved_at: at }))
    .execute()
}

/** One more entry of the history. */
export async function writeMove(
  transaction: Transaction<Tables>,
  { template, channel, from, to, kind, actor, why, at }: ChannelMove,
): Promise<void> {
  await transaction
    .insertInto('channel_move')
    .values({
      template,
      channel,
      from_version: from ?? null,
      to_version: to,
      kind,
      actor,
      why: why ?? null,
      at: new Date(at),
    })
    .execute()
}

async function setHeldBack(
  transaction: Transaction<Tables>,
  template: string,
  version: string,
  why: string | undefined,
): Promise<void> {
  await transaction
    .updateTable('version')
    .set({ held_back: why === undefined ? null : toStorable(why) })
    .where('template', '=', template)
    .where('name', '=', version)
    .execute()
}
