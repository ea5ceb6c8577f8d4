import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Host } from '#core/host.ts'
import { MemoryRecipeShelf } from '../app/build/build-site.ts'
import { newBuild } from '#test/fixtures/new-build.ts'
import { serve, type Served } from './served.ts'

let served: Served

beforeEach(async () => {
  const recipes = new MemoryRecipeShelf()
  recipes.set('default', { source: { install: ['-d', '/var/tmp/root'] } })
  served = await serve({ recipes })
  await served.services.hosts.add(Host.parse({ name: 'box', transport: 'local', builds: {} }))
})
afterEach(() => served[Symbol.asyncDispose]())

const ask = (body: object = { template: 'default' }) =>
  served.call('POST', '/api/v1/builds', { as: 'publisher', body })

test('a publisher asks for a build, anybody who may look sees it', async () => {
  const asked = await ask()
  expect([asked.status, asked.json]).toMatchObject([
    202,
    { template: 'default', host: 'box', state: 'waiting' },
  ])
  const { id } = asked.json as { id: string }
  const shown = await served.call('GET', `/api/v1/builds/${id}`, { as: 'viewer' })
  expect(shown.json).toMatchObject({
    id,
    steps: expect.arrayContaining([expect.objectContaining({ name: 'boot' })]),
  })
  const listed = await served.call('GET', '/api/v1/builds?template=default&limit=5', { as: 'viewer' })
  expect(listed.json).toMatchObject([{ id }])
  const refused = await served.call('POST', '/api/v1/builds', {
    as: 'operator',
    body: { template: 'default' },
  })
  expect(refused.status).toBe(403)
})

test('a list of builds of nothing that is there is refused', async () => {
  const list = async (query: string) =>
    (await served.call('GET', `/api/v1/builds?${query}`, { as: 'viewer' })).json
  expect(await list('template=nosuch')).toMatchObject({ code: 'TemplateNotFound' })
  expect(await list('host=nohost')).toMatchObject({ code: 'HostNotFound' })
  expect(await list('template=default&host=box')).toEqual([])
})

test('a build that waits names those it waits for', async () => {
  const { builds } = served.services
  const running = await builds.create(newBuild())
  await builds.start(running.id, 1)
  const { json } = await ask()
  expect(json).toMatchObject({ state: 'waiting', waitingFor: [running.id] })
})

test('a plan names every step with its commands and makes nothing', async () => {
  const plan = await served.call('POST', '/api/v1/builds/plan', {
    as: 'operator',
    body: { template: 'default' },
  })
  expect(plan.status, plan.text).toBe(200)
  const { steps } = plan.json as { steps: { step: string; lines: string[] }[] }
  expect(steps.find(({ step }) => step === 'install')?.lines.join('\n')).toMatch(
    /zoneadm .*install -d \/var\/tmp\/root/,
  )
  expect(await served.services.builds.list()).toEqual([])
})

test('the log is plain text, or a stream that goes on where it was left and ends with the build', async () => {
  const { builds } = served.services
  const { id } = await builds.create(newBuild())
  await builds.appendLog(id, 'media', 'first\n')
  await builds.appendLog(id, 'media', 'second\n')
  const text = await served.call('GET', `/api/v1/builds/${id}/log`, { as: 'viewer' })
  expect(text.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(text.text).toBe('first\nsecond\n')
  const reply = await fetch(`${served.url}/api/v1/builds/${id}/log`, {
    headers: {
      authorization: `Bearer ${served.secrets.viewer}`,
      accept: 'text/event-stream',
      'last-event-id': '1',
    },
  })
  let seen = ''
  const reading = (async () => {
    for await (const chunk of Readable.fromWeb(reply.body as never)) seen += String(chunk)
  })()
  await vi.waitFor(() => expect(seen).toContain('second'), { timeout: 10_000 })
  expect(seen).not.toContain('first')
  await builds.appendLog(id, 'publish', 'third\n')
  await builds.finish(id, 'done')
  await reading
  expect(seen).toMatch(/id: 3\ndata: .*"text":"third\\n"/)
})

test('a build is shown, read and ended by the beginning of its id', async () => {
  const { builds } = served.services
  const { id } = await builds.create(newBuild())
  await builds.appendLog(id, 'media', 'first\n')
  const path = `/api/v1/builds/${id.slice(0, 8)}`
  expect((await served.call('GET', path, { as: 'viewer' })).json).toMatchObject({ id })
  expect((await served.call('GET', `${path}/log`, { as: 'viewer' })).text).toBe('first\n')
  for (const verb of ['keep', 'cancel'])
    expect((await served.call('POST', `${path}/${verb}`, { as: 'publisher' })).json).toMatchObject({ id })
  expect((await served.call('POST', `${path}/discard`, { as: 'publisher' })).json).toMatchObject({
    code: 'NothingKept',
  })
  const short = await served.call('GET', path.slice(0, -1), { as: 'viewer' })
  expect([short.status, short.json]).toMatchObject([404, { code: 'BuildNotFound' }])
})

test('cancel, keep and discard say what they cannot do', async () => {
  const { builds } = served.services
  const { id } = await builds.create(newBuild())
  const act = (verb: string) => served.call('POST', `/api/v1/builds/${id}/${verb}`, { as: 'publisher' })
  expect((await act('discard')).json).toMatchObject({ code: 'BuildRunning' })
  expect((await act('keep')).json).toMatchObject({ keepZone: true })
  expect((await act('cancel')).json).toMatchObject({ state: 'cancelled' })
  expect((await act('cancel')).json).toMatchObject({ code: 'BuildOver' })
  expect((await act('keep')).json).toMatchObject({ code: 'NothingKept' })
  await builds.setZoneKept(id, true)
  expect((await act('discard')).status).toBe(202)
  expect((await served.services.audit.list(10)).map(({ action }) => action)).toEqual([
    'build.discard',
    'build.cancel',
    'build.keep',
  ])
  const nobody = await served.call('POST', '/api/v1/builds/nobody/cancel', { as: 'publisher' })
  expect(nobody.json).toMatchObject({ code: 'BuildNotFound' })
})

test('a host is removed when no build needs it any more', async () => {
  const { id } = (await ask()).json as { id: string }
  const remove = () => served.call('DELETE', '/api/v1/hosts/box', { as: 'operator' })
  expect(await remove()).toMatchObject({
    status: 409,
    json: { code: 'HostBuilds', message: expect.stringContaining(`${id} of default`) },
  })
  await served.services.builds.finish(id, 'failed')
  expect((await remove()).status).toBe(204)
})

test('a long log is given to its end', async () => {
  const { builds } = served.services
  const { id } = await builds.create(newBuild())
  for (let line = 1; line <= 2500; line++) await builds.appendLog(id, 'media', `${line}\n`)
  expect((await builds.log(id, 0, 1000)).length).toBe(1000)
  const { text } = await served.call('GET', `/api/v1/builds/${id}/log`, { as: 'viewer' })
  expect(text.split('\n').slice(-3)).toEqual(['2499', '2500', ''])
})

test('only an admin says which hosts build', async () => {
  const put = (as: 'operator' | 'admin') =>
    served.call('PUT', '/api/v1/hosts/box', { as, body: { transport: 'local', builds: { atOnce: 3 } } })
  expect((await put('operator')).json).toMatchObject({ code: 'BuildsRefused' })
  expect((await put('admin')).json).toMatchObject({ builds: { atOnce: 3, zonesRoot: '/zones' } })
})
