// Asks the workers to package a detached zone of a host as a new version.
import { isDeepStrictEqual } from 'node:util'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { Manifest, OsFamily } from '#core/manifest.ts'
import { versionExists } from '#core/store-errors.ts'
import type { AuditLog } from './ports/access.ts'
import type { TemplateCatalog, VersionId, VersionRecord } from './ports/catalog.ts'
import type { HostRegistry } from './ports/hosts.ts'
import type { Clock, JobQueue } from './ports/queue.ts'
import { freeVersionName } from './push-version.ts'

/** The job that packages this version. */
export const packageJobId = ({ template, version }: VersionId): string => `package_${template}_${version}`

interface Needs {
  catalog: TemplateCatalog
  hosts: HostRegistry
  queue: JobQueue
  audit: AuditLog
  clock: Clock
}

interface Wanted {
  template: string
  host: string
  zone: string
  /** default: the time */
  version: string | undefined
  origin: Manifest['origin']
  actor: string
}

/**
 * Records the version as `building` and queues the job. The same request again is the same job.
 * @throws HostNotFound, HostUnreachable when the host has no transport, VersionExists also when it is being made of another zone, VersionDeleted, VersionNotFound for an unknown origin
 */
export async function requestPackage(
  wanted: Wanted,
  needs: Needs,
): Promise<{ job: string; version: string }> {
  const { template, zone, origin, actor } = wanted
  const host = await needs.hosts.get(wanted.host)
  if (host.transport === undefined) {
    throw new ProvisionError(
      'conflict',
      'HostUnreachable',
      `host ${host.name} has no transport, expected local, sandbox:NAME or ssh:user@address`,
    )
  }
  if (origin) await needs.catalog.getVersion(origin.template, origin.version)
  const now = needs.clock.now()
  const planned: Omit<Manifest, 'version'> = {
    template,
    brand: 'unknown', // the worker reads it from the zone
    osFamily: familyOf(host),
    ...(origin && { origin }),
    artifacts: [],
    madeBy: 'package',
    madeFrom: { host: host.name, zone },
    createdBy: actor,
    createdAt: now.toISOString(),
  }
  const isSame = (there: VersionRecord) => isBuildingOf(there, planned)
  const version = wanted.version ?? (await freeVersionName(template, now, needs.catalog, isSame))
  await needs.catalog.ensureTemplate(template)
  await ensureBuilding({ ...planned, version }, needs.catalog)
  const job = await needs.queue.add(
    'package',
    { template, version, host: host.name, zone },
    packageJobId({ template, version }),
  )
  await needs.audit.write({
    actor,
    action: 'version.package',
    subject: `${template}@${version}`,
    details: { host: host.name, zone },
  })
  return { job, version }
}

/**
 * A row that is there for the same zone stays as it is: what its job has stored so far is younger than its `createdAt`, and
 * so is safe from a sweep.
 */
async function ensureBuilding(manifest: Manifest, catalog: TemplateCatalog): Promise<void> {
  const { template, version } = manifest
  const there = await catalog.findVersion(template, version)
  if (there && isBuildingOf(there, manifest)) return
  if (there) throw versionExists(template, version, there.state)
  await catalog.putVersion({ state: 'building', manifest }, new Map())
}

/** Whether a job makes this version of the same zone and origin already. */
function isBuildingOf(
  { state, manifest }: VersionRecord,
  { madeFrom, origin }: Pick<Manifest, 'madeFrom' | 'origin'>,
): boolean {
  return state === 'building' && isDeepStrictEqual([manifest.madeFrom, manifest.origin], [madeFrom, origin])
}

function familyOf({ release }: Host): OsFamily {
  return release === 'illumos' ? 'illumos' : 'solaris10'
}
