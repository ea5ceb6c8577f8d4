// Runs the steps of a build one after the other, without queue or engine: what each does to a host and to the catalog.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { decompress } from '#adapters/archive/decompress.ts'
import { openFileReader } from '#adapters/archive/read-files.ts'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { readBuildLibrary } from '#adapters/finish-scripts/read-build-library.ts'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import { MadeMedia } from '#adapters/media/made-media.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { PostgresAuditLog } from '#adapters/postgres/audit-log.ts'
import { PostgresChannelStore } from '#adapters/postgres/channel-store.ts'
import { openDatabase } from '#adapters/postgres/open-database.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { createBuildSteps } from '#app/build/steps/create-steps.ts'
import type { StepNeeds } from '#app/build/steps/needs.ts'
import type { StepContext } from '#app/build/step.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import type { LoadedRecipe, RecipeFile } from '#app/ports/recipes.ts'
import type { Build, BuildInputs } from '#core/build/build.ts'
import { buildSteps, type BuildStepName } from '#core/build/steps.ts'
import { parseConfig } from '#core/config.ts'
import type { Host } from '#core/host.ts'
import type { Manifest } from '#core/manifest.ts'
import { writeBundle } from '#core/recipe/bundle.ts'
import { RecipeFields } from '#core/recipe/schema.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { createTestDatabase } from '#test/postgres-database.ts'

export type Fields = Partial<Record<keyof RecipeFields, unknown>>

export function makeRecipe(
  name: string,
  fields: Fields,
  texts: Readonly<Record<string, string>> = {},
): LoadedRecipe {
  const recipe = { ...RecipeFields.parse(fields), name }
  const files: RecipeFile[] = Object.entries(texts).map(([file, text]) => ({
    path: file,
    mode: 0o755,
    contents: new TextEncoder().encode(text),
  }))
  const bundle = writeBundle(recipe, files)
  return { recipe, files, bundle, digest: createHash('sha256').update(bundle).digest('hex') }
}

export interface Driver {
  needs: StepNeeds
  media: Map<string, Buffer>
  /** Runs all steps, or those up to `until`, each once. */
  run: (build: Build, recipe: LoadedRecipe, until?: BuildStepName) => Promise<Manifest | undefined>
  context: (build: Build, recipe: LoadedRecipe, changes?: Partial<StepContext>) => StepContext
  steps: ReturnType<typeof createBuildSteps>
  limits: ReturnType<typeof parseConfig>['limits']
  /** what the builds said */
  log: string[]
  close: () => Promise<void>
}

/** `minuteMs`: what a minute in a recipe is worth. `scriptCache`: what scripts that make media keep, by default nothing. */
export async function openDriver(host: Host, minuteMs = 60_000, scriptCache?: string): Promise<Driver> {
  const work = await mkdtemp(path.join(tmpdir(), 'zoneflash-build-'))
  const database = await createTestDatabase()
  const db = await openDatabase(database.url, 5)
  const config = parseConfig({ ZONEFLASH_DATA: work })
  const { limits } = config
  const blobs = await FileBlobStore.open(config.blobs.root)
  const hosts = new MemoryHostRegistry()
  await hosts.add(host)
  const clock = { now: () => new Date() }
  const media = new Map<string, Buffer>()
  const log: string[] = []
  const begun = Date.now()
  const needs: StepNeeds = {
    catalog: new PostgresTemplateCatalog(db),
    channels: new PostgresChannelStore(db),
    audit: new PostgresAuditLog(db, clock),
    blobs,
    hosts,
    clock,
    queue: new MemoryJobQueue(),
    indexer: openStreamIndexer(config),
    openShell: openHostShell,
    packageArchives: (tree) =>
      packageArchives(tree, { blobs, limits, spoolDirectory: path.join(config.blobs.root, 'incoming') }),
    media: {
      find: async (name) => {
        const bytes = media.get(name)
        return bytes && { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }
      },
      open: async (name) => Readable.from([media.get(name) ?? '']),
    },
    mediaMaker: new MadeMedia({
      cacheDirectory: path.join(work, 'made-media'),
      root: path.resolve(import.meta.dirname, '../..'),
      scriptCache: scriptCache ?? path.join(work, 'cache'),
      mediaDirectory: path.join(work, 'media'),
    }),
    readFiles: openFileReader(config),
    decompress,
    readBuildLibrary,
    minuteMs,
  }
  const steps = createBuildSteps(needs)
  const since = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`
  const shell = listening(openHostShell(host), log, since)
  const context: Driver['context'] = (build, recipe, changes = {}) => ({
    build,
    recipe,
    host,
    shell,
    attempt: 1,
    signal: new AbortController().signal,
    say: (text) => void log.push(text),
    write: (text) => void log.push(text),
    ...changes,
  })
  return {
    needs,
    media,
    log,
    limits,
    steps,
    context,
    run: async (build, recipe, until = 'publish') => {
      for (const step of buildSteps.slice(0, buildSteps.indexOf(until) + 1)) {
        log.push(`== ${step}`)
        await steps[step](context(build, recipe))
      }
      return (await needs.catalog.findVersion(build.template, build.version))?.manifest
    },
    close: async () => {
      await db.destroy()
      await database.drop()
      await rm(work, { recursive: true, force: true })
    },
  }
}

function listening(inner: HostShell, log: string[], since: () => string): HostShell {
  return {
    run: (argv, options = {}) => {
      log.push(`${since()} $ ${argv.join(' ')}`)
      return inner.run(argv, {
        ...options,
        onOutput: (text) => {
          log.push(text.slice(0, 2000).trimEnd())
          if (log.length > 5000) log.splice(0, 1000)
          options.onOutput?.(text)
        },
      })
    },
    stream: (argv, options) => inner.stream(argv, options),
  }
}

let count = 0

export function makeBuild(recipe: LoadedRecipe, host: Host, inputs: Partial<BuildInputs> = {}): Build {
  count += 1
  const id = `${count.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
  const template = recipe.recipe.name
  return {
    id,
    template,
    version: `${count}`,
    host: host.name,
    zone: `${template}-${id.slice(0, 8)}`,
    state: 'running',
    inputs: { recipe: recipe.digest, media: [], ...inputs },
    reason: 'test',
    children: false,
    force: false,
    cancelRequested: false,
    zoneKept: false,
    steps: [],
    createdBy: 'test',
    createdAt: new Date().toISOString(),
  } as unknown as Build
}
