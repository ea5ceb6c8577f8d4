// What refers to blobs, whatever the catalog thinks of them: garbage is what none of this names.
import { sql, type Kysely, type Transaction } from 'kysely'
import type { Sha256 } from '#core/digest.ts'
import { isBlobUnheld } from './blob-lock.ts'
import type { Tables } from './tables.ts'
import { isOpenNow } from './version-use.ts'

/** Also what the plans of open installs and unfinished builds name: somebody may be fetching it this moment; and the files of images on their way. */
export async function referencedBlobs(db: Kysely<Tables>): Promise<Set<Sha256>> {
  const { rows } = await sql<{ sha256: string }>`
    select artifact.sha256
      from artifact join version on version.template = artifact.template and version.name = artifact.version
     where version.state <> 'deleted'
     union ${digestsInPlans()} union ${digestsInBuilds()} union ${digestsInImages()}`.execute(db)
  return new Set(rows.map(({ sha256 }) => sha256))
}

/** Whether none of it names the blob, and nobody is about to. */
export async function isUnreferenced(transaction: Transaction<Tables>, sha256: Sha256): Promise<boolean> {
  if (!(await isBlobUnheld(transaction, sha256))) return false
  const { rows } = await sql<{ isReferenced: boolean }>`
    select exists (
      select from artifact join version on version.template = artifact.template and version.name = artifact.version
       where version.state <> 'deleted' and artifact.sha256 = ${sha256})
        or ${sha256} in (${digestsInPlans()} union ${digestsInBuilds()} union ${digestsInImages()}) as "isReferenced"`.execute(
    transaction,
  )
  return rows[0]?.isReferenced === false
}

/** Every digest that stands in the plan of an open install. */
const digestsInPlans = () => sql`
  select found.digest[1]
    from install, regexp_matches(install.plan::text, '"([0-9a-f]{64})"', 'g') as found (digest)
   where ${isOpenNow()}`

/**
 * The recipe's bundle, the media and the origin of builds that are not over; of those that are, for whoever is told how they
 * ended and for removing zones that were kept.
 */
const digestsInBuilds = () => sql`
  select found.digest[1]
    from build, regexp_matches(build.inputs::text, '"([0-9a-f]{64})"', 'g') as found (digest)
   where build.state in ('waiting', 'running') or build.zone_kept
      or build.finished_at > clock_timestamp() - interval '1 day'`

/** The files of images that are not activated yet. */
const digestsInImages = () =>
  sql`select image.sha256 from image where image.state <> 'active' and image.sha256 is not null`
