// The jobs of builds: their steps, and the end of what builds have left.
import { randomUUID } from 'node:crypto'
import { homedir, hostname } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { decompress } from '#adapters/archive/decompress.ts'
import { openFileReader } from '#adapters/archive/read-files.ts'
import { readBuildLibrary } from '#adapters/finish-scripts/read-build-library.ts'
import { MadeMedia } from '#adapters/media/made-media.ts'
import type { OpenedAdapters } from '#adapters/open-adapters.ts'
import { postJson } from '#adapters/webhook/post-json.ts'
import { discardZones } from '#app/build/discard-zones.ts'
import { giveUpBuild } from '#app/build/give-up-build.ts'
import { runStep } from '#app/build/run-step.ts'
import { stopLeft } from '#app/build/stop-left.ts'
import { createBuildSteps } from '#app/build/steps/create-steps.ts'
import type { PackageNeeds } from '#app/package-zone.ts'
import type { Config } from '#core/config.ts'
import type { JobData } from '#core/jobs.ts'
import type { Handlers } from './start-worker.ts'

interface BuildHandlers extends Pick<Handlers, 'build' | 'stop' | 'discard'> {
  giveUp: (job: JobData<'build'>) => Promise<void>
}

/** A hold outlives what a job's lock does: a queue or database that is away for half a minute costs no work. */
const HOLD_LOCKS = 3

export function createBuildHandlers(
  adapters: OpenedAdapters,
  config: Config,
  packaging: PackageNeeds,
): BuildHandlers {
  const steps = createBuildSteps({
    ...packaging,
    media: adapters.media,
    mediaMaker: openMediaMaker(config),
    readFiles: openFileReader(config),
    decompress,
    readBuildLibrary,
  })
  const needs = { ...adapters, steps, openShell: packaging.openShell, post: postJson }
  const hold = () => ({
    runner: `${hostname()}:${process.pid}:${randomUUID()}`,
    holdMs: config.jobLockMs * HOLD_LOCKS,
  })
  return {
    build: (job, signal) => runStep(job, signal, needs, hold()),
    stop: (job, signal) => stopLeft(job, signal, needs),
    discard: (job, signal) => discardZones(job, signal, needs),
    giveUp: (job) => giveUpBuild(job, needs, hold()),
  }
}

function openMediaMaker(config: Config): MadeMedia {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
  return new MadeMedia({
    cacheDirectory: path.resolve(config.dataDir, 'made-media'),
    root: fileURLToPath(new URL('..', import.meta.url)),
    scriptCache: path.resolve(process.env['ZONEFLASH_CACHE'] ?? path.join(cache, 'zoneflash')),
    mediaDirectory: path.resolve(config.mediaDir),
  })
}
