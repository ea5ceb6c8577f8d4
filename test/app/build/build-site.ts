// A build with everything in memory: steps that a test scripts, a host whose commands do nothing.
import { Readable } from 'node:stream'
import type { BuildNeeds } from '#app/build/needs.ts'
import { requestBuild } from '#app/build/request-build.ts'
import { runStep, type Later, type RunSettings } from '#app/build/run-step.ts'
import type { Step, Steps } from '#app/build/step.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import type { JobQueue } from '#app/ports/queue.ts'
import type { LoadedRecipe, RecipeShelf } from '#app/ports/recipes.ts'
import type { Build } from '#core/build/build.ts'
import { buildSteps, type BuildStepName } from '#core/build/steps.ts'
import { Host } from '#core/host.ts'
import type { Manifest } from '#core/manifest.ts'
import { bundleOf, openBundle } from '#test/fixtures/recipe-bundle.ts'
import { mediumMissing } from '#core/recipe/errors.ts'
import { RecipeFields, type Recipe } from '#core/recipe/schema.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryBuildStore } from '#test/fakes/memory-build-store.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

export type Script = Partial<Record<keyof Steps, Step>>

/** Recipes in a map, bundled as JSON. */
export class MemoryRecipeShelf implements RecipeShelf {
  readonly #recipes = new Map<string, LoadedRecipe>()

  set(name: string, fields: Record<string, unknown> = {}): void {
    const base = { summary: name, brand: 'lx', osFamily: 'linux', source: { install: [] } }
    const recipe: Recipe = { ...RecipeFields.parse({ ...base, ...fields }), name }
    this.#recipes.set(name, bundleOf(recipe))
  }

  async list(): Promise<string[]> {
    return [...this.#recipes.keys()].toSorted()
  }

  async load(name: string): Promise<LoadedRecipe> {
    const loaded = this.#recipes.get(name)
    if (!loaded) throw new Error(`there is no recipe ${name}`)
    return loaded
  }

  survey(): Promise<never> {
    throw new Error('nobody surveys these recipes')
  }

  open(bundle: Uint8Array): LoadedRecipe {
    return openBundle(bundle)
  }
}

/** Every command succeeds and says its words. */
const echoShell: HostShell = {
  async run(argv, options = {}) {
    options.signal?.throwIfAborted()
    options.onOutput?.(`${argv.join(' ')}\n`)
    return `${argv.join(' ')}\n`
  },
  stream: (argv) => Readable.from([argv.join(' ')]),
}

export interface BuildSite extends BuildNeeds {
  recipes: MemoryRecipeShelf
  builds: MemoryBuildStore
  catalog: MemoryTemplateCatalog
  clock: FakeClock
  script: Script
  /** what the steps did, in order */
  done: string[]
  /** what was sent to webhooks */
  posted: { url: string; body: object }[]
  ask(name?: string, more?: { force?: boolean; children?: boolean }): Promise<Build>
  run(
    build: Build,
    step: BuildStepName,
    settings?: Partial<RunSettings>,
    signal?: AbortSignal,
  ): Promise<Later>
  /** all steps, one after the other, until the build is over */
  runAll(build: Build): Promise<Build>
  logOf(build: Build): Promise<string>
}

export async function buildSite(
  script: Script = {},
  queue: JobQueue = new MemoryJobQueue(),
): Promise<BuildSite> {
  const clock = new FakeClock()
  const hosts = new MemoryHostRegistry()
  await hosts.add(Host.parse({ name: 'box', transport: 'local', builds: {} }))
  const recipes = new MemoryRecipeShelf()
  recipes.set('default')
  const catalog = new MemoryTemplateCatalog()
  const done: string[] = []
  const doStep =
    (name: keyof Steps): Step =>
    async (context) => {
      done.push(context.attempt === 1 ? name : `${name}#${context.attempt}`)
      await site.script[name]?.(context)
      if (name === 'publish') await publish(context.build, catalog)
    }
  const steps = {
    ...(Object.fromEntries(
      [...buildSteps, 'stop', 'discard'].map((name) => [name, doStep(name as keyof Steps)]),
    ) as unknown as Steps),
    madeInputs: async () => [],
    abandon: async () => void done.push('abandon'),
  }
  const posted: BuildSite['posted'] = []
  const site: BuildSite = {
    builds: new MemoryBuildStore(clock),
    catalog,
    channels: new MemoryChannelStore(catalog),
    hosts,
    recipes,
    media: { find: async () => undefined, open: (name) => Promise.reject(mediumMissing(name, 'media')) },
    blobs: new MemoryBlobStore(),
    queue,
    audit: new MemoryAuditLog(clock),
    clock,
    steps,
    openShell: () => echoShell,
    post: async (url, body) => void posted.push({ url, body }),
    script,
    done,
    posted,
    ask: (name = 'default', { force = false, children = true } = {}) =>
      requestBuild({ name, force, children, reason: 'asked for', actor: 'test' }, site),
    run: (build, step, settings = {}, signal = new AbortController().signal) =>
      runStep({ build: build.id, step }, signal, site, { runner: 'w1', holdMs: 60_000, ...settings }),
    async runAll(build) {
      for (const step of buildSteps) await site.run(build, step)
      return site.builds.get(build.id)
    },
    logOf: async ({ id }) => (await site.builds.log(id)).map(({ text }) => text).join(''),
  }
  return site
}

/** What the step of that name does to the catalog. */
async function publish({ template, version }: Build, catalog: MemoryTemplateCatalog): Promise<void> {
  const manifest: Manifest = {
    template,
    version,
    brand: 'lx',
    osFamily: 'linux',
    artifacts: [
      {
        format: 'tar',
        compression: 'gzip',
        sha256: 'a'.repeat(64),
        sha1: 'a'.repeat(40),
        size: 1,
        uncompressedSize: 1,
      },
    ],
    madeBy: 'build',
    createdBy: 'test',
    createdAt: '2026-11-20T11:00:00.000Z',
  }
  if (await catalog.findVersion(template, version)) return
  await catalog.ensureTemplate(template)
  await catalog.putVersion({ state: 'ready', manifest }, new Map())
  await catalog.setChannel(template, 'candidate', version)
}
