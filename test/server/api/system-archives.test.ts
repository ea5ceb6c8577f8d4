import { afterEach, beforeEach, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { exampleCaptured } from '../../core/system-archive/example-captured.ts'
import { serve, type Served } from '../served.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
  await served.services.hosts.add(Host.parse({ name: 'old', transport: 'local', release: 's10u8' }))
})
afterEach(() => served[Symbol.asyncDispose]())

const ask = (body: object, host = 'old', as: 'publisher' | 'operator' = 'publisher') =>
  served.call('POST', `/api/v1/hosts/${host}/archive`, { as, body })

test('an archive is one job, however often it is asked for, and its version is of kind system', async () => {
  const first = await ask({ template: 'oldsys', version: '1' })
  expect([first.status, first.json]).toEqual([202, { job: 'package_oldsys_1', version: '1' }])
  expect((await ask({ template: 'oldsys', version: '1' })).json).toEqual(first.json)
  expect(await served.services.queue.status('package_oldsys_1')).toMatchObject({ state: 'waiting' })
  const { state, manifest } = await served.services.catalog.getVersion('oldsys', '1')
  expect([state, manifest.kind, manifest.notes]).toEqual([
    'building',
    'system',
    'the whole system of host old',
  ])
})

test.for([
  [{ template: 'oldsys', allow: ['everything'] }, 400],
  [{ template: 'oldsys', exclude: ['/'] }, 400],
  [{ template: 'oldsys', exclude: ['/export/../etc'] }, 400],
  [{ template: 'oldsys', exclude: ['relative'] }, 400],
  [{ template: 'Old Sys' }, 400],
  [{}, 400],
] as const)('%j is refused with %d', async ([body, status]) => {
  expect((await ask(body)).status).toBe(status)
})

test('an unknown host and a lower role are refused', async () => {
  expect((await ask({ template: 'oldsys' }, 'nobody')).json).toMatchObject({ code: 'HostNotFound' })
  expect((await ask({ template: 'oldsys' }, 'old', 'operator')).status).toBe(403)
})

test('a repair is a job of the host', async () => {
  const { status, json } = await served.call('POST', '/api/v1/hosts/old/archive/repair', { as: 'publisher' })
  expect([status, json]).toEqual([202, { job: 'repair-archive_old' }])
})

test('the restore script maps interfaces, allows rows, and refuses what it does not know', async () => {
  const version = versionOf('oldsys', '1', {
    kind: 'system',
    osFamily: 'solaris10',
    capturedZones: exampleCaptured(),
  })
  await served.services.catalog.putVersion(version, new Map())
  const script = (query: string) =>
    served.call('GET', `/api/v1/templates/oldsys/versions/1/restore-script${query}`, { as: 'viewer' })
  const plain = await script('')
  expect(plain.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(plain.text).toContain('set physical="bge0"')
  const mapped = await script('?map=bge0=e1000g0&allow=device,svm&attach=update')
  expect(mapped.text).toContain('set physical="e1000g0"')
  expect(mapped.text).toContain("z_attach='update'")
  expect(mapped.text).not.toContain('/dev/rmt/0')
  expect((await script('?map=bge1=e1000g0')).json).toMatchObject({ code: 'InterfaceUnknown' })
  for (const wrong of ['map=bge0', 'map=bge0=a=b', 'map=bge0=$(id)', 'map=', 'allow=all', 'attach=maybe'])
    expect((await script(`?${wrong}`)).status, wrong).toBe(400)
})
