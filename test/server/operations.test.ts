import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { addVersion, serve, type Served } from './served.ts'

let served: Served
let databaseUp: boolean

class FragileRegistry extends MemoryHostRegistry {
  override async find(name: string) {
    if (!databaseUp) throw new Error('connection refused at postgres://secret@db')
    return super.find(name)
  }
}

beforeEach(async () => {
  databaseUp = true
  served = await serve({ hosts: new FragileRegistry() })
})
afterEach(() => served[Symbol.asyncDispose]())

test('the server is alive whatever its database does, and ready only with it', async () => {
  expect((await served.call('GET', '/readyz')).json).toEqual({ status: 'ok', database: true, blobs: true })
  databaseUp = false
  expect((await served.call('GET', '/healthz')).json).toEqual({ status: 'ok' })
  const unready = await served.call('GET', '/readyz')
  expect([unready.status, unready.json]).toEqual([
    503,
    { status: 'unavailable', database: false, blobs: true },
  ])
})

test('the counters count answers by route, never by path, and the bytes that were sent', async () => {
  await addVersion(served.services)
  await served.call('GET', '/flash/mysql/1.0.tar.gz', { as: 'operator' })
  await served.call('GET', '/flash/mysql/1.0.tar.gz', { as: 'operator', headers: { range: 'bytes=0-3' } })
  await served.call('GET', '/js/h1/zi_some-secret/sysidcfg')
  const { text, headers } = await served.call('GET', '/metrics')
  expect(headers.get('content-type')).toMatch(/^text\/plain/)
  expect(text).toContain(
    'zoneflash_http_requests_total{method="GET",route="/flash/:template/:file",status="200"} 1',
  )
  expect(text).toContain(
    'zoneflash_http_requests_total{method="GET",route="/flash/:template/:file",status="206"} 1',
  )
  expect(text).toMatch(/^zoneflash_artifact_bytes_total 14$/m)
  expect(text).toMatch(/^zoneflash_artifact_readers 0$/m)
  expect(text).not.toContain('zi_some-secret')
})

test('every answer carries the headers that bind browsers', async () => {
  for (const path of ['/', '/api/docs', '/api/v1/templates', '/nothing', '/healthz']) {
    const { headers } = await served.call('GET', path)
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('content-security-policy'), path).toContain("default-src 'none'")
    expect(headers.get('x-frame-options'), path).toBe('DENY')
    expect(headers.has('x-powered-by'), path).toBe(false)
  }
})

test('the front page lists nothing and loads nothing from elsewhere', async () => {
  await addVersion(served.services, { template: 'hidden-template' })
  for (const path of ['/', '/api/docs']) {
    const { text, headers } = await served.call('GET', path)
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    expect(text).not.toContain('hidden-template')
    expect(text.match(/(?:src|href)="(?!\/)[^"]*"/g)).toBeNull()
  }
})
