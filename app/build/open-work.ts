// What a step of a build works with: the recipe as it was when the build was asked for, the host, its shell and the log.
import type { Build } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { LoadedRecipe } from '../ports/recipes.ts'
import { BuildLog } from './build-log.ts'
import { LoggingShell, type FailedCommand } from './logging-shell.ts'
import type { BuildNeeds } from './needs.ts'
import type { StepContext } from './step.ts'

export interface Work {
  build: Build
  log: BuildLog
  recipe: LoadedRecipe
  /** what is in nothing that is written down */
  secrets: readonly string[]
  /** A context whose commands end with `signal`. */
  context(attempt: number, signal: AbortSignal): StepContext
  /** the last command that failed in the context made last */
  failedCommand(): FailedCommand | undefined
}

/** @throws BlobNotFound, BundleInvalid, HostNotFound, HostUnreachable when the host has no transport */
export async function openWork(
  build: Build,
  step: BuildStepName | undefined,
  needs: Pick<BuildNeeds, 'blobs' | 'recipes' | 'hosts' | 'openShell' | 'builds'>,
): Promise<Work> {
  const recipe = await readRecipe(build, needs)
  const host = await needs.hosts.get(build.host)
  const inner = needs.openShell(host)
  const secrets = secretsOf(recipe)
  const log = new BuildLog(needs.builds, {
    id: build.id,
    ...(step && { step }),
    secrets,
  })
  let shell: LoggingShell | undefined
  return {
    build,
    log,
    recipe,
    secrets,
    context(attempt, signal) {
      shell = new LoggingShell(inner, log, signal)
      return {
        build,
        recipe,
        host,
        shell,
        attempt,
        signal,
        say: (text) => log.say(text),
        write: (text) => log.write(text),
      }
    },
    failedCommand: () => shell?.failed,
  }
}

/** The recipe as it was when the build was asked for. @throws BlobNotFound, BundleInvalid */
export async function readRecipe(
  { inputs }: Build,
  { recipes, blobs }: Pick<BuildNeeds, 'blobs' | 'recipes'>,
): Promise<LoadedRecipe> {
  return recipes.open(await readBlob(inputs.recipe, blobs))
}

/** What the first boot is told of passwords, however deep it stands. */
function secretsOf({ recipe }: LoadedRecipe): string[] {
  return passwordsIn(recipe.sysidcfg)
}

function passwordsIn(settings: object): string[] {
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'string') return /password/i.test(key) ? [value] : []
    return typeof value === 'object' && value !== null ? passwordsIn(value) : []
  })
}

async function readBlob(sha256: string, blobs: BlobStore): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await blobs.open(sha256)) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}
