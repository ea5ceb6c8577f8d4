// The handler of each job; a missing or surplus one does not compile.
import path from 'node:path'
import { openEntrySorter } from '#adapters/archive/sort-entries.ts'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { createConverter } from '#adapters/conversion/convert.ts'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import { writeLayer } from '#adapters/layer/write-layer.ts'
import type { OpenedAdapters } from '#adapters/open-adapters.ts'
import { readArchiveScript } from '#adapters/finish-scripts/read-archive-scripts.ts'
import { packageArchives, packageSystem } from '#adapters/packaging/package-archives.ts'
import { convertVersion } from '#app/convert/convert-version.ts'
import { giveUpPackage, packageZone, type PackageNeeds } from '#app/package-zone.ts'
import { releaseSnapshot } from '#app/release-snapshot.ts'
import { archiveSystem } from '#app/system-archive/archive-system.ts'
import { repairArchive } from '#app/system-archive/repair-archive.ts'
import type { Config } from '#core/config.ts'
import { createBuildHandlers } from './build-handlers.ts'
import type { Handlers, WorkerSettings } from './start-worker.ts'

/** What does each job, and what becomes of one that is not tried again. */
export function createHandlers(
  adapters: OpenedAdapters,
  config: Config,
): { handlers: Handlers; onGivenUp: NonNullable<WorkerSettings['onGivenUp']> } {
  const { audit, blobs, catalog, channels, hosts, queue, clock } = adapters
  const { limits } = config
  const spoolDirectory = path.resolve(config.blobs.root, 'incoming')
  const convert = createConverter({ blobs, limits, spoolDirectory })
  const sortEntries = openEntrySorter(config)
  const packaging: PackageNeeds = {
    catalog,
    channels,
    audit,
    blobs,
    hosts,
    queue,
    clock,
    indexer: openStreamIndexer(config),
    openShell: openHostShell,
    packageArchives: (tree) => packageArchives(tree, { blobs, limits, spoolDirectory }),
    writeLayer: (request) => writeLayer(request, { blobs, spoolDirectory }),
    convert,
    sortEntries,
  }
  const { giveUp, ...builds } = createBuildHandlers(adapters, config, packaging)
  return {
    handlers: {
      package: (job, signal, report) => packageZone(job, signal, report, packaging),
      convert: (job, signal, report) =>
        convertVersion(job, signal, report, {
          catalog,
          blobs,
          clock,
          indexer: packaging.indexer,
          sortEntries,
          convert,
        }),
      'archive-system': (job, signal, report) =>
        archiveSystem(job, signal, report, {
          catalog,
          channels,
          hosts,
          queue,
          clock,
          openShell: openHostShell,
          packageSystem: (tree) => packageSystem(tree, { blobs, limits, spoolDirectory }),
          readScript: readArchiveScript,
        }),
      'repair-archive': (job, signal, report) =>
        repairArchive(job, signal, report, { hosts, queue, openShell: openHostShell }),
      release: (job) => releaseSnapshot(job, { catalog, hosts, openShell: openHostShell }),
      ...builds,
    },
    async onGivenUp({ name, data }) {
      // The snapshot of a version that could not be removed is asked for again at the next start.
      if (name === 'package') await giveUpPackage(data, { catalog, queue })
      if (name === 'archive-system') await catalog.abandonBuild(data.template, data.version)
      if (name === 'build') await giveUp(data)
    },
  }
}
