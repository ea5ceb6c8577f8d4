// The `release` job: removes what a version that is no more has left on hosts: where it was made, and where it was imported.
import { importedName } from '#core/build/plan.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { Manifest } from '#core/manifest.ts'
import { isGoldenName, removeGoldenZone } from './gc/remove-golden-zone.ts'
import { zonepathOf } from './inspect-detached-zone.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { HostRegistry, HostShell } from './ports/hosts.ts'
import type { JobQueue } from './ports/queue.ts'
import { destroyUnlessNeeded, findDataset, snapshotName } from './zone-snapshot.ts'

interface Needs {
  catalog: TemplateCatalog
  hosts: HostRegistry
  openShell: (host: Host) => HostShell
}

/**
 * Asks for the snapshot of a deleted version to be removed, if it was packaged, and for the zones that builds made of it. The
 * same request again is the same job.
 */
export async function requestRelease(
  manifest: Pick<Manifest, 'template' | 'version' | 'madeFrom'> &
    Partial<Pick<Manifest, 'madeBy' | 'artifacts'>>,
  queue: JobQueue,
): Promise<void> {
  const { template, version, madeFrom, madeBy, artifacts } = manifest
  if (madeFrom === undefined) return
  const golden = madeBy === 'build'
  const sha256 = artifacts?.[0]?.sha256
  const imported = sha256 && importedName({ template, sha256 })
  const data = { template, version, ...madeFrom, ...(golden && { golden }), ...(imported && { imported }) }
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
  await removeImports(job, needs)
  await needs.catalog.setReleased(template, version)
}

/** From every build host; one that fails keeps no other waiting. @throws the first failure */
async function removeImports({ template, imported }: JobData<'release'>, needs: Needs): Promise<void> {
  if (imported === undefined || !isGoldenName(imported, template)) return
  const others = await needs.catalog.listVersions(template)
  const isShared = others.some(({ manifest: { artifacts } }) => {
    const sha256 = artifacts[0]?.sha256
    return sha256 !== undefined && importedName({ template, sha256 }) === imported
  })
  if (isShared) return
  let failure: unknown
  for (const host of await needs.hosts.list()) {
    if (!host.builds || host.transport === undefined) continue
    await removeGoldenZone(needs.openShell(host), imported).catch((error: unknown) => (failure ??= error))
  }
  if (failure !== undefined) throw failure
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
