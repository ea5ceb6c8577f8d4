// Removes what died with a process: half-written blobs, versions whose job is gone with their snapshots, blobs that nothing refers to.
import type { JobData } from '#core/jobs.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog, VersionRecord } from './ports/catalog.ts'
import type { Clock, JobQueue } from './ports/queue.ts'
import { collectBlobs } from './gc/collect-blobs.ts'
import { requestRelease } from './release-snapshot.ts'

interface Needs {
  catalog: TemplateCatalog
  blobs: BlobStore
  clock: Clock
  expireOverdueInstalls(): Promise<number>
  /** also the versions of builds that are not over */
  unfinishedPackages(): Promise<Pick<JobData<'package'>, 'template' | 'version'>[]>
  queue: JobQueue
}

/** How many of each were removed. */
export interface Swept {
  installs: number
  pieces: number
  versions: number
  blobs: number
}

/**
 * Sweeps at start. What is younger than `minAgeMs` may belong to another server's upload and stays; a server that is
 * alone says 0. A blob that a package job or a conversion may have stored stays until the job is over.
 */
export async function sweepLeftovers(needs: Needs, minAgeMs: number): Promise<Swept> {
  const old = needs.clock.now().getTime() - minAgeMs
  const installs = await needs.expireOverdueInstalls()
  const pieces = await needs.blobs.sweep()
  // In this order: a job that ends in between leaves its version ready, the other way round it would look abandoned.
  const jobs = await needs.unfinishedPackages()
  const building = await buildingVersions(needs.catalog)
  const hasJob = ({ manifest }: VersionRecord) =>
    jobs.some(({ template, version }) => template === manifest.template && version === manifest.version)
  const orphans = building.filter((record) => !hasJob(record) && createdAt(record) <= old)
  let versions = 0
  for (const { manifest } of orphans)
    if (await needs.catalog.abandonBuild(manifest.template, manifest.version)) versions += 1
  // Also those of earlier runs: a process may have died before it asked, a host may have been away.
  for (const manifest of await needs.catalog.listUnreleased()) await requestRelease(manifest, needs.queue)
  const live = building.filter((record) => !orphans.includes(record))
  const converting = (await needs.queue.oldestUnfinished('convert'))?.getTime() ?? Infinity
  let blobs = 0
  for await (const _ of collectBlobs(needs, Math.min(old, converting, ...live.map(createdAt)))) blobs += 1
  return { installs, pieces, versions, blobs }
}

function createdAt({ manifest }: VersionRecord): number {
  return Date.parse(manifest.createdAt)
}

async function buildingVersions(catalog: TemplateCatalog): Promise<VersionRecord[]> {
  const templates = await catalog.listTemplates()
  const versions = await Promise.all(templates.map(({ name }) => catalog.listVersions(name)))
  return versions.flat().filter(({ state }) => state === 'building')
}
