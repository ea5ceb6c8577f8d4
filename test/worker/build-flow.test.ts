// Builds through the real queue, on both engines: order, turns, failures, and a queue that lost everything.
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BullmqJobQueue } from '#adapters/queue/bullmq-job-queue.ts'
import type { QueueEngine } from '#adapters/queue/queue-connection.ts'
import { reconcileBuilds } from '#app/build/reconcile-builds.ts'
import { giveUpBuild } from '#app/build/give-up-build.ts'
import { runStep } from '#app/build/run-step.ts'
import type { Build } from '#core/build/build.ts'
import { buildSteps } from '#core/build/steps.ts'
import { ProvisionError } from '#core/errors.ts'
import { buildSite, type BuildSite, type Script } from '../app/build/build-site.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { idleHandlers } from '#test/fixtures/idle-handlers.ts'
import { describeOnEveryEngine } from '#test/queue-engines.ts'
import { startWorker } from '#worker/start-worker.ts'

async function openSite(engine: QueueEngine, script: Script = {}): Promise<BuildSite> {
  const queue = await BullmqJobQueue.open(engine)
  onTestFinished(() => queue.close())
  return buildSite(script, queue)
}

let runners = 0

async function work(engine: QueueEngine, site: BuildSite): Promise<void> {
  const settings = () => ({ runner: `w${(runners += 1)}`, holdMs: 3000 })
  const worker = await startWorker(
    engine,
    { ...idleHandlers, build: (job, signal) => runStep(job, signal, site, settings()) },
    pino({ level: 'silent' }),
    {
      concurrency: 2,
      lockDurationMs: 1000,
      onGivenUp: async (job) => {
        if (job.name === 'build') await giveUpBuild(job.data, site, settings())
      },
    },
  )
  onTestFinished(() => worker.close())
}

async function untilOver(site: BuildSite, { id }: Build): Promise<Build> {
  await vi.waitFor(async () => expect((await site.builds.get(id)).finishedAt).toBeDefined(), {
    timeout: 50_000,
    interval: 20,
  })
  return site.builds.get(id)
}

describeOnEveryEngine((engine) => {
  test(
    'two builds of one host are done one after the other, each step once',
    { timeout: 60_000 },
    async () => {
      const site = await openSite(engine())
      site.recipes.set('other')
      let running: string | undefined
      for (const step of buildSteps)
        site.script[step] = async ({ build }) => {
          running ??= build.id
          expect(running).toBe(build.id)
          if (step === 'publish') running = undefined
        }
      const builds = [await site.ask(), await site.ask('other')]
      await work(engine(), site)
      await work(engine(), site)
      for (const build of builds) expect(await untilOver(site, build)).toMatchObject({ state: 'done' })
      expect(site.done).toEqual([...buildSteps, ...buildSteps])
    },
  )

  test('a step that fails ends the build, and nothing after it is done', { timeout: 60_000 }, async () => {
    const site = await openSite(engine(), {
      boot: async () => {
        throw new ProvisionError('conflict', 'CommandFailed', 'zoneadm boot ended with 1')
      },
    })
    const build = await site.ask()
    await work(engine(), site)
    expect(await untilOver(site, build)).toMatchObject({ state: 'failed', failure: { step: 'boot' } })
    await vi.waitFor(
      async () => {
        const last = await site.queue.status(`build_${build.id}_1_publish`)
        expect(last?.state).toBe('failed')
      },
      { timeout: 30_000, interval: 50 },
    )
    expect(site.done).toEqual(['media', 'create', 'install', 'boot', 'stop'])
    expect((await site.builds.get(build.id)).failure?.code).toBe('CommandFailed')
  })

  test('a build that the queue knows nothing of goes on when it is found', { timeout: 60_000 }, async () => {
    const site = await openSite(engine())
    const queue = site.queue
    site.queue = new MemoryJobQueue() // what it was told is lost
    const build = await site.ask()
    await site.run(build, 'media')
    site.queue = queue
    await work(engine(), site)
    expect(await reconcileBuilds(site)).toBe(1)
    expect(await untilOver(site, build)).toMatchObject({ state: 'done', flow: 2 })
    expect(site.done).toEqual([...buildSteps])
  })
})
