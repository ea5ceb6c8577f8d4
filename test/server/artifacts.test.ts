import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { addVersion, serve, type Served } from './served.ts'

let served: Served
let sha256: string
const bytes = randomBytes(3_000_001)
const URL_OF_VERSION = '/flash/mysql/1.0.tar.gz'

beforeEach(async () => {
  served = await serve()
  sha256 = await addVersion(served.services, { bytes })
  await served.services.catalog.setChannel('mysql', 'stable', '1.0')
})
afterEach(() => served[Symbol.asyncDispose]())

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(served.url + path, {
    method,
    headers: { authorization: `Bearer ${served.secrets.operator}`, ...headers },
  })

/** A refusal says of itself what it is, and is not kept. */
function expectNothingOfTheArtifact({ headers }: Response): void {
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
  for (const name of ['etag', 'digest', 'repr-digest', 'content-disposition', 'content-location'])
    expect(headers.get(name), name).toBeNull()
}

const armed = (versions: { template: string; version: string }[]) =>
  served.services.installs.arm('h1', { zones: versions }, 3_600_000)

describe('an artifact', () => {
  test.each([URL_OF_VERSION, '/flash/mysql/stable.tar.gz', () => `/blobs/sha256/${sha256}`])(
    'is sent whole at %s, with its exact length and the digest of its bytes',
    async (address) => {
      const reply = await get(typeof address === 'string' ? address : address())
      const body = Buffer.from(await reply.arrayBuffer())
      expect(reply.status).toBe(200)
      expect(body.equals(bytes)).toBe(true)
      expect(reply.headers.get('content-length')).toBe(String(bytes.length))
      const base64 = createHash('sha256').update(bytes).digest('base64')
      expect(reply.headers.get('digest')).toBe(`sha-256=${base64}`)
      expect(reply.headers.get('repr-digest')).toBe(`sha-256=:${base64}:`)
      expect(reply.headers.get('etag')).toBe(`"${sha256}"`)
      expect(reply.headers.get('accept-ranges')).toBe('bytes')
      expect(reply.headers.get('content-encoding')).toBeNull()
    },
  )

  test('may be kept for ever under a version or a digest, but not under a channel', async () => {
    const caching = async (path: string) => (await get(path, {}, 'HEAD')).headers.get('cache-control')
    expect(await caching(URL_OF_VERSION)).toBe('private, max-age=31536000, immutable')
    expect(await caching(`/blobs/sha256/${sha256}`)).toBe('private, max-age=31536000, immutable')
    expect(await caching('/flash/mysql/stable.tar.gz')).toBe('private, no-cache')
  })

  test('says which version a channel stands for', async () => {
    const { headers } = await get('/flash/mysql/stable.tar.gz', {}, 'HEAD')
    expect(headers.get('content-location')).toBe(URL_OF_VERSION)
    expect(headers.get('content-disposition')).toBe('attachment; filename="mysql-1.0.tar.gz"')
    expect(headers.get('content-type')).toBe('application/gzip')
  })

  test('answers HEAD with the headers of GET and no body', async () => {
    for (const path of [URL_OF_VERSION, `/blobs/sha256/${sha256}`]) {
      const [head, full] = [await get(path, {}, 'HEAD'), await get(path)]
      expect(await head.text()).toBe('')
      await full.arrayBuffer()
      const pick = ({ headers }: Response) =>
        ['content-length', 'etag', 'digest', 'content-type', 'cache-control', 'accept-ranges'].map((name) =>
          headers.get(name),
        )
      expect(pick(head)).toEqual(pick(full))
    }
  })

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1000000-', 1_000_000, 3_000_001],
    ['bytes=-5', 2_999_996, 3_000_001],
    ['bytes=0-99999999', 0, 3_000_001],
    ['bytes=524287-524289', 524_287, 524_290],
  ])('sends the range %s exactly', async (range, start, end) => {
    const reply = await get(URL_OF_VERSION, { range })
    expect(reply.status).toBe(206)
    expect(reply.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/3000001`)
    expect(reply.headers.get('content-length')).toBe(String(end - start))
    expect(Buffer.from(await reply.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true)
  })

  test('refuses several ranges and impossible ones with a code', async () => {
    const many = await get(URL_OF_VERSION, { range: 'bytes=0-1,5-6' })
    expect(many.status).toBe(416)
    expect(await many.json()).toMatchObject({ code: 'ManyRanges' })
    const beyond = await get(URL_OF_VERSION, { range: 'bytes=3000001-' })
    expect(beyond.status).toBe(416)
    expect(beyond.headers.get('content-range')).toBe('bytes */3000001')
    expect(await beyond.json()).toMatchObject({ code: 'RangeNotSatisfiable' })
    for (const reply of [many, beyond]) expectNothingOfTheArtifact(reply)
  })

  test('is not sent again to those who have it', async () => {
    const reply = await get(URL_OF_VERSION, { 'if-none-match': `"${sha256}"` })
    expect(reply.status).toBe(304)
    expect(reply.headers.get('etag')).toBe(`"${sha256}"`)
    expect(await reply.text()).toBe('')
  })

  test('is not sent when If-Match names other bytes', async () => {
    const reply = await get(URL_OF_VERSION, { 'if-match': '"other"' })
    expect(reply.status).toBe(412)
    expect(await reply.json()).toMatchObject({ code: 'PreconditionFailed' })
    expectNothingOfTheArtifact(reply)
  })

  test('of no bytes is sent as no bytes', async () => {
    await addVersion(served.services, { version: '2.0', bytes: Buffer.alloc(0) })
    const reply = await get('/flash/mysql/2.0.tar.gz')
    expect([reply.status, reply.headers.get('content-length'), await reply.text()]).toEqual([200, '0', ''])
  })

  test('whose bytes are lost is unavailable, and the message does not say where it lay', async () => {
    await served.services.blobs.collect(sha256, async () => true)
    const reply = await get(URL_OF_VERSION)
    expect(reply.status).toBe(503)
    const body = await reply.text()
    expect(JSON.parse(body)).toMatchObject({ code: 'BlobMissing' })
    expect(body).not.toContain('/')
  })

  test('comes from a store without files, too', async () => {
    const blobs = new MemoryBlobStore()
    await blobs.put(Readable.from([bytes]))
    await using stored = await serve({ blobs, catalog: served.services.catalog })
    const reply = await fetch(`${stored.url}${URL_OF_VERSION}`, {
      headers: { authorization: `Bearer ${stored.secrets.operator}`, range: 'bytes=10-19' },
    })
    expect(Buffer.from(await reply.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true)
  })
})

describe('who may fetch', () => {
  const bare = (path: string, headers: Record<string, string> = {}) => fetch(served.url + path, { headers })
  const answer = async (reply: Response) => ({ status: reply.status, body: await reply.text() })

  test('without a token there is nothing, exactly as for a template that never was', async () => {
    const hidden = await answer(await bare(URL_OF_VERSION))
    expect(hidden.status).toBe(404)
    for (const path of [
      '/flash/nosuch/1.0.tar.gz',
      '/flash/mysql/9.tar.gz',
      '/flash/mysql/1.0.cpio',
      '/flash/mysql/x',
      '/nothing',
      `/blobs/sha256/${sha256}`,
      `/blobs/sha256/${'0'.repeat(64)}`,
    ]) {
      expect(await answer(await bare(path))).toEqual(hidden)
    }
    expect(await answer(await bare(URL_OF_VERSION, { authorization: 'Bearer zf_wrong' }))).toEqual(hidden)
    expect(await answer(await bare(`${URL_OF_VERSION}?token=zi_wrong`))).toEqual(hidden)
    expect(await answer(await bare(`${URL_OF_VERSION}?token=${served.secrets.admin}`))).toEqual(hidden)
  })

  test('a viewer reads the catalog, but no bytes of a template that is not public', async () => {
    const viewer = { authorization: `Bearer ${served.secrets.viewer}` }
    const addresses = [URL_OF_VERSION, '/flash/mysql/stable.tar.gz', `/blobs/sha256/${sha256}`]
    for (const path of addresses) {
      const reply = await bare(path, viewer)
      expect([reply.status, await reply.json()]).toEqual([
        403,
        expect.objectContaining({ code: 'RoleTooLow' }),
      ])
      expect(reply.headers.get('etag')).toBeNull()
    }
    expect((await bare('/flash/mysql/9.tar.gz', viewer)).status).toBe(404)
    await addVersion(served.services, { template: 'web', bytes })
    await served.services.catalog.setPublic('web', true)
    expect((await bare(`/blobs/sha256/${sha256}`, viewer)).status, 'public elsewhere').toBe(200)
    await served.services.catalog.setPublic('mysql', true)
    for (const path of addresses) expect((await bare(path, viewer)).status).toBe(200)
  })

  test('everyone may fetch a public template, until it is hidden again', async () => {
    await served.services.catalog.setPublic('mysql', true)
    const reply = await bare(URL_OF_VERSION)
    await reply.arrayBuffer()
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
    await served.services.catalog.setPublic('mysql', false)
    expect((await bare(URL_OF_VERSION)).status).toBe(404)
  })

  test('an install token is good for the templates of its plan, as bearer and as parameter', async () => {
    await addVersion(served.services, { template: 'web', bytes: Buffer.from('web') })
    const { secret } = await armed([{ template: 'mysql', version: '1.0' }])
    const status = async (path: string, headers: Record<string, string> = {}) => {
      const reply = await bare(path, headers)
      await reply.arrayBuffer()
      return reply.status
    }
    expect(await status(URL_OF_VERSION, { authorization: `Bearer ${secret}` })).toBe(200)
    expect(await status(`${URL_OF_VERSION}?token=${secret}`)).toBe(200)
    expect(await status(`/blobs/sha256/${sha256}?token=${secret}`)).toBe(200)
    expect(await status(`/flash/web/1.0.tar.gz?token=${secret}`)).toBe(404)
  })

  test('an install token is good for nothing when its window is over', async () => {
    const { secret } = await armed([{ template: 'mysql', version: '1.0' }])
    served.clock.advance(3_600_001)
    expect((await bare(`${URL_OF_VERSION}?token=${secret}`)).status).toBe(404)
  })

  test('a revoked version goes only to installs that had begun with it', async () => {
    const { catalog, installs } = served.services
    await addVersion(served.services, { version: '2.0', bytes: Buffer.from('newer') })
    const plan = { zones: [{ template: 'mysql', version: '1.0' }] }
    const begun = await installs.arm('h1', plan, 3_600_000)
    await installs.record(begun.install.id, { id: '1', step: 'install', state: 'started' })
    const waiting = await installs.arm('h2', plan, 3_600_000)
    served.clock.advance(1)
    await catalog.setState('mysql', '1.0', 'revoked', { at: served.clock.now() })
    served.clock.advance(1)
    await installs.record(waiting.install.id, { id: '1', step: 'install', state: 'started' })
    const first = await bare(`${URL_OF_VERSION}?token=${begun.secret}`)
    await first.arrayBuffer()
    expect(first.status).toBe(200)
    expect((await bare(`${URL_OF_VERSION}?token=${waiting.secret}`)).status).toBe(404)
    expect((await get(URL_OF_VERSION)).status).toBe(404)
    const { secret: after } = await armed([{ template: 'mysql', version: '2.0' }])
    expect((await bare(`${URL_OF_VERSION}?token=${after}`)).status).toBe(404)
    expect((await bare(`/blobs/sha256/${sha256}?token=${after}`)).status).toBe(404)
  })

  test('what is built on a revoked version is not served either, public or not', async () => {
    const { catalog } = served.services
    const origin = { template: 'mysql', version: '1.0' }
    await addVersion(served.services, { template: 'shop', bytes: Buffer.from('shop'), facts: { origin } })
    await catalog.setPublic('shop', true)
    const status = async () => {
      const reply = await bare('/flash/shop/1.0.tar.gz')
      await reply.arrayBuffer()
      return reply.status
    }
    expect(await status()).toBe(200)
    await catalog.setState('mysql', '1.0', 'revoked')
    expect(await status()).toBe(404)
    expect((await get('/flash/shop/1.0.tar.gz')).status).toBe(404)
    await catalog.setState('mysql', '1.0', 'ready')
    expect(await status()).toBe(200)
  })

  test('a version that is being built is served to nobody', async () => {
    const { manifest } = await served.services.catalog.getVersion('mysql', '1.0')
    await served.services.catalog.putVersion(
      { state: 'building', manifest: { ...manifest, version: '3.0' } },
      new Map(),
    )
    expect((await get('/flash/mysql/3.0.tar.gz')).status).toBe(404)
  })

  test('no token that came in an address is ever logged', async () => {
    const { secret } = await armed([{ template: 'mysql', version: '1.0' }])
    await (await bare(`${URL_OF_VERSION}?token=${secret}`)).arrayBuffer()
    await bare(`${URL_OF_VERSION}?token=guessed-secret`)
    expect(served.logged()).toContain('token=[token]')
    expect(served.logged()).not.toContain(secret)
    expect(served.logged()).not.toContain('guessed-secret')
  })
})
