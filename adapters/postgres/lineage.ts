import { sql, type Kysely } from 'kysely'
import type { VersionId } from '#app/ports/catalog.ts'
import type { Block } from '#core/channel/schema.ts'
import type { Tables } from './tables.ts'

/** Follows origins upwards from the versions asked for: those with a revoked one in their line, and the nearest such. */
export async function blockedVersions(
  db: Kysely<Tables>,
  template?: string,
  version?: string,
): Promise<(VersionId & { by: Block })[]> {
  const { rows } = await sql<{
    template: string
    version: string
    byTemplate: string
    byVersion: string
    why: string | null
    since: Date | null
  }>`
    with recursive line (template, version, at_template, at_version, depth) as (
        select template, name, template, name, 0
          from version
         where state <> 'deleted'
           and ${template === undefined ? sql`true` : sql`template = ${template}`}
           and ${version === undefined ? sql`true` : sql`name = ${version}`}
      union all
        select line.template, line.version, step.origin_template, step.origin_version, line.depth + 1
          from line
          join version step on step.template = line.at_template and step.name = line.at_version
         where step.origin_template is not null
    ) cycle at_template, at_version set is_cycle using path
    select distinct on (line.template, line.version)
           line.template, line.version,
           revoked.template as "byTemplate", revoked.name as "byVersion",
           revoked.revoked_why as why, revoked.revoked_at as since
      from line
      join version revoked on revoked.template = line.at_template and revoked.name = line.at_version
     where revoked.state = 'revoked'
     order by line.template, line.version, line.depth`.execute(db)
  return rows.map(({ byTemplate, byVersion, why, since, ...id }) => ({
    ...id,
    by: {
      template: byTemplate,
      version: byVersion,
      ...(why !== null && { why }),
      since: (since ?? new Date(0)).toISOString(),
    },
  }))
}

/** Follows origins downwards: the version and everything built on it. */
export async function withDescendants(
  db: Kysely<Tables>,
  template: string,
  version: string,
): Promise<VersionId[]> {
  const { rows } = await sql<VersionId>`
    with recursive family (template, version) as (
        select template, name from version
         where template = ${template} and name = ${version} and state <> 'deleted'
      union
        select child.template, child.name
          from family
          join version child
            on child.origin_template = family.template and child.origin_version = family.version
         where child.state <> 'deleted'
    )
    select template, version from family order by template collate "C", version collate "C"`.execute(db)
  return rows
}
