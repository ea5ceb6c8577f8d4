import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ProvisionError } from '#core/errors.ts'
import type { Role } from '#core/role.ts'
import { addVersion, serve, type Served } from '../served.ts'
import { getJson, importImage, type Listed } from './image-client.ts'

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/zfs/${name}.zfs`, import.meta.url))
const full = gzipSync(fixture('full'))
const increment = fixture('incremental')
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')

const UUID = '6f2d3a52-0c1e-4b7a-9d36-2f6a9d6f1c11'
const OTHER = '6f2d3a52-0c1e-4b7a-9d36-2f6a9d6f1c12'
const manifest = {
  v: 2,
  uuid: UUID,
  owner: '11111111-0c1e-4b7a-9d36-2f6a9d6f1c11',
  name: 'My Web/base',
  version: '1.2.0+3',
  published_at: '2026-03-01T12:00:00.000Z',
  description: 'a web server',
  type: 'zone-dataset',
  os: 'smartos',
  requirements: { networks: [{ name: 'net0', description: 'public' }] },
  tags: { role: 'web' },
}

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served[Symbol.asyncDispose]())

const below = (role: Role = 'publisher') => `/t/${served.secrets[role]}`
const post = (
  action: string,
  { uuid = UUID, body, at = below() }: { uuid?: string; body?: unknown; at?: string } = {},
) => served.call('POST', `${at}/images/${uuid}?action=${action}`, body === undefined ? {} : { body })
async function put(
  bytes: Uint8Array,
  query = `compression=gzip&sha1=${sha1(bytes)}`,
  { uuid = UUID, at = below() } = {},
): Promise<{ status: number; json: unknown }> {
  const reply = await fetch(`${served.url}${at}/images/${uuid}/file?${query}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  })
  return { status: reply.status, json: await reply.json() }
}
const versions = async (template = 'my-web-base') =>
  (await served.services.catalog.listVersions(template).catch(() => [])).map(
    ({ manifest: one }) => one.version,
  )
const blobs = async () => {
  let count = 0
  for await (const _ of served.services.blobs.list()) count += 1
  return count
}

describe('imgadm publish', () => {
  test('makes a version of a template of an image, which keeps its uuid and all that was said of it', async () => {
    const imported = await post('import', { body: manifest })
    expect(imported).toMatchObject({ status: 200, json: { ...manifest, state: 'unactivated', files: [] } })
    expect(await versions()).toEqual([])
    const stored = await put(full)
    expect(stored).toMatchObject({
      status: 200,
      json: { state: 'unactivated', files: [{ sha1: sha1(full), size: full.length, compression: 'gzip' }] },
    })
    expect(await versions()).toEqual([])
    const activated = await post('activate')
    expect(activated).toMatchObject({ status: 200, json: { ...manifest, state: 'active' } })
    expect(await versions()).toEqual(['1.2.0-3'])

    await served.services.catalog.setOpenTo('my-web-base', ['imgadm'])
    const { body } = await getJson<Listed[]>(`${served.url}/images`)
    expect(body).toEqual([
      expect.objectContaining({
        ...manifest,
        state: 'active',
        public: true,
        tags: expect.objectContaining(manifest.tags),
      }),
    ])
    expect(await importImage([served.url], UUID)).toEqual([[UUID, full]])
    const { manifest: made } = await served.services.catalog.getVersion('my-web-base', 'stable')
    expect(made).toMatchObject({
      version: '1.2.0-3',
      brand: 'joyent',
      osFamily: 'illumos',
      createdBy: 'the-publisher',
    })
    const audit = await served.services.audit.list(10)
    expect(
      audit.some(({ action, subject }) => action === 'image.publish' && subject === 'my-web-base@1.2.0-3'),
    ).toBe(true)
  })

  test('may repeat each of its calls', async () => {
    for (let time = 0; time < 2; time++) expect((await post('import', { body: manifest })).status).toBe(200)
    for (let time = 0; time < 2; time++) expect((await put(full)).status).toBe(200)
    for (let time = 0; time < 3; time++)
      expect(await post('activate')).toMatchObject({ status: 200, json: { state: 'active' } })
    expect(await versions()).toEqual(['1.2.0-3'])
    expect((await put(full)).json).toMatchObject({ code: 'ImageFilesImmutable' })
    expect(await post('import', { body: manifest })).toMatchObject({
      status: 409,
      json: { code: 'ImageUuidAlreadyExists' },
    })
  })

  test('publishes an increment on an image that is there, and nobody else’s', async () => {
    await post('import', { body: manifest })
    await put(full)
    const child = { ...manifest, uuid: OTHER, version: '1.3.0', origin: UUID, published_at: undefined }
    expect(await post('import', { uuid: OTHER, body: child })).toMatchObject({
      status: 422,
      json: { code: 'OriginDoesNotExist' },
    })
    await post('activate')
    const without = { ...child, origin: undefined }
    await post('import', { uuid: OTHER, body: without })
    expect(await put(increment, 'compression=none', { uuid: OTHER })).toMatchObject({
      status: 400,
      json: { code: 'Upload' },
    })
    await served.call('DELETE', `${below()}/images/${OTHER}`)
    await post('import', { uuid: OTHER, body: child })
    expect(await put(increment, 'compression=none', { uuid: OTHER })).toMatchObject({ status: 200 })
    expect(await post('activate', { uuid: OTHER })).toMatchObject({ status: 200, json: { origin: UUID } })
    const imported = await importImage([`${served.url}${below('reader')}`], OTHER)
    expect(imported).toEqual([
      [UUID, full],
      [OTHER, increment],
    ])
  })

  test('takes an image back that is not active', async () => {
    await post('import', { body: manifest })
    await put(full)
    const remove = () => served.call('DELETE', `${below()}/images/${UUID}`)
    expect((await remove()).status).toBe(204)
    expect(await remove()).toMatchObject({ status: 404, json: { code: 'ResourceNotFound' } })
    expect((await post('activate')).status).toBe(404)
    await post('import', { body: manifest })
    await put(full)
    await post('activate')
    expect(await remove()).toMatchObject({ status: 422, json: { code: 'ImageAlreadyActivated' } })
    expect(await versions()).toHaveLength(1)
  })

  test.each(['settle', 'putVersion', 'change', 'write', 'setActive'] as const)(
    'goes on after a crash at %s, and leaves nothing out',
    async (step) => {
      const { images, catalog, channels, audit } = served.services
      await post('import', { body: manifest })
      await put(full)
      const crash = vi.fn().mockRejectedValueOnce(new Error('the power is gone'))
      const store = {
        settle: images,
        putVersion: catalog,
        change: channels,
        write: audit,
        setActive: images,
      }[step]
      const real = Reflect.get(store, step) as (...args: unknown[]) => unknown
      crash.mockImplementation((...args: unknown[]) => real.apply(store, args))
      Object.assign(store, { [step]: crash })
      expect((await post('activate')).status).toBe(500)
      expect(crash).toHaveBeenCalledTimes(1)
      for (let time = 0; time < 2; time++)
        expect(await post('activate')).toMatchObject({ status: 200, json: { uuid: UUID, state: 'active' } })
      expect(await versions()).toEqual(['1.2.0-3'])
      const { channels: pointing } = await catalog.getTemplate('my-web-base')
      expect(pointing).toEqual({ candidate: '1.2.0-3', stable: '1.2.0-3' })
      const actions = (await audit.list(10)).map(({ action }) => action)
      expect(actions.filter((action) => action === 'image.publish')).toHaveLength(
        step === 'setActive' ? 2 : 1,
      )
      expect((await getJson(`${served.url}${below('reader')}/images/${UUID}`)).status).toBe(200)
    },
  )

  test('of two images with one name makes one a version, though their bytes are the same', async () => {
    const both = [UUID, OTHER]
    for (const uuid of both) {
      await post('import', { uuid, body: { ...manifest, uuid } })
      await put(full, undefined, { uuid })
    }
    const replies = await Promise.all(both.map((uuid) => post('activate', { uuid })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422])
    for (const [index, uuid] of both.entries()) {
      const { status } = await getJson(`${served.url}${below('reader')}/images/${uuid}`)
      expect(status).toBe(replies[index]?.status === 200 ? 200 : 404)
    }
  })

  test('activates the file that it settled, and none that comes meanwhile', async () => {
    await post('import', { body: manifest })
    await put(full)
    const another = gzipSync(fixture('full'), { level: 1 })
    const { catalog } = served.services
    const putVersion = catalog.putVersion.bind(catalog)
    const meanwhile = vi.fn<() => Promise<unknown>>(() => put(another))
    catalog.putVersion = async (...version) => {
      expect(await meanwhile()).toMatchObject({ json: { code: 'ImageFilesImmutable' } })
      return putVersion(...version)
    }
    expect((await post('activate')).status).toBe(200)
    expect(meanwhile).toHaveBeenCalledOnce()
    expect(await importImage([`${served.url}${below('reader')}`], UUID)).toEqual([[UUID, full]])
  })

  test('that could not become a version may be given up, or get another file', async () => {
    await post('import', { body: manifest })
    await put(full)
    const { catalog, images } = served.services
    const putVersion = catalog.putVersion.bind(catalog)
    catalog.putVersion = async () => {
      throw new ProvisionError('unavailable', 'BlobCollected', 'the bytes were collected')
    }
    expect((await post('activate')).status).toBe(503)
    expect(await images.find(UUID)).toMatchObject({ state: 'unactivated' })
    catalog.putVersion = async () => {
      throw new Error('the power is gone')
    }
    expect((await post('activate')).status).toBe(500)
    expect(await images.find(UUID)).toMatchObject({ state: 'activating' })
    expect((await served.call('DELETE', `${below()}/images/${UUID}`)).status).toBe(204)
    const audit = await served.services.audit.list(1)
    expect(audit).toMatchObject([{ action: 'image.remove', subject: 'my-web-base@1.2.0-3' }])
    catalog.putVersion = putVersion
    await post('import', { body: manifest })
    await put(full)
    expect((await post('activate')).status).toBe(200)
  })

  test('keeps versions that are no names here in the manifest', async () => {
    const long = `v1.${'0'.repeat(300)}`
    const said = { acl: [OTHER], urn: 'example:web:1', requirements: { bootrom: 'uefi', brand: 'joyent' } }
    for (const [uuid, version] of [
      [UUID, 'base-2026'],
      [OTHER, long],
    ] as const) {
      await post('import', { uuid, body: { ...manifest, ...said, uuid, version } })
      await put(full, undefined, { uuid })
      expect(await post('activate', { uuid })).toMatchObject({ status: 200, json: { ...said, version } })
      const { body } = await getJson<Listed>(`${served.url}${below('reader')}/images/${uuid}`)
      expect(body).toMatchObject({ ...said, uuid, version })
    }
    expect(await versions()).toEqual(['0-base-2026', expect.stringMatching(/^0-v1\.0{42}-[0-9a-f]{16}$/)])
  })

  test('is not forgotten while its file is on its way', async () => {
    await post('import', { body: manifest })
    served.clock.advance(48 * 3_600_000)
    await put(full)
    const dayAgo = new Date(served.clock.now().getTime() - 24 * 3_600_000)
    expect(await served.services.images.sweep(dayAgo)).toBe(0)
    expect((await post('activate')).status).toBe(200)
  })
})

describe('an image is refused', () => {
  test.each([
    ['uuid', { uuid: OTHER }],
    ['uuid', { uuid: UUID.toUpperCase() }],
    ['v', { v: 1 }],
    ['name', { name: 'a;b' }],
    ['name', { name: '// --' }],
    ['name', { name: undefined }],
    ['version', { version: 'a b' }],
    ['version', { version: `1${'.0'.repeat(256)}` }],
    ['acl.0', { acl: ['everybody'] }],
    ['requirements.bootrom', { requirements: { bootrom: 'coreboot' } }],
    ['type', { type: 'zvol' }],
    ['os', { os: 'windows' }],
    ['homepage', { homepage: 'javascript:alert(1)' }],
    ['published_at', { published_at: 'yesterday' }],
    ['published_at', { published_at: '2026-13-41T00:00:00Z' }],
    ['tags', { tags: { big: 'x'.repeat(110 * 1024) } }],
    ['description', { description: 'x'.repeat(10_241) }],
    ['requirements.brand', { requirements: { brand: '$(reboot)' } }],
    ['origin', { origin: 'none' }],
  ])('for its %s: %j', async (field, change) => {
    const { status, json } = await post('import', { body: { ...manifest, ...change } })
    expect(status).toBe(422)
    expect(json).toMatchObject({
      code: 'ValidationFailed',
      errors: expect.arrayContaining([expect.objectContaining({ field, message: expect.any(String) })]),
    })
    expect(await served.services.images.find(UUID)).toBeUndefined()
  })

  test('without a body, with another kind of one, and with too large a one', async () => {
    for (const body of ['{', '[]', 'null', '"x"', JSON.stringify({ x: 'y'.repeat(300_000) })])
      expect([400, 422]).toContain((await post('import', { body })).status)
    expect((await post('import')).status).toBe(422)
    expect(await post('disable')).toMatchObject({ status: 400, json: { code: 'NotImplemented' } })
    expect((await post('import', { uuid: 'x', body: manifest })).status).toBe(404)
  })

  test('when another version has its name', async () => {
    await post('import', { body: manifest })
    await put(full)
    await post('activate')
    expect(await post('import', { uuid: OTHER, body: { ...manifest, uuid: OTHER } })).toMatchObject({
      status: 422,
      json: { code: 'ValidationFailed', errors: [{ field: 'version' }] },
    })
  })

  test('when its name is that of a template of systems', async () => {
    await addVersion(served.services, { template: 'golden', facts: { kind: 'system' } })
    expect(await post('import', { body: { ...manifest, name: 'Golden' } })).toMatchObject({
      status: 422,
      json: { code: 'ValidationFailed', errors: [{ field: 'name' }] },
    })
  })

  test('before its file is there', async () => {
    await post('import', { body: manifest })
    expect(await post('activate')).toMatchObject({ status: 422, json: { code: 'NoActivationNoFile' } })
    expect((await put(full, undefined, { uuid: OTHER })).status).toBe(404)
  })

  test.each([
    ['another sha1', full, `compression=gzip&sha1=${'0'.repeat(40)}`, 400],
    ['another compression', full, 'compression=xz', 400],
    ['no compression', full, '', 422],
    ['a compression that is none', full, 'compression=zstd', 422],
    ['no sha1', full, 'compression=gzip&sha1=abc', 422],
    ['no stream', Buffer.from('hello'), 'compression=none', 422],
    ['half a stream', full.subarray(0, full.length / 2), 'compression=gzip', 422],
    ['nothing', Buffer.alloc(0), 'compression=none', 422],
  ])('for a file with %s, and nothing of it stays', async (_what, bytes, query, status) => {
    await post('import', { body: manifest })
    expect(await put(bytes, query)).toMatchObject({ status, json: { code: expect.any(String) } })
    expect(await blobs()).toBe(0)
    expect((await served.services.images.find(UUID))?.artifact).toBeUndefined()
  })

  test('whose sender goes away in the middle, and it may come again', async () => {
    await post('import', { body: manifest })
    const sending = request(`${served.url}${below()}/images/${UUID}/file?compression=gzip`, {
      method: 'PUT',
      headers: { 'content-length': full.length },
    })
    sending.on('error', () => undefined)
    sending.write(full.subarray(0, 1000), () => sending.destroy())
    await vi.waitFor(() => expect(served.logged()).toMatch(/"method":"PUT".*"cut":true/))
    expect(served.logged()).not.toContain('unforeseen')
    expect(await blobs()).toBe(0)
    expect((await put(full)).status).toBe(200)
  })

  test('that is larger than the server takes, before it is sent', async () => {
    const { config } = served.services
    const small = await serve({ config: { ...config, limits: { ...config.limits, maxBytes: 10 } } })
    const at = `${small.url}/t/${small.secrets.publisher}/images/${UUID}`
    const headers = { 'content-type': 'application/json' }
    await fetch(`${at}?action=import`, { method: 'POST', headers, body: JSON.stringify(manifest) })
    const reply = await fetch(`${at}/file?compression=gzip`, { method: 'PUT', body: new Uint8Array(full) })
    expect([reply.status, await reply.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'ImageFileTooBig' }),
    ])
    await small[Symbol.asyncDispose]()
  })
})

describe('who may publish', () => {
  const calls = [
    ['POST', `/images/${UUID}?action=import`],
    ['POST', `/images/${UUID}?action=activate`],
    ['PUT', `/images/${UUID}/file?compression=none`],
    ['DELETE', `/images/${UUID}`],
  ] as const

  test('not anyone, and not who may only read', async () => {
    for (const [method, address] of calls) {
      const reply = await served.call(method, address)
      expect(reply).toMatchObject({ status: 401, json: { code: 'UnauthorizedError' } })
      expect(reply.headers.get('www-authenticate')).toBe('Basic realm="zoneflash"')
      for (const role of ['reader', 'viewer', 'operator'] as const)
        expect(await served.call(method, address, { as: role })).toMatchObject({ status: 403 })
      expect((await served.call(method, `/t/zf_wrong${address}`)).status).toBe(404)
    }
  })

  test('who has a publisher’s token, as bearer or as the password of HTTP Basic', async () => {
    const basic = Buffer.from(`anyone:${served.secrets.publisher}`).toString('base64')
    for (const authorization of [`Bearer ${served.secrets.publisher}`, `Basic ${basic}`]) {
      const reply = await served.call('POST', `/images/${UUID}?action=import`, {
        headers: { authorization },
        body: manifest,
      })
      expect(reply.status).toBe(200)
    }
  })

  test('who comes from this machine, where that was said: no page in a browser, and nobody through a proxy', async () => {
    const config = { ...served.services.config, publishOnLoopback: true }
    const open = await serve({ config })
    const publish = (headers: Record<string, string> = {}) =>
      open.call('POST', `/images/${UUID}?action=import`, { headers, body: manifest })
    expect((await publish()).status).toBe(200)
    expect(open.logged()).toContain('must send X-Forwarded-For or Via')
    expect(served.logged()).not.toContain('X-Forwarded-For')
    for (const header of ['origin', 'x-forwarded-for', 'forwarded', 'via', 'sec-fetch-site'])
      expect((await publish({ [header]: 'http://example.net' })).status, header).toBe(401)
    await open[Symbol.asyncDispose]()
  })
})
