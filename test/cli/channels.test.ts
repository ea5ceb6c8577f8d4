// Channels on the product as a user starts it: real commands, real reports of hosts over HTTP.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomArchive } from '#test/fault/random-archive.ts'
import { startProduct, type RunningProduct } from '#test/running-product.ts'

let work: string
let product: RunningProduct

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-channels-'))
  product = await startProduct(path.join(work, 'data'))
  await push('base', '1')
  await push('web', '1', 'base@1')
  await push('shop', '1', 'web@1')
  await push('web', '2')
  await put('/api/v1/profiles/web', {
    sysid: { rootPassword: '$5$abcdefgh$0123456789', timezone: 'MET' },
    zones: [{ name: 'web01', template: 'web@stable' }],
  })
  for (const host of ['h1', 'h2']) await must('POST', '/api/v1/hosts', { name: host, profile: 'web' })
}, 60_000)
afterAll(async () => {
  await product.stop()
  await rm(work, { recursive: true, force: true })
})

/** Runs a command that has to succeed; what it printed. */
async function run(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await product.cli(args)
  expect(status, `zoneflash ${args.join(' ')}: ${stderr}`).toBe(0)
  return stdout
}

/** Runs a command that has to be refused; what it said. */
async function refused(...args: string[]): Promise<string> {
  const { status, stderr } = await product.cli(args)
  expect(status, `zoneflash ${args.join(' ')}`).toBe(1)
  return stderr
}

/** A small zoneroot; the bytes are the same in every version, which does not matter here. */
async function push(template: string, version: string, origin?: string): Promise<void> {
  const [of = '', from = ''] = origin?.split('@') ?? []
  const form = new FormData()
  const facts = { version, brand: 'lx', ...(origin && { origin: { template: of, version: from } }) }
  form.set('facts', JSON.stringify(facts))
  form.set('file', new Blob([await randomArchive(0)]), 'zone.tar')
  const answer = await product.call(`/api/v1/templates/${template}/versions`, { method: 'POST', body: form })
  expect(answer.status, await answer.text()).toBe(201)
}

async function must(method: string, route: string, body?: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const answer = await product.call(route, {
    method,
    ...(body !== undefined && { headers, body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  expect(answer.ok, `${method} ${route}: ${text}`).toBe(true)
  return text === '' ? undefined : JSON.parse(text)
}
const put = (route: string, body: unknown) => must('PUT', route, body)
const get = (route: string) => must('GET', route)

const plan = async (host: string, query = '') =>
  ((await get(`/api/v1/hosts/${host}/plan${query}`)) as { text: string }).text
/** What the newest install of a host was told, `ZONE STEP STATE MESSAGE`. */
async function timeline(host: string): Promise<string> {
  const [newest] = (await get(`/api/v1/hosts/${host}/installs`)) as { id: string }[]
  const events = (await get(`/api/v1/installs/${newest?.id}/events`)) as Record<string, string>[]
  return events.map(({ zone, step, state, message }) => `${zone} ${step} ${state} ${message}\n`).join('')
}

interface Armed {
  url: string
  install: string
}
const arm = async (host: string) => (await must('POST', `/api/v1/hosts/${host}/arm`, {})) as Armed

let count = 0
/** What the finish script sends. */
async function report(
  { url }: Armed,
  ...events: { step: string; state: string; zone?: string; message?: string }[]
) {
  const body = events.map((event) => JSON.stringify({ id: `e-${++count}`, ...event })).join('\n')
  const answer = await fetch(`${url}events`, { method: 'POST', body })
  expect(answer.status, await answer.text()).toBe(200)
}
const clone = { step: 'clone', zone: 'web01', state: 'done' }
const boot = { step: 'boot', zone: 'web01', state: 'done' }

test('a version is promoted with a reason, rolled back step by step, and the history tells it', async () => {
  expect(await run('template', 'promote', 'web', '2', '--to', 'stable', '--why', 'a week on h1')).toBe(
    'web@stable is now 2\n',
  )
  expect(await run('template', 'rollback', 'web', '--why', 'slow')).toBe('web@stable goes back from 2 to 1\n')
  expect(await refused('template', 'rollback', 'web')).toMatch(
    /no earlier version of its history is ready and not revoked; expected --to VERSION \(NothingToRollBackTo\)/,
  )
  expect(await run('template', 'history', 'web', '--channel', 'stable')).toMatch(
    /^WHEN +CHANNEL +KIND +VERSION +WHO +WHY\n\S+ +stable +rollback +2 -> 1 +\S+ +slow\n\S+ +stable +promote +1 -> 2 +\S+ +a week on h1\n\S+ +stable +first +1 +\S+ +the first version\n$/,
  )
  expect(await run('template', 'show', 'web')).toContain(
    'held back: 2, first-admin rolled stable back from it: slow',
  )
  expect(await product.cli(['template', 'promote', 'web', '--to', 'stable'])).toMatchObject({ status: 2 })
})

test('a canary gets the candidate, its failed smoke check takes it back, and metrics and timeline say so', async () => {
  await push('web', '3')
  expect(await run('template', 'canary', 'web', '--hosts', 'h1')).toBe(
    'h1 get the candidate of web where others get web@stable\n',
  )
  expect(await refused('template', 'canary', 'web', '--hosts', 'nosuch')).toContain('HostNotFound')
  expect(await refused('template', 'canary', 'web', '--channel', 'nochan', '--hosts', 'h1')).toContain(
    'web has no channel nochan, expected stable (ChannelNotFound)',
  )
  expect(await plan('h1')).toContain('canary: web@stable is the candidate 3 here; other hosts get 1\n')
  expect(await plan('h2')).not.toContain('canary')
  const armed = await arm('h1')
  await report(armed, { step: 'install', state: 'started' }, clone, boot)
  expect(await get('/api/v1/zones?host=h1')).toMatchObject([{ zone: 'web01', template: 'web', version: '3' }])
  await report(armed, { step: 'smoke', zone: 'web01', state: 'failed', message: 'no answer on port 80' })
  await report(armed, { step: 'rollback', state: 'done' }, { step: 'install', state: 'failed' })
  expect(await get('/api/v1/templates/web')).toMatchObject({ channels: { candidate: '1', stable: '1' } })
  expect(await run('template', 'history', 'web', '--channel', 'candidate')).toMatch(
    /candidate +canary-back +3 -> 1 +automatic +h1: smoke of web01 failed: no answer on port 80\n/,
  )
  expect(await timeline('h1')).toContain('web01 notice done web@candidate goes back from 3 to 1')
  const metrics = await (await product.call('/metrics')).text()
  expect(metrics).toContain('zoneflash_channel_moves_total{kind="canary-back"} 1\n')
  expect(await run('template', 'canary', 'web', '--off')).toContain('has no canaries')
  expect(await plan('h1', '?fresh=1')).not.toContain('canary')
})

test('a revoked version blocks what is built on it: arming, promoting, fetching; who had begun may finish', async () => {
  const waiting = await arm('h1')
  const begun = await arm('h2')
  await report(begun, { step: 'install', state: 'started' }, clone, boot)
  const told = await run('template', 'revoke', 'base', '1', '--why', 'root has a known password')
  expect(told).toContain(
    'base@1 is revoked: no new install gets it, nor what is built on it:\n  shop@1\n  web@1\n',
  )
  expect(told).toContain('web@stable points at web@1: zoneflash template rollback web --channel stable\n')
  expect(told).toContain('h1 is armed with it: arm it again')
  expect(told).toContain('h2 may finish its install')
  expect(told).toMatch(/HOST +ZONE +VERSION +BOOTED .*\nh2 +web01 +web@1 +yes/)

  const block = 'blocked by base@1 (revoked: root has a known password)'
  expect(await run('template', 'list')).toContain(`stable=1 (${block})`)
  expect(await run('template', 'show', 'web@1')).toContain(`ready, ${block}\n`)
  expect(await refused('host', 'arm', 'h1')).toContain(
    `web@stable is web@1, which is ${block}; \`template rollback web --channel stable\` or promote another version to stable (VersionRevoked)`,
  )
  const promoted = await product.call('/api/v1/templates/shop/channels/live', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: '1' }),
  })
  expect(await promoted.json()).toMatchObject({ code: 'VersionRevoked' })

  expect((await fetch(`${waiting.url}zones.sh`)).status).toBe(409)
  expect((await fetch(`${waiting.url}zones.sh`)).status).toBe(409)
  const refusals = (await timeline('h1')).split('\n').filter((line) => line.includes('notice failed'))
  expect(refusals).toEqual([expect.stringContaining(`refused: web@1, which is ${block}`)])
  expect((await fetch(`${begun.url}zones.sh`)).status).toBe(200)
  await report(begun, { step: 'install', state: 'done' })

  await push('late', '1', 'shop@1')
  expect(await get('/api/v1/templates/late/versions/1')).toMatchObject({
    state: 'ready',
    blockedBy: { template: 'base', version: '1' },
  })

  expect(await run('template', 'unrevoke', 'base@1')).toBe('base@1 is ready again\n')
  expect(await get('/api/v1/templates/web')).not.toHaveProperty('blocked')
  expect((await fetch(`${waiting.url}zones.sh`)).status).toBe(200)
  expect(await refused('zone', 'list', '--host', 'nohost')).toContain('HostNotFound')
  expect(await refused('zone', 'list', '--template', 'nosuch')).toContain('TemplateNotFound')
  expect(await run('zone', 'list', '--host', 'h2')).toMatch(/^HOST +ZONE .*\nh2 +web01 +web@1 +yes/)
})

test('a state that is set as before still works, with its reason', async () => {
  const route = '/api/v1/templates/late/versions/1'
  expect(await must('PATCH', route, { state: 'revoked', why: 'too late' })).toMatchObject({
    state: 'revoked',
    blockedBy: { template: 'late', version: '1', why: 'too late' },
  })
  expect(await must('PATCH', route, { state: 'ready' })).toMatchObject({ state: 'ready' })
})
