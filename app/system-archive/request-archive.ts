// Asks the workers to archive a host's whole system, or to take back what such a job left undone.
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { Manifest } from '#core/manifest.ts'
import { versionExists } from '#core/store-errors.ts'
import type { AuditLog } from '../ports/access.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { HostRegistry } from '../ports/hosts.ts'
import type { Clock, JobQueue } from '../ports/queue.ts'
import { freeVersionName } from '../push-version.ts'
import { packageJobId } from '../request-package.ts'

interface Needs {
  catalog: TemplateCatalog
  hosts: HostRegistry
  queue: JobQueue
  audit: AuditLog
  clock: Clock
}

interface Wanted extends Omit<JobData<'archive-system'>, 'version'> {
  /** default: the time */
  version: string | undefined
  actor: string
}

/**
 * Records the version as `building` and queues the job. The same request again is the same job.
 * @throws HostNotFound, HostUnreachable when the host has no transport, VersionExists, VersionDeleted, TemplateKindDiffers
 */
export async function requestArchive(
  wanted: Wanted,
  needs: Needs,
): Promise<{ job: string; version: string }> {
  const { template, actor, version: asked, ...how } = wanted
  const host = await reachable(wanted.host, needs)
  const now = needs.clock.now()
  const planned: Omit<Manifest, 'version'> = {
    template,
    kind: 'system',
    brand: host.release === 'illumos' ? 'ipkg' : 'native',
    osFamily: host.release === 'illumos' ? 'illumos' : 'solaris10',
    artifacts: [],
    madeBy: 'package',
    createdBy: actor,
    createdAt: now.toISOString(),
    notes: `the whole system of host ${host.name}`,
  }
  const isSame = ({ state, manifest }: VersionRecord) =>
    state === 'building' && manifest.kind === 'system' && manifest.notes === planned.notes
  const version = asked ?? (await freeVersionName(template, now, needs.catalog, isSame))
  await needs.catalog.ensureTemplate(template)
  const there = await needs.catalog.findVersion(template, version)
  if (there && !isSame(there)) throw versionExists(template, version, there.state)
  if (!there)
    await needs.catalog.putVersion({ state: 'building', manifest: { ...planned, version } }, new Map())
  const job = await needs.queue.add(
    'archive-system',
    { ...how, template, version },
    packageJobId({ template, version }),
  )
  const { allow, halt, exclude } = how
  await needs.audit.write({
    actor,
    action: 'host.archive',
    subject: host.name,
    details: { version: `${template}@${version}`, allow, halt, exclude },
  })
  return { job, version }
}

/** @throws HostNotFound, HostUnreachable */
export async function requestRepair(
  { host: name, actor }: { host: string; actor: string },
  needs: Pick<Needs, 'hosts' | 'queue' | 'audit'>,
): Promise<{ job: string }> {
  const host = await reachable(name, needs)
  const job = await needs.queue.add('repair-archive', { host: host.name }, `repair-archive_${host.name}`)
  await needs.audit.write({ actor, action: 'host.archive-repair', subject: host.name, details: {} })
  return { job }
}

async function reachable(name: string, { hosts }: Pick<Needs, 'hosts'>): Promise<Host> {
  const host = await hosts.get(name)
  if (host.transport !== undefined) return host
  throw new ProvisionError(
    'conflict',
    'HostUnreachable',
    `host ${host.name} has no transport, expected local, sandbox:NAME or ssh:user@address`,
  )
}
