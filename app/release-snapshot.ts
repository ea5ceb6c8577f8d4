// The `release` job: removes what a version that is no more has left on the host where it was made.
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { Manifest } from '#core/manifest.ts'
import { isGoldenName, removeGoldenZone } from './gc/remove-golden-zone.ts'
import { zonepathOf } from './inspect-detached-zone.ts'
import type { HostRegistry, HostShell, JobQueue, TemplateCatalog } from './ports.ts'
import { destroyUnlessNeeded, findDataset, snapshotName } from './zone-snapshot.ts'

interface Needs {
  catalog: TemplateCatalog
  hosts: HostRegistry
  openShell: (host: Host) => HostShell
}

/**
 * Asks for the snapshot of a deleted version to be removed, if it was packaged, and for the zone too, if a build made it. The
 * same request again is the same job.
 */
export async function requestRelease(
  manifest: Pick<Manifest, 'template' | 'version' | 'madeFrom'> & { madeBy?: Manifest['madeBy'] },
  queue: JobQueue,
): Promise<void> {
  const { template, version, madeFrom, madeBy } = manifest
  if (madeFrom === undefined) return
  const golden = madeBy === 'build'
  const data = { template, version, ...madeFrom, ...(golden && { golden }) }
  await queue.add('release', data, `release_${template}_${version}`)
}

/** @throws SnapshotBusy, GoldenZoneBusy when something on the host still needs it, HostUnreachable; then it is asked for again at the next start or collection */
export async function releaseSnapshot(job: JobData<'release'>, needs: Needs): Promise<void> {
  const { template, version } = job
  const isLive = (await needs.catalog.findVersion(template, version)) !== undefined
  // The name was given again: that version has the snapshot now.
  if (isLive) return
  const host = await needs.hosts.find(job.host)
  if (host?.transport !== undefined) {
    const shell = needs.openShell(host)
    await destroySnapshot(job, shell, needs.catalog)
    if (await isOursToRemove(job, needs.catalog)) await removeGoldenZone(shell, job.zone)
  }
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

/**
 * The zone of a version that was never ready is the build's, which keeps it for somebody to look or discards it. One that a
 * version which is there was made from stays with that version.
 */
async function isOursToRemove(
  { template, version, host, zone, golden }: JobData<'release'>,
  catalog: TemplateCatalog,
): Promise<boolean> {
  if (golden !== true || !isGoldenName(zone, template)) return false
  if (!(await catalog.isNameSpent(template, version))) return false
  const others = await catalog.listVersions(template)
  return !others.some(({ manifest: { madeFrom } }) => madeFrom?.host === host && madeFrom.zone === zone)
}

function whenNoZone(error: unknown): undefined {
  if (error instanceof ProvisionError && error.code === 'ZoneNotFound') return undefined
  throw error
}
