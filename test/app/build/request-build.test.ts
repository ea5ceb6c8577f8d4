import { expect, test } from 'vitest'
import { discardZones } from '#app/build/discard-zones.ts'
import { discardBuild, keepBuild } from '#app/build/keep-build.ts'
import { cancelBuild } from '#app/build/cancel-build.ts'
import { reconcileBuilds } from '#app/build/reconcile-builds.ts'
import { Host } from '#core/host.ts'
import { buildSteps } from '#core/build/steps.ts'
import { ProvisionError } from '#core/errors.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { buildSite } from './build-site.ts'

const refused = () => {
  throw new ProvisionError('conflict', 'CommandFailed', 'it did not work')
}

test('a build is recorded with the recipe as it is, and all its steps are queued', async () => {
  const queue = new MemoryJobQueue()
  const site = await buildSite({}, queue)
  const build = await site.ask()
  expect(build).toMatchObject({
    template: 'default',
    version: '20261120T110000Z',
    host: 'box',
    zone: `default-${build.id.slice(0, 8)}`,
    state: 'waiting',
    reason: 'asked for',
  })
  expect(queue.jobs.map(({ data }) => data)).toEqual(buildSteps.map((step) => ({ build: build.id, step })))
  expect(await site.blobs.stat(build.inputs.recipe)).toBeDefined()
  expect(await site.audit.list(1)).toMatchObject([{ action: 'build.run', subject: 'default', actor: 'test' }])
})

test('builds of one moment make versions of their own', async () => {
  const site = await buildSite()
  const builds = await Promise.all([site.ask(), site.ask(), site.ask()])
  expect(builds.map(({ version }) => version).toSorted()).toEqual([
    '20261120T110000Z',
    '20261120T110000Z-2',
    '20261120T110000Z-3',
  ])
})

test('what would be the same again is skipped and says so; --force builds it', async () => {
  const site = await buildSite()
  const first = await site.runAll(await site.ask())
  const second = await site.ask()
  expect(second.state).toBe('skipped')
  expect(second.reason).toMatch(`skipped, because default@${first.version} is made of the same inputs`)
  expect(await site.run(second, 'media')).toBeUndefined()
  expect((await site.runAll(await site.ask('default', { force: true }))).state).toBe('done')
})

test('a changed recipe is built, and so is one whose version was revoked', async () => {
  const site = await buildSite()
  const first = await site.runAll(await site.ask())
  site.recipes.set('default', { summary: 'changed' })
  expect((await site.ask()).state).toBe('waiting')
  site.recipes.set('default')
  expect((await site.ask()).state).toBe('skipped')
  await site.catalog.setState('default', first.version, 'revoked')
  expect((await site.ask()).state).toBe('waiting')
})

test('where media are made, the worker finds out whether they changed', async () => {
  const site = await buildSite()
  site.recipes.set('default', { media: [{ name: 'image', what: 'an image', make: 'make.sh' }] })
  let sha256 = 'b'.repeat(64)
  site.steps.madeInputs = async () => [{ name: 'image', kind: 'made', sha256 }]
  const first = await site.runAll(await site.ask())
  expect(first.inputs.media).toEqual([{ name: 'image', kind: 'made', sha256 }])
  const asked = await site.ask()
  expect(asked.state).toBe('waiting')
  const second = await site.runAll(asked)
  expect(second).toMatchObject({ state: 'skipped', reason: expect.stringContaining(first.version) })
  expect(site.done).toEqual([...buildSteps])
  sha256 = 'c'.repeat(64)
  expect((await site.runAll(await site.ask())).state).toBe('done')
})

test('a medium that nobody gave is named, with what it is', async () => {
  const site = await buildSite()
  site.recipes.set('webmin', { media: [{ name: 'webmin.pkg', what: 'the package from its makers' }] })
  site.media.open = async (name) => {
    throw new ProvisionError('missing', 'MediumMissing', `there is no file "${name}" in /srv/media`)
  }
  await expect(site.ask('webmin')).rejects.toMatchObject({
    code: 'MediumMissing',
    message: 'there is no file "webmin.pkg" in /srv/media: the package from its makers',
  })
  expect(await site.builds.list()).toEqual([])
  site.media.find = async () => ({ sha256: 'd'.repeat(64), size: 1 })
  expect((await site.ask('webmin')).inputs.media).toEqual([
    { name: 'webmin.pkg', kind: 'given', sha256: 'd'.repeat(64) },
  ])
})

test('the origin is an exact version that is ready', async () => {
  const site = await buildSite()
  site.recipes.set('web', { source: undefined, origin: 'default@candidate' })
  await expect(site.ask('web')).rejects.toMatchObject({
    code: 'OriginNotBuilt',
    message: 'web is built from default@candidate, which does not exist: build default first',
  })
  const { version } = await site.runAll(await site.ask('default', { children: false }))
  expect((await site.ask('web')).inputs.origin).toEqual({
    template: 'default',
    version,
    sha256: 'a'.repeat(64),
  })
})

test('without a host that builds, or with several, the error says what to do', async () => {
  const site = await buildSite()
  await site.hosts.add(Host.parse({ name: 'other', transport: 'local', builds: {} }))
  await site.hosts.add(Host.parse({ name: 'plain', transport: 'local' }))
  await expect(site.ask()).rejects.toMatchObject({
    code: 'BuildHostNeeded',
    message: 'box, other build, expected one of them: say --on HOST, or buildHost in the recipe',
  })
  site.recipes.set('default', { buildHost: 'plain' })
  await expect(site.ask()).rejects.toMatchObject({ code: 'HostDoesNotBuild' })
  site.recipes.set('default', { buildHost: 'other' })
  expect((await site.ask()).host).toBe('other')
})

test('a host that cannot have zones of the brand is refused, and is not counted among those that build', async () => {
  const site = await buildSite()
  site.recipes.set('s10', { brand: 'native', osFamily: 'solaris10' })
  await expect(site.ask('s10')).rejects.toMatchObject({
    code: 'HostCannotBuild',
    message:
      'recipe s10 makes a zone of brand native, and host box is of release illumos, expected a host of release s10u3 … s10u11 that builds',
  })
  await site.hosts.add(Host.parse({ name: 'sun', transport: 'local', release: 's10u8', builds: {} }))
  expect((await site.ask('s10')).host).toBe('sun')
  expect((await site.ask('default')).host).toBe('box')
  site.recipes.set('default', { buildHost: 'sun' })
  await expect(site.ask('default')).rejects.toMatchObject({
    code: 'HostCannotBuild',
    message:
      'recipe default makes a zone of brand lx, and host sun is of release s10u8, expected a host of release illumos that builds',
  })
})

test('what is built from a template is rebuilt after it, once, also when its worker died in between', async () => {
  const site = await buildSite()
  site.recipes.set('mysql', { source: undefined, origin: 'default@candidate' })
  site.recipes.set('web', { source: undefined, origin: 'default@stable' })
  const build = await site.ask()
  for (const step of buildSteps.slice(0, -1)) await site.run(build, step)
  await site.builds.takeStep(build.id, 'publish', 'dead', 60_000)
  await site.steps.publish({ build, attempt: 1 } as never)
  await site.builds.endStep(build.id, 'publish', 'dead', 'done')
  await Promise.all([site.run(build, 'publish'), site.run(build, 'publish')])
  const children = await site.builds.list({ parent: build.id })
  expect(children.map(({ template, reason }) => [template, reason])).toEqual([
    ['mysql', `origin default@${build.version} was rebuilt`],
  ])
  expect((await site.builds.get(build.id)).state).toBe('done')
  expect(await site.logOf(build)).toContain(`mysql is rebuilt: build ${children[0]?.id} on box`)
})

test('a child that cannot be built is said, and --no-children asks for none', async () => {
  const site = await buildSite()
  site.recipes.set('webmin', {
    source: undefined,
    origin: 'default@candidate',
    media: [{ name: 'webmin.pkg', what: 'a package' }],
  })
  const build = await site.runAll(await site.ask())
  expect(build.state).toBe('done')
  expect(await site.builds.list({ parent: build.id }), 'nothing that --follow would wait for').toEqual([])
  expect(await site.logOf(build)).toContain('webmin is not rebuilt: media/webmin.pkg is missing: a package\n')
  site.recipes.set('webmin', { source: undefined, origin: 'default@candidate' })
  const alone = await site.runAll(await site.ask('default', { force: true, children: false }))
  expect(await site.builds.list({ parent: alone.id })).toEqual([])
})

test('the webhooks of a recipe hear what they want to, and one that does not answer is said', async () => {
  const notify = [{ webhook: 'http://a.test/x' }, { webhook: 'http://b.test/y', on: ['failed'] }]
  const site = await buildSite()
  site.recipes.set('default', { notify })
  const build = await site.runAll(await site.ask())
  expect(site.posted).toMatchObject([
    {
      url: 'http://a.test/x',
      body: { event: 'published', build: build.id, template: 'default', state: 'done' },
    },
  ])
  site.script.media = async () => refused()
  site.post = async (url) => {
    if (url.includes('a.test')) throw new Error('it answered 500')
    site.posted.push({ url, body: {} })
  }
  const failing = await site.ask('default', { force: true })
  await expect(site.run(failing, 'media')).rejects.toMatchObject({ code: 'CommandFailed' })
  expect(site.posted.map(({ url }) => url)).toEqual(['http://a.test/x', 'http://b.test/y'])
  expect(await site.logOf(failing)).toContain('notify: a.test was not told: it answered 500')
})

test('the zones of a failed build are discarded when asked, or when the template is built well, unless kept', async () => {
  const queue = new MemoryJobQueue()
  const site = await buildSite({ create: async () => refused() }, queue)
  const failed = []
  for (let count = 0; count < 2; count++) {
    const build = await site.ask()
    await site.run(build, 'media')
    await expect(site.run(build, 'create')).rejects.toThrow('it did not work')
    failed.push(build)
  }
  const [first, second] = failed
  if (!first || !second) throw new Error('two builds failed')
  await keepBuild({ id: first.id, actor: 'test' }, site)
  delete site.script.create
  await site.runAll(await site.ask())
  const discards = () => queue.jobs.filter(({ name }) => name === 'discard').map(({ data }) => data)
  expect(discards()).toEqual([{ build: second.id }])
  site.done.length = 0
  const { signal } = new AbortController()
  await discardZones({ build: second.id }, signal, site)
  await discardZones({ build: second.id }, signal, site)
  await discardZones({ build: first.id }, signal, site)
  expect(site.done).toEqual(['discard'])
  expect((await site.builds.get(second.id)).zoneKept).toBe(false)
  await expect(discardBuild({ id: second.id, actor: 'test' }, site)).rejects.toMatchObject({
    code: 'NothingKept',
  })
  await discardBuild({ id: first.id, actor: 'test' }, site)
  await discardZones({ build: first.id }, signal, site)
  expect((await site.builds.get(first.id)).zoneKept).toBe(false)
})

test('a build that is over cannot be cancelled, one that waits is over at once', async () => {
  const site = await buildSite()
  const waiting = await site.ask()
  expect(await cancelBuild({ id: waiting.id, actor: 'test' }, site)).toMatchObject({ state: 'cancelled' })
  await expect(cancelBuild({ id: waiting.id, actor: 'test' }, site)).rejects.toMatchObject({
    code: 'BuildOver',
  })
})

test('a build that is being published cannot be cancelled', async () => {
  const site = await buildSite({
    publish: async ({ build }) => {
      await expect(cancelBuild({ id: build.id, actor: 'test' }, site)).rejects.toMatchObject({
        code: 'BuildPublishing',
      })
    },
  })
  expect(await site.runAll(await site.ask())).toMatchObject({ state: 'done' })
})

test('a build that the queue forgot goes on at its first step that is not done, once', async () => {
  const site = await buildSite()
  const build = await site.ask()
  await site.run(build, 'media')
  await site.run(build, 'create')
  expect(await reconcileBuilds(site)).toBe(0)
  const queue = new MemoryJobQueue()
  site.queue = queue
  const queued = await Promise.all([reconcileBuilds(site), reconcileBuilds(site)])
  expect(queued.toSorted((a, b) => a - b)).toEqual([0, 1])
  expect(queue.jobs.map(({ data }) => data)).toEqual(
    buildSteps.slice(2).map((step) => ({ build: build.id, step })),
  )
  queue.finish(queue.jobs[0]?.id ?? '', 'job stalled more than allowable limit')
  expect(await reconcileBuilds(site)).toBe(1)
  expect((await site.builds.get(build.id)).flow).toBe(3)
  await site.builds.finish(build.id, 'failed')
  site.queue = new MemoryJobQueue()
  expect(await reconcileBuilds(site)).toBe(0)
})

test('the bundle is what the build works with, whatever becomes of the recipe', async () => {
  const seen: string[] = []
  const site = await buildSite({ media: async ({ recipe }) => void seen.push(recipe.recipe.summary) })
  const build = await site.ask()
  site.recipes.set('default', { summary: 'later' })
  await site.run(build, 'media')
  expect(seen).toEqual(['default'])
})
