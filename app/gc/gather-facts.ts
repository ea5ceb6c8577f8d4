// All that decides about versions, read from where it is kept.
import type { Build } from '#core/build/build.ts'
import { rollbackTarget } from '#core/channel/rollback.ts'
import type { RetentionFacts, Use, VersionFacts } from '#core/retention/decide.ts'
import { plannedVersions } from '../planned-versions.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore, ZoneRegistry } from '../ports/channels.ts'
import type { InstallLog } from '../ports/installs.ts'
import type { Clock, JobQueue } from '../ports/queue.ts'
import { packageJobId } from '../request-package.ts'

export interface FactNeeds {
  catalog: TemplateCatalog
  channels: ChannelStore
  installs: InstallLog
  zones: ZoneRegistry
  builds: BuildStore
  queue: JobQueue
  clock: Clock
}

export interface GatheredFacts extends RetentionFacts {
  records: VersionRecord[]
  openBuilds: Build[]
}

/**
 * What garbage collection must know, gathered over a while and not at one moment: what begins to use a version after it was looked for is seen when the version is to be deleted
 * (`TemplateCatalog.setState`).
 */
export async function gatherFacts(needs: FactNeeds, graceMs: number): Promise<GatheredFacts> {
  const { catalog, builds, clock } = needs
  const openBuilds = await builds.list({ states: ['waiting', 'running'] })
  const templates = (await catalog.listTemplates()).map(({ name }) => name)
  const records = (await Promise.all(templates.map((name) => catalog.listVersions(name)))).flat()
  const uses = [
    ...(await usesByChannels(templates, needs)),
    ...(await usesByInstalls(needs)),
    ...(await usesByZones(needs)),
    ...openBuilds.flatMap(usesByBuild),
    ...(await usesByPackaging(records, needs)),
  ]
  const policies = await catalog.listRetention()
  const versions = records.map(factsOf)
  return { now: clock.now(), records, openBuilds, versions, policies, uses, graceMs }
}

function factsOf({ manifest: { template, version, createdAt, origin }, state }: VersionRecord): VersionFacts {
  // listVersions has none that are deleted.
  return { template, version, createdAt, origin, state: state === 'deleted' ? 'revoked' : state }
}

async function usesByChannels(templates: readonly string[], { channels }: FactNeeds): Promise<Use[]> {
  const uses: Use[] = []
  for (const template of templates) {
    const all = await channels.read(template)
    for (const [channel, version] of Object.entries(all.channels)) {
      uses.push({ template, version, by: `channel ${channel}` })
      const back = rollbackTarget(all, channel)
      if (back !== undefined)
        uses.push({ template, version: back, by: `channel ${channel} would be rolled back to it` })
    }
  }
  return uses
}

async function usesByInstalls({ installs }: FactNeeds): Promise<Use[]> {
  const open = await installs.listOpen()
  return open.flatMap(({ host, plan }) =>
    plannedVersions(plan).map((version) => ({ ...version, by: `open install of host ${host}` })),
  )
}

async function usesByZones({ zones }: FactNeeds): Promise<Use[]> {
  return (await zones.list()).map(({ template, version, host, zone }) => ({
    template,
    version,
    by: `zone ${zone} of host ${host}`,
  }))
}

function usesByBuild({ id, template, version, inputs: { origin } }: Build): Use[] {
  return [
    { template, version, by: `unfinished build ${id}` },
    ...(origin ? [{ ...origin, by: `origin of the unfinished build ${id}` }] : []),
  ]
}

/** Versions in the making whose job is still to be done. */
async function usesByPackaging(records: readonly VersionRecord[], { queue }: FactNeeds): Promise<Use[]> {
  const uses: Use[] = []
  for (const { manifest, state } of records) {
    if (state !== 'building') continue
    const job = await queue.status(packageJobId(manifest))
    if (job !== undefined && job.state !== 'completed' && job.state !== 'failed')
      uses.push({ template: manifest.template, version: manifest.version, by: `job ${job.id}, ${job.state}` })
  }
  return uses
}
