import { once } from 'node:events'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { StepContext } from '#app/build/step.ts'
import { reconcileBuilds } from '#app/build/reconcile-builds.ts'
import { MAX_ATTEMPTS } from '#app/build/run-step.ts'
import { stopLeft } from '#app/build/stop-left.ts'
import { ProvisionError } from '#core/errors.ts'
import { buildSteps } from '#core/build/steps.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { buildSite } from './build-site.ts'

const away = () => new ProvisionError('unavailable', 'HostUnreachable', 'the host is away')

/** A step that goes on until it is told to stop. */
const hang = async ({ signal }: StepContext) => {
  if (!signal.aborted) await once(signal, 'abort')
  signal.throwIfAborted()
}

test('a build does its steps in order, once each, and is done', async () => {
  const site = await buildSite()
  const build = await site.runAll(await site.ask())
  expect(site.done).toEqual([...buildSteps])
  expect(build).toMatchObject({ state: 'done', zoneKept: false })
  expect(build.steps.every(({ state, attempts }) => state === 'done' && attempts === 1)).toBe(true)
  expect(await site.logOf(build)).toMatch(/== media\n== media done in 0\.\d s\n== create\n/)
})

test('a step that is done is not done again, and a build that is over does nothing', async () => {
  const site = await buildSite()
  const build = await site.ask()
  await site.run(build, 'media')
  await site.run(build, 'media', { runner: 'w2' })
  expect(site.done).toEqual(['media'])
  await site.builds.finish(build.id, 'failed')
  expect(await site.run(build, 'create')).toBeUndefined()
  expect(site.done).toEqual(['media'])
})

test('a step that another runner holds comes back later, and so does one whose turn has not come', async () => {
  const site = await buildSite()
  const build = await site.ask()
  await site.builds.start(build.id, 1)
  await site.builds.takeStep(build.id, 'media', 'other', 60_000)
  expect(await site.run(build, 'media')).toEqual({ againInMs: expect.any(Number) })
  const next = await site.ask()
  expect(await site.run(next, 'media')).toEqual({ againInMs: expect.any(Number) })
  expect(site.done).toEqual([])
  expect((await site.builds.get(next.id)).state).toBe('waiting')
})

test('a failure says step, command and output, keeps the zone and stops what runs', async () => {
  const site = await buildSite({
    customize: async ({ shell }) => {
      await shell.run(['zlogin', 'z', 'sh', '-c', 'install it'])
      throw new ProvisionError('conflict', 'CommandFailed', 'zlogin z ended with 1: no such package', {
        details: { argv: ['zlogin', 'z', 'sh'], stderr: 'no such package\n' },
      })
    },
  })
  const build = await site.ask()
  const steps = buildSteps.slice(0, buildSteps.indexOf('customize'))
  for (const step of steps) await site.run(build, step)
  await expect(site.run(build, 'customize')).rejects.toMatchObject({ code: 'CommandFailed' })
  const failed = await site.builds.get(build.id)
  expect(failed).toMatchObject({
    state: 'failed',
    zoneKept: true,
    failure: {
      step: 'customize',
      code: 'CommandFailed',
      command: 'zlogin z sh',
      output: 'no such package\n',
    },
  })
  expect(site.done.slice(-2)).toEqual(['customize', 'stop'])
  expect(await site.logOf(build)).toContain(
    "$ zlogin z sh -c 'install it'\nzlogin z sh -c install it\n== customize failed: zlogin z ended with 1",
  )
  expect(await site.run(build, 'smoke')).toBeUndefined()
})

test('a clean-up that fails is said and changes nothing', async () => {
  const site = await buildSite({
    media: async () => {
      throw new ProvisionError('missing', 'MediumMissing', 'there is no file x.pkg')
    },
    stop: async () => {
      throw away()
    },
  })
  const build = await site.ask()
  await expect(site.run(build, 'media')).rejects.toMatchObject({ code: 'MediumMissing' })
  expect(await site.builds.get(build.id)).toMatchObject({
    state: 'failed',
    failure: { code: 'MediumMissing' },
  })
  expect(await site.logOf(build)).toContain('stop: the host is away\n')
})

test('what may pass is tried again, so often and no more', async () => {
  const site = await buildSite({
    media: async () => {
      throw away()
    },
  })
  const build = await site.ask()
  const pauses = []
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++)
    pauses.push((await site.run(build, 'media'))?.againInMs)
  expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 80_000])
  await expect(site.run(build, 'media')).rejects.toMatchObject({ code: 'HostUnreachable' })
  expect((await site.builds.get(build.id)).state).toBe('failed')
  expect(site.done).toEqual(['media', ...[2, 3, 4, 5, 6].map((n) => `media#${n}`), 'stop#6'])
})

test('a step whose workers die each time ends the build', async () => {
  const site = await buildSite()
  const build = await site.ask()
  await site.builds.start(build.id, 1)
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++)
    await site.builds.takeStep(build.id, 'media', `dead${attempt}`, 0)
  await expect(site.run(build, 'media')).rejects.toMatchObject({ code: 'StepGivenUp' })
  expect(site.done).toEqual(['stop#7'])
})

test('a step that takes too long is ended and the build with it', async () => {
  const site = await buildSite({ media: hang })
  const build = await site.ask()
  await expect(site.run(build, 'media', { limitMs: 20 })).rejects.toMatchObject({ code: 'StepTooSlow' })
  expect((await site.builds.get(build.id)).failure?.message).toContain('did not end within 0.02 s')
  expect(site.done).toEqual(['media', 'stop'])
})

test('of a command that hangs, the failure says which it was and what it had said', async () => {
  const site = await buildSite({
    media: async ({ shell }) => void (await shell.run(['zlogin', 'z', './customize.sh'])),
  })
  site.openShell = () => ({
    async run(argv, { signal, onOutput } = {}) {
      onOutput?.('installing\nlast word, of proxyWord\n')
      if (signal && !signal.aborted) await once(signal, 'abort')
      throw new ProvisionError('unavailable', 'CommandStopped', `${argv[0]} was stopped`, {
        cause: signal?.reason,
      })
    },
    stream: () => Readable.from([]),
  })
  const nameService = { kind: 'LDAP', domainName: 'd', profile: 'p', profileServer: '192.0.2.1' }
  site.recipes.set('default', { sysidcfg: { nameService: { ...nameService, proxyPassword: 'proxyWord' } } })
  const build = await site.ask()
  await expect(site.run(build, 'media', { limitMs: 20 })).rejects.toMatchObject({ code: 'StepTooSlow' })
  expect((await site.builds.get(build.id)).failure).toEqual({
    step: 'media',
    code: 'StepTooSlow',
    message: 'step media did not end within 0.02 s, expected it to, or a higher minutes.media in the recipe',
    command: 'zlogin z ./customize.sh',
    output: 'installing\nlast word, of ****',
  })
  expect(await site.logOf(build)).not.toContain('proxyWord')
})

test('a hold that is lost ends the step, and its runner ends nothing else', async () => {
  const site = await buildSite({
    media: async (context) => {
      if (context.attempt > 1) return
      // while it lasts, another is told that the hold ran out
      await site.builds.endStep(context.build.id, 'media', 'w1', 'again')
      await site.builds.takeStep(context.build.id, 'media', 'w2', 60_000)
      await hang(context)
    },
  })
  const build = await site.ask()
  expect(await site.run(build, 'media', { holdMs: 400 })).toEqual({ againInMs: expect.any(Number) })
  expect(site.done).toEqual(['media'])
  expect((await site.builds.get(build.id)).steps[0]).toMatchObject({ state: 'running', attempts: 2 })
  expect(await site.builds.renewStep(build.id, 'media', 'w2', 60_000)).toBe(true)
})

test('a hold that cannot be renewed is given up before it runs out', async () => {
  const site = await buildSite({ media: hang })
  const build = await site.ask()
  vi.spyOn(site.builds, 'renewStep').mockRejectedValue(new Error('Connection terminated'))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const running = site.run(build, 'media', { holdMs: 10_000 })
  await vi.advanceTimersByTimeAsync(8000)
  expect(await running).toEqual({ againInMs: expect.any(Number) })
  expect((await site.builds.takeStep(build.id, 'media', 'w2', 0)).outcome).toBe('held')
  await vi.advanceTimersByTimeAsync(2000)
  expect((await site.builds.takeStep(build.id, 'media', 'w2', 0)).outcome).toBe('taken')
})

test('a database that is away while a step is asked for is no failure', async () => {
  const site = await buildSite()
  const build = await site.ask()
  vi.spyOn(site.builds, 'get').mockRejectedValueOnce(
    new ProvisionError('unavailable', 'DatabaseUnreachable', 'the database does not answer'),
  )
  expect(await site.run(build, 'media')).toEqual({ againInMs: expect.any(Number) })
  await site.run(build, 'media')
  expect(site.done).toEqual(['media'])
})

test('a build that is cancelled ends what runs, and nothing of it stays', async () => {
  const site = await buildSite({
    media: async (context) => {
      await site.builds.requestCancel(context.build.id)
      await hang(context)
    },
  })
  const build = await site.ask()
  await expect(site.run(build, 'media', { holdMs: 400 })).rejects.toMatchObject({ code: 'BuildCancelled' })
  expect(site.done).toEqual(['media', 'stop', 'discard'])
  expect(await site.builds.get(build.id)).toMatchObject({ state: 'cancelled', zoneKept: false })
})

test('a build that is cancelled between two steps ends at the next', async () => {
  const site = await buildSite()
  const build = await site.ask()
  await site.run(build, 'media')
  await site.builds.requestCancel(build.id)
  await expect(site.run(build, 'create')).rejects.toMatchObject({ code: 'BuildCancelled' })
  expect(site.done).toEqual(['media', 'stop', 'discard'])
})

test('a runner who loses the hold while it cleans up leaves the end to the next', async () => {
  const site = await buildSite({
    media: async () => {
      throw new ProvisionError('conflict', 'CommandFailed', 'it failed')
    },
    stop: async (context) => {
      if (context.attempt > 1) return
      await site.builds.endStep(context.build.id, 'media', 'w1', 'again')
      await site.builds.takeStep(context.build.id, 'media', 'w2', 60_000)
      await hang(context)
    },
  })
  const build = await site.ask()
  expect(await site.run(build, 'media', { holdMs: 400 })).toEqual({ againInMs: expect.any(Number) })
  expect(await site.builds.get(build.id)).toMatchObject({
    state: 'running',
    failure: { code: 'CommandFailed', message: 'it failed' },
  })
  await site.builds.endStep(build.id, 'media', 'w2', 'again')
  await expect(site.run(build, 'media', { runner: 'w3' })).rejects.toMatchObject({ code: 'CommandFailed' })
  expect(site.done).toEqual(['media', 'stop', 'stop#3'])
  expect(await site.builds.get(build.id)).toMatchObject({
    state: 'failed',
    failure: { code: 'CommandFailed', message: 'it failed' },
  })
})

test('a worker that stops while it cleans up leaves the reason to the next, who ends the build', async () => {
  const site = await buildSite({
    media: async () => {
      throw new ProvisionError('conflict', 'CommandFailed', 'it failed')
    },
    stop: async (context) => (context.attempt === 1 ? hang(context) : undefined),
  })
  const build = await site.ask()
  const worker = new AbortController()
  const running = site.run(build, 'media', {}, worker.signal)
  await vi.waitFor(() => expect(site.done).toEqual(['media', 'stop']))
  worker.abort(new Error('the worker is stopping'))
  await expect(running).rejects.toThrow('the worker is stopping')
  await expect(site.run(build, 'media', { runner: 'w2' })).rejects.toMatchObject({ code: 'CommandFailed' })
  expect(site.done).toEqual(['media', 'stop', 'stop#2'])
  expect((await site.builds.get(build.id)).state).toBe('failed')
})

test('workers that stop in good order end no build, however many', async () => {
  const site = await buildSite({ media: hang })
  const build = await site.ask()
  for (let count = 0; count <= MAX_ATTEMPTS; count++) {
    const worker = new AbortController()
    const running = site.run(build, 'media', {}, worker.signal)
    await vi.waitFor(() => expect(site.done).toHaveLength(count + 1))
    worker.abort(new Error('the worker is stopping'))
    await expect(running).rejects.toThrow('the worker is stopping')
  }
  delete site.script.media
  await site.run(build, 'media')
  expect(site.done.at(-1)).toBe('media#8')
  expect((await site.builds.get(build.id)).steps[0]).toMatchObject({ state: 'done', attempts: 8 })
})

test('what a host out of reach keeps running is stopped later, and of a cancelled build removed', async () => {
  const queue = new MemoryJobQueue()
  const unreached = async () => {
    throw away()
  }
  const fail = async () => {
    throw new ProvisionError('conflict', 'CommandFailed', 'it failed')
  }
  const site = await buildSite({ media: fail, stop: unreached, discard: unreached }, queue)
  const failed = await site.ask()
  await expect(site.run(failed, 'media')).rejects.toThrow('it failed')
  expect(await site.builds.get(failed.id)).toMatchObject({ zoneKept: false, needsStop: true })
  site.script.media = async ({ build }) => {
    await site.builds.requestCancel(build.id)
    throw away()
  }
  const cancelled = await site.ask()
  await site.run(cancelled, 'media')
  await expect(site.run(cancelled, 'media')).rejects.toMatchObject({ code: 'BuildCancelled' })
  expect(await site.builds.get(cancelled.id)).toMatchObject({ zoneKept: true, needsStop: true })
  await reconcileBuilds(site)
  await reconcileBuilds(site)
  const asked = queue.jobs.filter(({ name }) => name !== 'build').map(({ name, data }) => ({ name, data }))
  expect(asked).toEqual([
    { name: 'stop', data: { build: failed.id } },
    { name: 'discard', data: { build: cancelled.id } },
  ])
  const { signal } = new AbortController()
  await expect(stopLeft({ build: failed.id }, signal, site)).rejects.toThrow('the host is away')
  delete site.script.stop
  site.done.length = 0
  await stopLeft({ build: failed.id }, signal, site)
  await stopLeft({ build: failed.id }, signal, site)
  expect(site.done).toEqual(['stop'])
  expect((await site.builds.get(failed.id)).needsStop).toBe(false)
})

test('a build whose host is gone fails, and leaves no version', async () => {
  const site = await buildSite()
  const build = await site.ask()
  await site.run(build, 'media')
  await site.hosts.remove('box')
  await expect(site.run(build, 'create')).rejects.toMatchObject({ code: 'HostNotFound' })
  expect(site.done).toEqual(['media', 'abandon'])
  expect(await site.builds.get(build.id)).toMatchObject({
    state: 'failed',
    failure: { code: 'HostNotFound' },
  })
})

test('a worker that stops lets its step go to the next worker', async () => {
  const site = await buildSite({
    media: (context) => (context.attempt === 1 ? hang(context) : Promise.resolve()),
  })
  const build = await site.ask()
  const worker = new AbortController()
  const running = site.run(build, 'media', {}, worker.signal)
  await vi.waitFor(() => expect(site.done).toEqual(['media']))
  worker.abort(new Error('the worker is stopping'))
  await expect(running).rejects.toThrow('the worker is stopping')
  await site.run(build, 'media', { runner: 'w2' })
  expect(site.done).toEqual(['media', 'media#2'])
  expect((await site.builds.get(build.id)).steps[0]?.state).toBe('done')
})
