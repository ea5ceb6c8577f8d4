// What refers to a version, and how a transaction that is about to refer to one keeps it from being deleted.
import { sql, type Kysely } from 'kysely'
import { plannedVersions } from '#app/planned-versions.ts'
import type { VersionId } from '#app/ports/catalog.ts'
import { openInstallStates } from '#core/install-state.ts'
import { isStorable } from '#core/storable-text.ts'
import { versionInUse, versionNotFound, wrongState } from '#core/store-errors.ts'
import type { VersionState } from '#core/version-state.ts'
import type { Tables } from './tables.ts'

/**
 * Keeps the version from being deleted before this transaction's reference to it can be seen: whoever deletes holds the row
 * alone, and looks for references with it in hand.
 * @throws VersionNotFound when it is gone, WrongState when it is in none of `states`
 */
export async function holdVersion(
  db: Kysely<Tables>,
  { template, version }: VersionId,
  states?: readonly VersionState[],
): Promise<void> {
  if (!isStorable(template) || !isStorable(version)) throw versionNotFound(template, version)
  const held = await db
    .selectFrom('version')
    .select('state')
    .where('template', '=', template)
    .where('name', '=', version)
    .forShare()
    .executeTakeFirst()
  if (!held || held.state === 'deleted') throw versionNotFound(template, version)
  if (states && !states.includes(held.state))
    throw wrongState(template, version, held.state, states.join(' or '))
}

/**
 * For a version whose row is held.
 * @throws VersionInUse when a channel, another version's origin, an open install's plan, an unfinished build or a host's zone refers to it
 */
export async function assertUnused(db: Kysely<Tables>, template: string, version: string): Promise<void> {
  const channel = await db
    .selectFrom('channel')
    .select('name')
    .where('template', '=', template)
    .where('version', '=', version)
    .executeTakeFirst()
  if (channel) throw versionInUse(template, version, `channel ${channel.name}`)
  const clone = await db
    .selectFrom('version')
    .select(['template', 'name'])
    .where('origin_template', '=', template)
    .where('origin_version', '=', version)
    .where('state', '<>', 'deleted')
    .executeTakeFirst()
  if (clone) throw versionInUse(template, version, `${clone.template}@${clone.name}, whose origin it is`)
  const install = await installThatWants(db, template, version)
  if (install) throw versionInUse(template, version, `the open install ${install.id} of host ${install.host}`)
  const build = await db
    .selectFrom('build')
    .select(['id', 'build.template'])
    .where('state', 'in', ['waiting', 'running'])
    .where(sql`inputs -> 'origin' ->> 'template'`, '=', template)
    .where(sql`inputs -> 'origin' ->> 'version'`, '=', version)
    .executeTakeFirst()
  if (build)
    throw versionInUse(template, version, `build ${build.id} of ${build.template}, whose origin it is`)
  const zone = await db
    .selectFrom('zone')
    .select(['host', 'name'])
    .where('template', '=', template)
    .where('version', '=', version)
    .executeTakeFirst()
  if (zone) throw versionInUse(template, version, `zone ${zone.name} of host ${zone.host}`)
}

/** Whether an install's documents exist still: past its window they do not, whether or not anyone has written that down. */
export const isOpenNow = () =>
  sql<boolean>`(install.state in (${sql.join([...openInstallStates])}) and install.expires_at > clock_timestamp())`

/** An open install that wants the version's bytes, whatever they are fetched for, or makes zones from it. */
async function installThatWants(
  db: Kysely<Tables>,
  template: string,
  version: string,
): Promise<{ id: string; host: string } | undefined> {
  const fetches = sql<boolean>`exists (
    select from artifact
     where artifact.template = ${template} and artifact.version = ${version}
       and strpos(install.plan::text, artifact.sha256) > 0)`
  const names = sql<boolean>`strpos(install.plan::text, ${JSON.stringify(version)}) > 0`
  const rows = await db
    .selectFrom('install')
    .select(['id', 'host', 'plan', fetches.as('fetches')])
    .where(isOpenNow())
    .where((query) => query.or([fetches, names]))
    .execute()
  // Read here and not by the database, whose JSON functions refuse a plan with \u0000 anywhere in it.
  return rows.find(
    (row) =>
      row.fetches ||
      plannedVersions(row.plan).some((one) => one.template === template && one.version === version),
  )
}
