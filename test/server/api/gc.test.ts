import { afterEach, beforeEach, expect, test } from 'vitest'
import { GarbageLine } from '#core/retention/report.ts'
import { DAY_MS } from '#core/retention/policy.ts'
import { addVersion, serve, type Served } from '../served.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: unknown) =>
  served.call(method, `/api/v1${path}`, { as: 'admin', ...(body !== undefined && { body }) })

async function collect(dryRun: boolean): Promise<GarbageLine[]> {
  const reply = await call('POST', '/gc', { dryRun })
  expect(reply.headers.get('content-type')).toContain('application/x-ndjson')
  return reply.text
    .trimEnd()
    .split('\n')
    .map((line) => GarbageLine.parse(JSON.parse(line)))
}

test('retention is shown, and set within bounds', async () => {
  await addVersion(served.services)
  expect((await call('GET', '/templates/mysql/retention')).json).toEqual({ keepLast: 5, keepDays: 14 })
  const retention = { keepLast: 1, keepDays: 0 }
  expect((await call('PUT', '/templates/mysql/retention', retention)).json).toEqual(retention)
  expect((await call('GET', '/templates/mysql/retention')).json).toEqual(retention)
  expect((await call('PUT', '/templates/mysql/retention', { keepLast: 0 })).status).toBe(400)
  expect((await call('PUT', '/templates/nosuch/retention', retention)).json).toMatchObject({
    code: 'TemplateNotFound',
  })
  expect((await call('GET', '/templates/nosuch/retention')).status).toBe(404)
})

test('garbage is told line by line, and collected when it is no dry run', async () => {
  await addVersion(served.services, { version: '1', bytes: Buffer.from('one') })
  await addVersion(served.services, { version: '2', bytes: Buffer.from('two') })
  await call('PUT', '/templates/mysql/retention', { keepLast: 1, keepDays: 1 })
  served.clock.advance(3 * DAY_MS)
  const told = await collect(true)
  expect(told.map(({ kind }) => kind)).toEqual(['version', 'version', 'blob', 'blob', 'total'])
  expect(told.find((line) => line.kind === 'version')).toMatchObject({
    name: 'mysql@1',
    verdict: 'delete',
    reasons: ['not one of the last 1, older than 1 days, and nothing uses it'],
  })
  expect((await call('GET', '/templates/mysql/versions/1')).status).toBe(200)
  await collect(false)
  expect((await call('GET', '/templates/mysql/versions/1')).status).toBe(404)
  expect((await call('GET', '/templates/mysql/versions/2')).status).toBe(200)
  const actions = (await served.services.audit.list(10)).map(({ actor, action, subject }) => [
    actor,
    action,
    subject,
  ])
  expect(actions).toContainEqual(['the-admin', 'version.collect', 'mysql@1'])
  expect(actions.filter(([, action]) => action === 'gc')).toHaveLength(1)
})

test('only an admin collects', async () => {
  for (const dryRun of [true, false])
    expect((await served.call('POST', '/api/v1/gc', { as: 'publisher', body: { dryRun } })).status).toBe(403)
})
