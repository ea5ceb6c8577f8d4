import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addVersion, serve, type Served } from './served.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: unknown) =>
  served.call(method, `/api/v1${path}`, { as: 'admin', ...(body !== undefined && { body }) })
const actions = async () =>
  (await served.services.audit.list(100)).map(({ actor, action, subject }) => `${actor} ${action} ${subject}`)

describe('templates', () => {
  test('are created once, listed, shown and made public', async () => {
    expect((await call('POST', '/templates', { name: 'mysql' })).status).toBe(201)
    expect((await call('POST', '/templates', { name: 'mysql' })).status).toBe(201)
    const empty = { name: 'mysql', public: false, openTo: [], channels: {}, versions: 0 }
    expect((await call('GET', '/templates')).json).toEqual([empty])
    expect((await call('PATCH', '/templates/mysql', { public: true })).json).toEqual({
      ...empty,
      public: true,
    })
    expect((await call('GET', '/templates/mysql')).json).toEqual({ ...empty, public: true })
    expect((await call('GET', '/templates/nosuch')).json).toMatchObject({ code: 'TemplateNotFound' })
  })

  test('have channels that move to ready versions only, and the audit log says from where to where', async () => {
    await addVersion(served.services, { version: '1.0' })
    await addVersion(served.services, { version: '2.0' })
    await call('PUT', '/templates/mysql/channels/stable', { version: '1.0' })
    const moved = await call('PUT', '/templates/mysql/channels/stable', { version: '2.0' })
    expect(moved.json).toMatchObject({ channels: { stable: '2.0' } })
    expect((await served.services.audit.list(1))[0]).toMatchObject({
      actor: 'the-admin',
      action: 'template.promote',
      subject: 'mysql@stable',
      details: { from: '1.0', to: '2.0' },
    })
    await call('PATCH', '/templates/mysql/versions/1.0', { state: 'revoked' })
    expect((await call('PUT', '/templates/mysql/channels/stable', { version: '1.0' })).status).toBe(409)
    expect((await call('PUT', '/templates/mysql/channels/stable', { version: '9' })).status).toBe(404)
    expect((await call('PUT', '/templates/mysql/channels/9', { version: '1.0' })).status).toBe(400)
  })
})

describe('versions', () => {
  beforeEach(() => addVersion(served.services))

  test('are listed and shown by name and by channel', async () => {
    await call('PUT', '/templates/mysql/channels/stable', { version: '1.0' })
    const byName = await call('GET', '/templates/mysql/versions/1.0')
    expect(byName.json).toMatchObject({ state: 'ready', manifest: { template: 'mysql', version: '1.0' } })
    expect((await call('GET', '/templates/mysql/versions/stable')).json).toEqual(byName.json)
    expect((await call('GET', '/templates/mysql/versions')).json).toEqual([byName.json])
  })

  test('are not deleted while a channel or an open install refers to them', async () => {
    await addVersion(served.services, { version: '2.0' })
    await call('PUT', '/templates/mysql/channels/stable', { version: '1.0' })
    const plan = { zones: [{ template: 'mysql', version: '2.0' }] }
    await served.services.installs.arm('h1', plan, 1000)
    expect((await call('DELETE', '/templates/mysql/versions/1.0')).json).toMatchObject({
      code: 'VersionInUse',
    })
    expect((await call('DELETE', '/templates/mysql/versions/2.0')).json).toMatchObject({
      code: 'VersionInUse',
    })
    served.clock.advance(1001)
    expect((await call('DELETE', '/templates/mysql/versions/2.0')).status).toBe(204)
    expect((await call('GET', '/templates/mysql/versions/2.0')).status).toBe(404)
  })

  test('give their files as one JSON object on each line, all or below a path', async () => {
    const file = (path: string) => ({
      path,
      type: 'file' as const,
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 1,
      mtime: 1,
    })
    const entries = ['root/etc', 'root/etc/hosts', 'root/etcetera', 'root/usr/b"\n\u{fe}c'].map(file)
    const { manifest } = await served.services.catalog.getVersion('mysql', '1.0')
    const [artifact] = manifest.artifacts
    if (!artifact) throw new Error('the fixture has an artifact')
    const other = { ...artifact, sha256: 'a'.repeat(64), entries: 4 }
    await served.services.catalog.putVersion(
      { state: 'ready', manifest: { ...manifest, version: '2.0', artifacts: [other] } },
      new Map([[other.sha256, entries]]),
    )
    const all = await call('GET', '/templates/mysql/versions/2.0/files')
    expect(all.headers.get('content-type')).toMatch(/^application\/x-ndjson/)
    expect(
      all.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(entries)
    for (const prefix of ['root/etc', '/root/etc/', './root/etc']) {
      const some = await call('GET', `/templates/mysql/versions/2.0/files?prefix=${prefix}&format=tar.gz`)
      expect(
        some.text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).path),
      ).toEqual(['root/etc', 'root/etc/hosts'])
    }
    const none = await call('GET', '/templates/mysql/versions/2.0/files?format=cpio')
    expect(none.json).toMatchObject({ code: 'NoIndex', message: expect.stringContaining('it has: tar.gz') })
  })
})

describe('packaging', () => {
  beforeEach(async () => {
    await call('POST', '/hosts', { name: 'golden', transport: 'sandbox:golden' })
    await call('POST', '/hosts', { name: 'silent' })
  })

  test('records the version as building under the time’s name and queues one job', async () => {
    const first = await call('POST', '/templates/mysql/package', { host: 'golden', zone: 'mysql' })
    expect([first.status, first.json]).toEqual([
      202,
      { job: 'package_mysql_20261120T110000Z', version: '20261120T110000Z' },
    ])
    expect((await call('POST', '/templates/mysql/package', { host: 'golden', zone: 'mysql' })).json).toEqual(
      first.json,
    )
    expect((await call('GET', '/templates/mysql/versions/20261120T110000Z')).json).toMatchObject({
      state: 'building',
    })
    expect((await call('GET', '/jobs/package_mysql_20261120T110000Z')).json).toMatchObject({
      state: 'waiting',
    })
    expect((await call('GET', '/jobs/nosuch')).json).toMatchObject({ code: 'JobNotFound' })
  })

  test('of another zone in the same second is another version', async () => {
    const asked = (body: object) => call('POST', '/templates/mysql/package', { host: 'golden', ...body })
    expect((await asked({ zone: 'mysql' })).json).toMatchObject({ version: '20261120T110000Z' })
    expect((await asked({ zone: 'mysql2' })).json).toEqual({
      job: 'package_mysql_20261120T110000Z-2',
      version: '20261120T110000Z-2',
    })
    expect((await asked({ zone: 'mysql2', version: '20261120T110000Z' })).json).toMatchObject({
      code: 'VersionExists',
    })
  })

  test('asked for again keeps the time of the first request: a sweep spares what is younger', async () => {
    const body = { host: 'golden', zone: 'mysql', version: '1' }
    const read = async () => (await call('GET', '/templates/mysql/versions/1')).json
    await call('POST', '/templates/mysql/package', body)
    const before = await read()
    served.clock.advance(60_000)
    expect((await call('POST', '/templates/mysql/package', body)).status).toBe(202)
    expect(await read()).toEqual(before)
  })

  test('is refused for a host that no worker reaches, an unknown origin and a version that exists', async () => {
    const answer = async (body: object) => (await call('POST', '/templates/mysql/package', body)).json
    await addVersion(served.services)
    expect(await answer({ host: 'silent', zone: 'z' })).toMatchObject({ code: 'HostUnreachable' })
    expect(await answer({ host: 'nosuch', zone: 'z' })).toMatchObject({ code: 'HostNotFound' })
    expect(await answer({ host: 'golden', zone: 'z', version: '1.0' })).toMatchObject({
      code: 'VersionExists',
    })
    const origin = { template: 'default', version: '1' }
    expect(await answer({ host: 'golden', zone: 'z', origin })).toMatchObject({ code: 'TemplateNotFound' })
  })
})

describe('hosts', () => {
  const host = {
    name: 'h1',
    macs: ['0:11:22:A:b:c'],
    addresses: ['192.0.2.7'],
    release: 's10u8',
    facts: { rack: '7' },
  }

  test('are added with addresses in one spelling, replaced and removed', async () => {
    const added = await call('POST', '/hosts', host)
    expect(added.status).toBe(201)
    expect(added.json).toEqual({ ...host, macs: ['00:11:22:0a:0b:0c'], arch: 'i86pc', networks: [] })
    expect((await call('POST', '/hosts', host)).json).toMatchObject({ code: 'HostExists' })
    const replaced = await call('PUT', '/hosts/h1', { release: 'illumos' })
    expect(replaced.json).toMatchObject({ name: 'h1', macs: [], release: 'illumos' })
    expect((await call('PUT', '/hosts/h1', { name: 'h2' })).status).toBe(400)
    expect((await call('DELETE', '/hosts/h1')).status).toBe(204)
    expect((await call('GET', '/hosts/h1')).json).toMatchObject({ code: 'HostNotFound' })
    expect(await actions()).toEqual([
      'the-admin host.remove h1',
      'the-admin host.set h1',
      'the-admin host.add h1',
    ])
  })

  test.each([
    ['zpool', 'abc', 'a pool version from 1 to 5000, or features'],
    ['zpool', '', 'a pool version from 1 to 5000, or features'],
    ['zpool', '5001', 'a pool version from 1 to 5000, or features'],
    ['zfs', 'yes', 'true or false'],
  ])('are neither added nor set with the fact %s=%j', async (fact, value, expected) => {
    await call('POST', '/hosts', { ...host, name: 'h3' })
    const given = { ...host, facts: { [fact]: value } }
    for (const { status, json } of [
      await call('POST', '/hosts', { ...given, name: 'h4' }),
      await call('PUT', '/hosts/h3', { ...given, name: 'h3' }),
    ]) {
      expect(status).toBe(400)
      expect(JSON.stringify(json)).toContain(
        JSON.stringify(`the fact ${fact} is ${JSON.stringify(value)}, expected ${expected}`).slice(1, -1),
      )
    }
    expect((await call('GET', '/hosts/h3')).json).toMatchObject({ facts: { rack: '7' } })
    expect((await call('GET', '/hosts/h4')).status).toBe(404)
    await call('DELETE', '/hosts/h3')
  })

  test('let only an admin say how the workers reach them', async () => {
    const as = 'operator'
    const add = await served.call('POST', '/api/v1/hosts', { as, body: { ...host, transport: 'local' } })
    expect(add.json).toMatchObject({ code: 'TransportRefused' })
    await call('POST', '/hosts', { ...host, transport: 'sandbox:h1' })
    const take = await served.call('PUT', '/api/v1/hosts/h1', { as, body: { transport: 'local' } })
    expect(take.status).toBe(403)
    const keep = await served.call('PUT', '/api/v1/hosts/h1', {
      as,
      body: { ...host, transport: 'sandbox:h1', arch: 'sun4u' },
    })
    expect(keep.json).toMatchObject({ arch: 'sun4u', transport: 'sandbox:h1' })
  })
})

describe('profiles', () => {
  const secret = '$5$rounds=80000$abcdefgh$0123456789'
  const profile = { sysid: { rootPassword: secret }, zones: [{ name: 'mysql01', template: 'mysql' }] }

  test('are stored with their defaults and read with their secrets masked', async () => {
    const stored = await call('PUT', '/profiles/db', profile)
    expect(stored.json).toMatchObject({
      name: 'db',
      flashRoot: '/zoneflash',
      sysid: { rootPassword: '****' },
    })
    expect((await call('GET', '/profiles/db')).json).toEqual(stored.json)
    expect((await call('GET', '/profiles')).json).toEqual([stored.json])
    expect(served.logged()).not.toContain(secret)
  })

  test('show their secrets to publishers who ask, and to no one below', async () => {
    await call('PUT', '/profiles/db', profile)
    const asked = async (as: 'publisher' | 'operator') =>
      served.call('GET', '/api/v1/profiles/db?secrets=1', { as })
    expect((await asked('publisher')).text).toContain(secret)
    expect((await asked('operator')).status).toBe(403)
  })

  test('keep the secrets that are masked when what was shown is stored again', async () => {
    const zones = [{ name: 'mysql01', template: 'mysql', sysid: { rootPassword: `${secret}zone` } }]
    const { json } = await call('PUT', '/profiles/db', { ...profile, zones })
    const again = await call('PUT', '/profiles/db', { ...(json as object), description: 'edited' })
    expect(again).toMatchObject({ status: 200, json: { sysid: { rootPassword: '****' } } })
    expect(await served.services.profiles.get('db')).toMatchObject({
      description: 'edited',
      sysid: { rootPassword: secret },
      zones: [{ sysid: { rootPassword: `${secret}zone` } }],
    })
  })

  test('are not stored with a mask for which there is no secret', async () => {
    const masked = { ...profile, sysid: { rootPassword: '****' } }
    expect(await call('PUT', '/profiles/new', masked)).toMatchObject({
      status: 400,
      json: { code: 'SecretMasked' },
    })
    expect((await call('GET', '/profiles/new')).status).toBe(404)
    await call('PUT', '/profiles/db', profile)
    const zones = [{ name: 'other', template: 'mysql', sysid: { rootPassword: '****' } }]
    expect((await call('PUT', '/profiles/db', { ...profile, zones })).json).toMatchObject({
      code: 'SecretMasked',
      message: expect.stringContaining('zone other'),
    })
  })

  test('are removed', async () => {
    await call('PUT', '/profiles/db', profile)
    expect((await call('DELETE', '/profiles/db')).status).toBe(204)
    expect((await call('GET', '/profiles/db')).json).toMatchObject({ code: 'ProfileNotFound' })
  })
})

describe('tokens', () => {
  test('work from when they are made until they are revoked, and show their secret once', async () => {
    const made = (await call('POST', '/tokens', { name: 'ci', role: 'publisher' })).json as {
      token: { id: string }
      secret: string
    }
    const asNew = () =>
      served.call('GET', '/api/v1/templates', { headers: { authorization: `Bearer ${made.secret}` } })
    expect((await asNew()).status).toBe(200)
    expect((await call('GET', '/tokens')).text).not.toContain(made.secret)
    expect((await call('DELETE', `/tokens/${made.token.id}`)).status).toBe(204)
    expect((await asNew()).status).toBe(401)
    expect(await actions()).toEqual([`the-admin token.revoke ${made.token.id}`, 'the-admin token.create ci'])
  })
})

test('the audit log is bounded by what was asked for', async () => {
  for (const name of ['a', 'b', 'c']) await call('POST', '/templates', { name })
  const { json } = await call('GET', '/audit?limit=2')
  expect(json).toMatchObject([{ subject: 'c' }, { subject: 'b' }])
  expect((await call('GET', '/audit?limit=many')).status).toBe(400)
})

describe('installs', () => {
  test('are shown without their plan, which holds secrets', async () => {
    await call('POST', '/hosts', { name: 'h1' })
    const { install } = await served.services.installs.arm('h1', { zones: [], secret: 'hash' }, 60_000)
    const { plan: _plan, finishedAt: _open, ...shown } = install
    expect((await call('GET', '/hosts/h1/installs')).json).toEqual([shown])
    expect((await call('GET', `/installs/${install.id}`)).json).toEqual(shown)
    expect((await call('GET', '/installs/nosuch')).status).toBe(404)
    expect((await call('GET', '/hosts/nosuch/installs')).status).toBe(404)
  })

  test('tell their timeline as a list, and as events that end with the install', async () => {
    const { install } = await served.services.installs.arm('h1', { zones: [] }, 60_000)
    const report = (id: string, step: string, state: 'started' | 'done') =>
      served.services.installs.record(install.id, { id, step, state })
    await report('1', 'install', 'started')
    const stream = await fetch(`${served.url}/api/v1/installs/${install.id}/events`, {
      headers: { authorization: `Bearer ${served.secrets.viewer}`, accept: 'text/event-stream' },
    })
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await report('2', 'fetch', 'done')
    await report('3', 'install', 'done')
    const text = await stream.text()
    expect(text.match(/^id: \d+$/gm)).toEqual(['id: 1', 'id: 2', 'id: 3'])
    const list = (await call('GET', `/installs/${install.id}/events`)).json as { step: string }[]
    expect(list.map(({ step }) => step)).toEqual(['install', 'fetch', 'install'])
    const rest = await fetch(`${served.url}/api/v1/installs/${install.id}/events`, {
      headers: {
        authorization: `Bearer ${served.secrets.viewer}`,
        accept: 'text/event-stream',
        'last-event-id': '2',
      },
    })
    expect((await rest.text()).match(/^id: \d+$/gm)).toEqual(['id: 3'])
  })
})
