// kill -9 of the worker at every step of a build on a real host: the next worker ends it, and nothing is half or left over.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Build } from '#core/build/build.ts'
import { buildSteps, type BuildStepName } from '#core/build/steps.ts'
import { sandboxLack, type TestHost } from '../system/sandbox-fixture.ts'
import {
  createBuildHost,
  expectOnly,
  getBuild,
  logOf,
  RecipeFolder,
  requestBuild,
  startBuilder,
  untilOver,
} from './build-fixture.ts'
import type { MortalProduct } from './product-fixture.ts'

describe.skipIf(sandboxLack)('a build whose workers die', () => {
  let host: TestHost
  // a child would be built beside what is looked for at the end
  const recipes = new RecipeFolder({ withChild: false })

  beforeAll(async () => {
    host = await createBuildHost(`fault-build-${process.pid}`)
  }, 120_000)
  afterAll(async () => {
    recipes.remove()
    await host?.destroy()
  })

  test('at every step is done all the same', async () => {
    const product = await startBuilder(host, recipes)
    const build = await requestBuild(product, 'base')
    for (const step of buildSteps) {
      await untilBegun(product, build, step)
      await killWorker(product)
    }
    const done = await untilOver(product, build, 200_000)
    expect(done, await logOf(product, build)).toMatchObject({ state: 'done', zoneKept: false })
    expect(done.steps.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(buildSteps.length / 2)

    const versions = await product.versions('base')
    expect(versions.map(({ manifest, state }) => [manifest.version, state])).toEqual([
      [build.version, 'ready'],
    ])
    for (const version of versions) await product.expectWhole(version)
    await vi.waitFor(() => expectOnly(host, build.zone), { timeout: 20_000, interval: 200 })
  }, 400_000)
})

/** Waits until a worker has begun the step. */
async function untilBegun(product: MortalProduct, build: Build, name: BuildStepName): Promise<void> {
  const attempts = async () =>
    (await getBuild(product, build)).steps.find((step) => step.name === name)?.attempts ?? 0
  const begins = async () => expect(await attempts()).toBeGreaterThan(0)
  await vi.waitFor(begins, { timeout: 90_000, interval: 20 }).catch(async (cause: unknown) => {
    const said = await logOf(product, build)
    throw new Error(`step ${name} does not begin:\n${said}\n${product.now.output().slice(-4000)}`, {
      cause,
    })
  })
}

/** `kill -9`, and waits until that worker is gone. */
async function killWorker(product: MortalProduct): Promise<void> {
  const pid = product.now.workerPid()
  if (pid === undefined) throw new Error(`there is no worker:\n${product.now.output().slice(-4000)}`)
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(product.now.workerPid()).not.toBe(pid), { timeout: 10_000, interval: 5 })
}
