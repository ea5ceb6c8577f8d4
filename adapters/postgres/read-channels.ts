import { sql, type Kysely } from 'kysely'
import { z } from 'zod'
import { PromotePolicy, type ChannelMove, type TemplateChannels } from '#core/channel/schema.ts'
import { templateNotFound } from '#core/store-errors.ts'
import type { VersionState } from '#core/version-state.ts'
import { blockedVersions } from './lineage.ts'
import type { Tables } from './tables.ts'

/** All that decides about a template's channels; `db` is a transaction when it has to be of one moment. @throws TemplateNotFound */
export async function readChannels(db: Kysely<Tables>, template: string): Promise<TemplateChannels> {
  const found = await db
    .selectFrom('template')
    .select(['promote_policy', 'failure_hooks'])
    .where('name', '=', template)
    .executeTakeFirst()
  if (!found) throw templateNotFound(template)
  const channels = await db
    .selectFrom('channel')
    .select(['name', 'version'])
    .where('template', '=', template)
    .orderBy(sql`name collate "C"`)
    .execute()
  const canaries: Record<string, string[]> = {}
  const canaryRows = await db
    .selectFrom('canary')
    .select(['channel', 'host'])
    .where('template', '=', template)
    .orderBy(sql`host collate "C"`)
    .execute()
  for (const { channel, host } of canaryRows) (canaries[channel] ??= []).push(host)
  return {
    template,
    channels: Object.fromEntries(channels.map(({ name, version }) => [name, version])),
    moves: await readMoves(db, template),
    versions: await readVersions(db, template),
    policy: found.promote_policy === null ? undefined : PromotePolicy.parse(found.promote_policy),
    hooks: z.array(z.string()).parse(found.failure_hooks ?? []),
    canaries,
  }
}

async function readMoves(db: Kysely<Tables>, template: string): Promise<ChannelMove[]> {
  const rows = await db
    .selectFrom('channel_move')
    .selectAll()
    .where('template', '=', template)
    .orderBy('seq')
    .execute()
  return rows.map(({ channel, from_version: from, to_version: to, kind, actor, why, at }) => ({
    template,
    channel,
    ...(from !== null && { from }),
    to,
    kind,
    actor,
    ...(why !== null && { why }),
    at: at.toISOString(),
  }))
}

async function readVersions(db: Kysely<Tables>, template: string): Promise<TemplateChannels['versions']> {
  const { rows } = await sql<{
    version: string
    state: VersionState
    createdAt: string
    heldBack: string | null
  }>`
    select name as version, state, held_back as "heldBack",
           -- no JSON function: they refuse a manifest with \\u0000 anywhere in it
           substring(manifest::text from '"createdAt":"([^"]*)"') as "createdAt"
      from version
     where template = ${template} and state <> 'deleted'
     order by seq`.execute(db)
  const blocks = new Map(
    (await blockedVersions(db, template)).map(({ version, by }) => [version, by] as const),
  )
  return rows.map((row) => ({
    ...row,
    heldBack: row.heldBack ?? undefined,
    blockedBy: blocks.get(row.version),
  }))
}
