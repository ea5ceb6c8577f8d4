// The `release` job: removes the snapshot that packaging took on a host for a version that is no more.
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { Manifest } from '#core/manifest.ts'
import { zonepathOf } from './inspect-detached-zone.ts'
import type { HostRegistry, HostShell, JobQueue, TemplateCatalog } from './ports.ts'
import { destroyUnlessNeeded, findDataset, snapshotName } from './zone-snapshot.ts'

interface Needs {
  catalog: TemplateCatalog
  hosts: HostRegistry
  openShell: (host: Host) => HostShell
}

/** Asks for the snapshot of a deleted version to be removed, if it was packaged. The same request again is the same job. */
export async function requestRelease(
  { template, version, madeFrom }: Pick<Manifest, 'template' | 'version' | 'madeFrom'>,
  queue: JobQueue,
): Promise<void> {
  if (madeFrom === undefined) return
  await queue.add('release', { template, version, ...madeFrom }, `release_${template}_${version}`)
}

/** @throws SnapshotBusy when somebody on the host still holds it, HostUnreachable; then it is asked for again at the next start */
export async function releaseSnapshot(job: JobData<'release'>, needs: Needs): Promise<void> {
  const { template, version } = job
  const isLive = (await needs.catalog.findVersion(template, version)) !== undefined
  // The name was given again: that version has the snapshot now.
  if (isLive) return
  const host = await needs.hosts.find(job.host)
  if (host?.transport !== undefined) await destroySnapshot(job, needs.openShell(host), needs.catalog)
  await needs.catalog.setReleased(template, version)
}

async function destroySnapshot(
  { zone, version }: JobData<'release'>,
  shell: HostShell,
  catalog: TemplateCatalog,
): Promise<void> {
  const zonepath = await zonepathOf(shell, zone).catch(whenNoZone)
  const dataset = zonepath && (await findDataset(shell, zonepath))
  if (!dataset) return
  const snapshot = snapshotName(dataset, version)
  if ((await destroyUnlessNeeded(shell, snapshot, catalog)) !== 'busy') return
  throw new ProvisionError('unavailable', 'SnapshotBusy', `snapshot ${snapshot} is in use on the host`)
}

function whenNoZone(error: unknown): undefined {
  if (error instanceof ProvisionError && error.code === 'ZoneNotFound') return undefined
  throw error
}
