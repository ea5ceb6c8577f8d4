// The handler of each job; a missing or surplus one does not compile.
import path from 'node:path'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import type { OpenedAdapters } from '#adapters/open-adapters.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { giveUpPackage, packageZone } from '#app/package-zone.ts'
import { releaseSnapshot } from '#app/release-snapshot.ts'
import type { Config } from '#core/config.ts'
import type { Handlers, WorkerSettings } from './start-worker.ts'

/** What becomes of a job that is not tried again. */
export function createGivenUp({ catalog, queue }: OpenedAdapters): NonNullable<WorkerSettings['onGivenUp']> {
  return async ({ name, data }) => {
    // The snapshot of a version that could not be removed is asked for again at the next start.
    if (name === 'package') await giveUpPackage(data, { catalog, queue })
  }
}

export function createHandlers(adapters: OpenedAdapters, config: Config): Handlers {
  const { audit, blobs, catalog, channels, hosts, queue, clock } = adapters
  const { limits } = config
  const spoolDirectory = path.resolve(config.blobs.root, 'incoming')
  return {
    package: (job, signal, report) =>
      packageZone(job, signal, report, {
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
      }),
    release: (job) => releaseSnapshot(job, { catalog, hosts, openShell: openHostShell }),
    build: async () => undefined,
    discard: async () => undefined,
  }
}
