import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { imageUuid, NOBODY } from '#core/images/uuid.ts'
import { serve, type Served } from '../served.ts'
import { addStream, getJson, importImage, listAll, type Listed } from './image-client.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served[Symbol.asyncDispose]())

const open = (template: string, ...clients: ('imgadm' | 'zadm')[]) =>
  served.services.catalog.setOpenTo(template, clients)
const list = async (query = '', below = '') =>
  (await getJson<Listed[]>(`${served.url}${below}/images${query}`)).body
const names = (images: readonly Listed[]) => images.map(({ name, version }) => `${name} ${version}`)

async function addOpen(...version: Parameters<typeof addStream>[1][]): Promise<void> {
  for (const one of version) await addStream(served, one)
  for (const { name } of await served.services.catalog.listTemplates()) await open(name, 'imgadm')
}

describe('a source of images', () => {
  test('answers the ping by which imgadm takes it', async () => {
    expect(await getJson(`${served.url}/ping`)).toEqual({
      status: 200,
      body: { ping: 'pong', version: expect.stringMatching(/^\d+\.\d+\.\d+$/), imgapi: true },
    })
  })

  test('tells of a version what a manifest needs, and gives it to imgadm', async () => {
    const sha256 = await addStream(served, {
      guid: '17',
      facts: { zonecfg: 'create -b\nadd net\nset physical=net0\nend\n', notes: 'a web server' },
    })
    await open('web', 'imgadm')
    const [image] = await list()
    expect(image).toEqual({
      v: 2,
      uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      owner: NOBODY,
      name: 'web',
      version: '1.0',
      description: 'a web server',
      state: 'active',
      disabled: false,
      public: true,
      published_at: '2026-11-20T11:00:00.000Z',
      type: 'zone-dataset',
      os: 'smartos',
      files: [
        {
          sha1: createHash('sha1').update('web@1.0 17').digest('hex'),
          size: 10,
          compression: 'gzip',
          dataset_guid: '17',
        },
      ],
      requirements: { networks: [{ name: 'net0', description: 'network interface 0 of the zone' }] },
      tags: { 'zoneflash:sha256': sha256, 'zoneflash:layout': 'zonepath' },
    })
    expect((await getJson(`${served.url}/images/${image?.uuid}`)).body).toEqual(image)
    expect(await importImage([served.url], String(image?.uuid))).toEqual([
      [image?.uuid, Buffer.from('web@1.0 17')],
    ])
  })

  test('gives an increment after the images that it builds on', async () => {
    await addOpen(
      { version: '1', guid: '1', facts: at('2026-01-01') },
      { version: '2', guid: '2', fromGuid: '1', format: 'zfs-incremental', facts: on('1') },
      { version: '3', guid: '3', fromGuid: '2', format: 'zfs-incremental', facts: on('2') },
    )
    const images = await list('?name=web')
    expect(images.map(({ origin }) => origin)).toEqual([
      undefined,
      ...images.slice(0, 2).map((one) => one.uuid),
    ])
    const imported = await importImage([served.url], String(images[2]?.uuid))
    expect(imported.map(([, bytes]) => String(bytes))).toEqual(['web@1 1', 'web@2 2', 'web@3 3'])
  })

  test('has no increment whose origin it may not give', async () => {
    await addStream(served, { template: 'base', guid: '1' })
    await addStream(served, {
      guid: '2',
      fromGuid: '1',
      format: 'zfs-incremental',
      facts: { origin: { template: 'base', version: '1.0' } },
    })
    await open('web', 'imgadm')
    expect(await list()).toEqual([])
    await open('base', 'imgadm')
    expect(names(await list()).toSorted()).toEqual(['base 1.0', 'web 1.0'])
  })

  test('is passed over for the next one when it lacks an image', async () => {
    const other = await serve()
    await addStream(other, { template: 'elsewhere' })
    await other.services.catalog.setOpenTo('elsewhere', ['imgadm'])
    const { body } = await getJson<Listed[]>(`${other.url}/images`)
    expect(await importImage([served.url, other.url], String(body[0]?.uuid))).toHaveLength(1)
    await other[Symbol.asyncDispose]()
  })

  test.each([
    NOBODY,
    'x',
    '00000000-0000-0000-0000-00000000000',
    NOBODY.replaceAll('0', 'F'),
    '%00',
    '..%2f..%2fetc',
    'a'.repeat(200),
    '%zz',
    '%',
    '%c3%28',
  ])('answers 404 in JSON for %s, whatever is asked of it', async (uuid) => {
    await addOpen({})
    for (const what of ['', '/file', '/file?index=0', '/icon', '/jobs']) {
      const { status, body } = await getJson(`${served.url}/images/${uuid}${what}`)
      expect(status).toBe(404)
      expect(body).toMatchObject({ code: 'ResourceNotFound', message: expect.any(String) })
    }
  })

  test('tells older clients nothing of channels, and newer ones', async () => {
    await addOpen({ version: '1', facts: at('2026-01-01') }, { version: '2', guid: '2' })
    await served.services.catalog.setChannel('web', 'stable', '1')
    const withVersion = async (version?: string) =>
      (
        await served.call('GET', '/images?version=1', {
          ...(version !== undefined && { headers: { 'accept-version': version } }),
        })
      ).json
    expect(await withVersion('~2')).toMatchObject([{ channels: ['stable'] }])
    for (const version of [undefined, '~1', '1.0.0'])
      expect((await withVersion(version)) as object[]).toEqual([
        expect.not.objectContaining({ channels: expect.anything() }),
      ])
    expect(names(await list('?channel=stable'))).toEqual(['web 1'])
    expect(names(await list('?channel=*'))).toEqual(['web 1', 'web 2'])
    expect((await getJson(`${served.url}/channels`)).body).toMatchObject([{ name: 'stable' }])
    const [, second] = await list()
    expect((await getJson(`${served.url}/images/${second?.uuid}?channel=stable`)).status).toBe(404)
  })

  test('looks nothing up for a template that is closed', async () => {
    const sha256 = await addStream(served)
    const { images } = served.services
    const looked = [vi.spyOn(images, 'listActive'), vi.spyOn(images, 'findActive')]
    for (const path of ['/images', '/media/img.json', '/channels'])
      expect((await getJson(`${served.url}${path}`)).status).toBe(200)
    for (const path of [`/images/${imageUuid(sha256)}`, '/media/web/web-1.0.zfs.gz'])
      expect((await getJson(`${served.url}${path}`)).status).toBe(404)
    for (const one of looked) expect(one).not.toHaveBeenCalled()
  })

  test('shows a revoked version as disabled, and keeps its bytes', async () => {
    await addOpen({})
    const [image] = await list()
    await served.services.catalog.setState('web', '1.0', 'revoked', { at: new Date(0), why: 'a leak' })
    expect(await list()).toEqual([])
    expect(await list('?state=all')).toMatchObject([{ state: 'disabled', disabled: true }])
    expect((await getJson<Listed>(`${served.url}/images/${image?.uuid}`)).body.state).toBe('disabled')
    expect((await getJson(`${served.url}/images/${image?.uuid}/file`)).status).toBe(404)
  })

  test('has no whole systems, packages, layouts that were not asked for, or what imgadm cannot unpack', async () => {
    await addOpen(
      { template: 'system', facts: { kind: 'system' } },
      {
        template: 'package',
        zfs: { features: [], pool: 28, isPackage: true, byteOrder: 'little', notices: [] },
      },
      { template: 'zoneroot', layout: 'zoneroot' },
      { template: 'zstd', compression: 'zstd' },
      { template: 'tar', format: 'tar' },
      { template: 'omnios', layout: 'zoneroot', facts: { brand: 'illumos' } },
      { template: 'ubuntu', facts: { brand: 'lx', osFamily: 'linux' } },
    )
    const images = await list()
    expect(names(images).toSorted()).toEqual(['omnios 1.0', 'ubuntu 1.0'])
    expect(images.find(({ name }) => name === 'ubuntu')).toMatchObject({
      type: 'lx-dataset',
      os: 'linux',
      requirements: { brand: 'lx' },
    })
    await served.services.catalog.setImageLayout('zoneroot', 'zoneroot')
    expect(names(await list('?name=zoneroot'))).toEqual(['zoneroot 1.0'])
  })
})

describe('who may read images', () => {
  const get = async (below: string, headers: Record<string, string> = {}) =>
    (await served.call('GET', `${below}/images`, { headers })).json as Listed[]

  test('nobody, until a template is open to imgadm or public', async () => {
    await addStream(served)
    expect(await list()).toEqual([])
    await open('web', 'zadm')
    expect(await list()).toEqual([])
    await open('web', 'imgadm')
    expect(names(await list())).toEqual(['web 1.0'])
    await open('web')
    await served.services.catalog.setPublic('web', true)
    expect(names(await list())).toEqual(['web 1.0'])
  })

  test('who has a reader’s token, in the path or a header, of the templates that it is for', async () => {
    await addStream(served, { template: 'web' })
    await addStream(served, { template: 'db' })
    const { secret } = await served.services.tokens.create('smartos1', 'reader', ['web'])
    const all = served.secrets.reader
    expect(names(await get(`/t/${secret}`))).toEqual(['web 1.0'])
    expect(names(await get(`/t/${all}`)).toSorted()).toEqual(['db 1.0', 'web 1.0'])
    const basic = `Basic ${Buffer.from(`any:${secret}`).toString('base64')}`
    expect(names(await get('', { authorization: basic }))).toEqual(['web 1.0'])
    expect(names(await get('', { authorization: `Bearer ${secret}` }))).toEqual(['web 1.0'])
    expect(await get('', { authorization: 'Bearer zf_wrong' })).toEqual([])
    expect(await get(`/t/${served.secrets.viewer}`)).toEqual([])
    const [image] = await list('', `/t/${secret}`)
    expect(await importImage([`${served.url}/t/${secret}`], String(image?.uuid))).toHaveLength(1)
    expect((await getJson(`${served.url}/images/${image?.uuid}`)).status).toBe(404)
    expect((await getJson(`${served.url}/images/${image?.uuid}/file`)).status).toBe(404)
  })

  test('no reader is made for a template that is not there', async () => {
    await addStream(served)
    const create = (...templates: string[]) =>
      served.call('POST', '/api/v1/tokens', {
        as: 'admin',
        body: { name: 'smartos1', role: 'reader', templates },
      })
    expect(await create('web', 'wbe')).toMatchObject({ status: 404, json: { code: 'TemplateNotFound' } })
    expect(await served.services.tokens.list()).not.toContainEqual(
      expect.objectContaining({ name: 'smartos1' }),
    )
    expect((await create('web')).status).toBe(201)
  })

  test('a wrong token in the path opens nothing, not even what is open, and is in no log', async () => {
    await addOpen({})
    for (const path of ['/ping', '/images', '/channels', `/images/${NOBODY}`]) {
      const { status, body } = await getJson(`${served.url}/t/guessed-it${path}`)
      expect([status, body]).toEqual([404, expect.objectContaining({ code: 'ResourceNotFound' })])
    }
    await list('', `/t/${served.secrets.reader}`)
    expect(served.logged()).toContain('/t/[token]/images')
    expect(served.logged()).not.toContain('guessed-it')
    expect(served.logged()).not.toContain(served.secrets.reader)
  })

  test('a reader’s token calls nothing of the API, and fetches artifacts', async () => {
    await addStream(served)
    const reply = await served.call('GET', '/api/v1/templates', { as: 'reader' })
    expect(reply.status).toBe(403)
    expect((await served.call('GET', '/flash/web/1.0.zfs.gz', { as: 'reader' })).status).toBe(200)
    const { secret } = await served.services.tokens.create('db only', 'reader', ['db'])
    const other = await fetch(`${served.url}/flash/web/1.0.zfs.gz`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(other.status).toBe(404)
  })

  test('who guesses too often has to wait', async () => {
    const strict = await serve({ config: { ...served.services.config, wrongTokens: 2 } })
    const statuses = []
    for (let guess = 0; guess < 4; guess++)
      statuses.push((await fetch(`${strict.url}/t/zf_guess${guess}/images`)).status)
    expect(statuses).toEqual([404, 404, 404, 404])
    const waiting = await fetch(`${strict.url}/t/zf_guess4/media/img.json`)
    expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([404, '60'])
    expect(await waiting.json()).toMatchObject({ code: 'ResourceNotFound' })
    const bearer = await strict.call('GET', '/images', { headers: { authorization: 'Bearer zf_guess5' } })
    expect(bearer).toMatchObject({ status: 200, json: [] })
    expect((await strict.call('DELETE', `/t/zf_guess6/images/${NOBODY}`)).status).toBe(503)
    await strict[Symbol.asyncDispose]()
  })
})

describe('the list of images', () => {
  const many = async () => {
    await addOpen(
      { template: 'web', version: '1.0', guid: '1', facts: at('2026-01-01') },
      { template: 'web', version: '1.1', guid: '2', facts: at('2026-03-01') },
      {
        template: 'my-web',
        version: '2.0',
        guid: '3',
        facts: { ...at('2026-02-01'), brand: 'lx', osFamily: 'linux' },
      },
      { template: 'db', version: '1.0', guid: '4', facts: at('2026-04-01') },
    )
  }

  test.each([
    ['', ['web 1.0', 'my-web 2.0', 'web 1.1', 'db 1.0']],
    ['?name=web', ['web 1.0', 'web 1.1']],
    ['?name=~web', ['web 1.0', 'my-web 2.0', 'web 1.1']],
    ['?name=~WEB', []],
    ['?version=1.0', ['web 1.0', 'db 1.0']],
    ['?version=~1.', ['web 1.0', 'web 1.1', 'db 1.0']],
    ['?type=lx-dataset', ['my-web 2.0']],
    ['?type=!lx-dataset', ['web 1.0', 'web 1.1', 'db 1.0']],
    ['?os=linux', ['my-web 2.0']],
    ['?public=true&owner=00000000-0000-0000-0000-000000000000&name=db', ['db 1.0']],
    ['?public=false', []],
    ['?owner=11111111-0000-0000-0000-000000000000', []],
    ['?tag.zoneflash:layout=zonepath&name=db', ['db 1.0']],
    ['?tag.zoneflash:layout=zoneroot', []],
    ['?tag.constructor=x', []],
    ['?billing_tag=x', []],
    ['?state=disabled', []],
    ['?state=all&account=11111111-0000-0000-0000-000000000000&inclAdminFields=true&name=db', ['db 1.0']],
    ['?limit=2', ['web 1.0', 'my-web 2.0']],
    ['?sort=published_at.desc&limit=2', ['db 1.0', 'web 1.1']],
    ['?sort=published_at', ['web 1.0', 'my-web 2.0', 'web 1.1', 'db 1.0']],
    ['?marker=2026-02-01T00:00:00.000Z', ['my-web 2.0', 'web 1.1', 'db 1.0']],
    ['?marker=2026-02-01&limit=1', ['my-web 2.0']],
    ['?unheard=of', ['web 1.0', 'my-web 2.0', 'web 1.1', 'db 1.0']],
  ])('asked with "%s" has %j', async (query, expected) => {
    await many()
    expect(names(await list(query))).toEqual(expected)
  })

  test('goes on from a marker, which comes first', async () => {
    await many()
    const [, second] = await list()
    expect(names(await list(`?marker=${second?.uuid}&limit=2`))).toEqual(['my-web 2.0', 'web 1.1'])
  })

  test.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=1e2',
    'limit=',
    'marker=yesterday',
    `marker=${NOBODY}`,
    'sort=name',
    'state=odd',
    'owner=me',
    'public=perhaps',
    'name=a&name=b',
    `name=${'a'.repeat(2000)}`,
  ])('refuses %s by the field’s name', async (query) => {
    const { status, body } = await getJson<object>(`${served.url}/images?${query}`)
    const field = query.split('=')[0]
    expect(status).toBe(422)
    expect(body).toEqual({
      code: 'InvalidParameter',
      message: expect.any(String),
      errors: [{ field, code: 'Invalid', message: expect.any(String) }],
    })
  })

  test('of more than a thousand is paged through without a gap, though all have one moment', async () => {
    const { catalog } = served.services
    const count = 1203
    for (let number = 0; number < count; number++) {
      const sha256 = createHash('sha256').update(String(number)).digest('hex')
      await catalog.putVersion(
        {
          state: 'ready',
          manifest: {
            template: 'many',
            version: `${number}`,
            brand: 'joyent',
            osFamily: 'illumos',
            artifacts: [
              {
                format: 'zfs',
                compression: 'none',
                sha256,
                sha1: sha256.slice(0, 40),
                size: 1,
                uncompressedSize: 1,
                layout: 'zonepath',
                guid: String(number),
              },
            ],
            madeBy: 'upload',
            createdBy: 'test',
            createdAt: '2026-11-20T11:00:00Z',
          },
        },
        new Map(),
      )
    }
    await open('many', 'imgadm')
    expect(await list()).toHaveLength(1000)
    const all = await listAll(served.url)
    expect(all).toHaveLength(count)
    expect(new Set(all.map(({ version }) => version)).size).toBe(count)
  })
})

describe('the file of an image', () => {
  let url: string
  const bytes = Buffer.from('web@1.0 1')
  beforeEach(async () => {
    await addOpen({})
    url = `${served.url}/images/${(await list())[0]?.uuid}/file`
  })

  test('comes with the headers that imgadm compares, also for HEAD', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { headers, status } = await fetch(url, { method })
      expect(status).toBe(200)
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-length': String(bytes.length),
        'content-type': 'application/octet-stream',
        'content-md5': createHash('md5').update(bytes).digest('base64'),
        etag: `"${createHash('sha1').update(bytes).digest('hex')}"`,
        'last-modified': 'Fri, 20 Nov 2026 11:00:00 GMT',
        'accept-ranges': 'bytes',
      })
      expect(headers.has('content-encoding')).toBe(false)
    }
  })

  test('is read once for an md5 that was not kept', async () => {
    await fetch(url, { method: 'HEAD' })
    const { manifest } = await served.services.catalog.getVersion('web', '1.0')
    expect(manifest.artifacts[0]?.md5).toBe(createHash('md5').update(bytes).digest('hex'))
  })

  test('may be asked for in part, and not again while it is the same', async () => {
    const part = await fetch(url, { headers: { range: 'bytes=4-6' } })
    expect([part.status, await part.text()]).toEqual([206, '1.0'])
    expect(part.headers.get('content-md5')).toBeNull()
    const same = await fetch(url, { headers: { 'if-none-match': String(part.headers.get('etag')) } })
    expect(same.status).toBe(304)
    const date = String(part.headers.get('last-modified'))
    expect((await fetch(url, { headers: { 'if-modified-since': date } })).status).toBe(304)
    const rest = await fetch(url, { headers: { range: 'bytes=4-', 'if-range': date } })
    expect([rest.status, await rest.text()]).toEqual([206, '1.0 1'])
  })

  test.each([
    [416, 'RequestedRangeNotSatisfiableError', { range: 'bytes=100-' }],
    [412, 'PreconditionFailedError', { 'if-match': '"x"' }],
  ])('is refused with %d in JSON without a charset', async (status, code, headers) => {
    const reply = await fetch(url, { headers })
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.get('last-modified')).toBeNull()
    expect(await reply.json()).toEqual({ code, message: expect.any(String) })
  })

  test('is one: another is not found', async () => {
    expect((await fetch(`${url}?index=0`)).status).toBe(200)
    expect((await fetch(`${url}?index=1`)).status).toBe(404)
    expect((await fetch(`${url}?index=x`)).status).toBe(422)
  })
})

function on(version: string) {
  return { origin: { template: 'web', version }, ...at(`2026-01-0${Number(version) + 1}`) }
}

function at(day: string) {
  return { createdAt: `${day}T00:00:00.000Z` }
}
