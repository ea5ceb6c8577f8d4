// The steps of builds on this worker's engines.
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { decompress } from '#adapters/archive/decompress.ts'
import { readFiles } from '#adapters/archive/read-files.ts'
import { readBuildLibrary } from '#adapters/finish-scripts/read-build-library.ts'
import { MadeMedia } from '#adapters/media/made-media.ts'
import type { OpenedAdapters } from '#adapters/open-adapters.ts'
import { createBuildSteps } from '#app/build/steps/create-steps.ts'
import type { Steps } from '#app/build/step.ts'
import type { PackageNeeds } from '#app/package-zone.ts'
import type { Config } from '#core/config.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Where scripts that make media keep what they fetched; the demo and the tests share it. */
function scriptCache(env: NodeJS.ProcessEnv): string {
  return (
    env['ZONEFLASH_CACHE'] ?? path.join(env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'zoneflash')
  )
}

export function openBuildSteps(
  packageNeeds: PackageNeeds,
  { media }: Pick<OpenedAdapters, 'media'>,
  config: Config,
): Steps {
  return createBuildSteps({
    ...packageNeeds,
    media,
    mediaMaker: new MadeMedia({
      cacheDirectory: path.resolve(config.dataDir, 'made-media'),
      root,
      scriptCache: path.resolve(scriptCache(process.env)),
      mediaDirectory: path.resolve(config.mediaDir),
    }),
    readFiles,
    decompress,
    readBuildLibrary,
  })
}
