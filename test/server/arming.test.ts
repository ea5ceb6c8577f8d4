import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addVersion, serve, type Served } from './served.ts'

const HASH = '$5$rounds=80000$abcdefgh$0123456789'
const PUBLIC_URL = 'http://192.0.2.1:7070'
let served: Served

interface Armed {
  token: string
  url: string
  expiresAt: string
  install: string
}

const call = (method: string, path: string, body?: unknown) =>
  served.call(method, `/api/v1${path}`, { as: 'operator', ...(body !== undefined && { body }) })
const arm = async (window?: string) =>
  (await call('POST', '/hosts/h1/arm', window === undefined ? {} : { for: window })).json as Armed
const document = (armed: Armed, name: string) => served.call('GET', armed.url.replace(PUBLIC_URL, '') + name)

async function setProfile(zones: object[]): Promise<void> {
  const body = { sysid: { rootPassword: HASH, timezone: 'MET' }, zones }
  const reply = await served.call('PUT', '/api/v1/profiles/db', { as: 'publisher', body })
  expect(reply.text).toContain('"name":"db"')
}

beforeEach(async () => {
  served = await serve()
  const facts = { brand: 'native', osFamily: 'solaris10', osRelease: 's10u8' } as const
  for (const version of ['1.0', '2.0']) {
    await addVersion(served.services, {
      version,
      facts,
      layout: 'zonepath',
      bytes: Buffer.from(`bytes of ${version}`),
    })
  }
  await served.services.catalog.setChannel('mysql', 'stable', '1.0')
  await setProfile([{ name: 'mysql01', template: 'mysql@stable' }])
  await call('POST', '/hosts', { name: 'h1', release: 's10u8', profile: 'db' })
})
afterEach(() => served[Symbol.asyncDispose]())

describe('a plan', () => {
  test('names exact versions and hides every secret', async () => {
    const { json, text } = await served.call('GET', '/api/v1/hosts/h1/plan', { as: 'viewer' })
    expect(json).toMatchObject({
      host: 'h1',
      bytes: 12,
      templates: [{ name: 'mysql', version: '1.0', urlPath: '/flash/mysql/1.0.tar.gz' }],
      text: expect.stringContaining('plan for host h1'),
    })
    expect(text).not.toContain(HASH)
  })

  test('is refused with a reason for a host without a profile, and for templates that are not there', async () => {
    await call('POST', '/hosts', { name: 'h2' })
    expect((await call('GET', '/hosts/h2/plan')).json).toMatchObject({ code: 'HostHasNoProfile' })
    expect(await call('PUT', '/hosts/h2', { profile: 'nosuch' })).toMatchObject({
      status: 404,
      json: { code: 'ProfileNotFound' },
    })
    expect((await call('POST', '/hosts', { name: 'h3', profile: 'nosuch' })).json).toMatchObject({
      code: 'ProfileNotFound',
    })
    expect((await call('GET', '/hosts/h3')).status).toBe(404)
    await setProfile([{ name: 'mysql01', template: 'nosuch' }])
    expect((await call('GET', '/hosts/h1/plan')).json).toMatchObject({ code: 'TemplateNotFound' })
    await setProfile([{ name: 'mysql01', template: 'mysql@2.0' }])
    await served.services.catalog.setState('mysql', '2.0', 'revoked')
    expect((await call('GET', '/hosts/h1/plan')).json).toMatchObject({ code: 'VersionRevoked' })
    expect((await call('POST', '/hosts/h1/arm', {})).status).toBe(409)
  })

  test('of an armed host is the one it was armed with, until a new one is asked for', async () => {
    await arm()
    await served.services.catalog.setChannel('mysql', 'stable', '2.0')
    const version = async (query = '') =>
      ((await call('GET', `/hosts/h1/plan${query}`)).json as { templates: { version: string }[] })
        .templates[0]?.version
    expect(await version()).toBe('1.0')
    expect(await version('?fresh=1')).toBe('2.0')
  })
})

describe('the script', () => {
  test('is shown whole to operators, and to viewers with its secrets masked', async () => {
    const whole = await call('GET', '/hosts/h1/script')
    expect(whole.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(whole.text).toContain(HASH)
    const masked = await served.call('GET', '/api/v1/hosts/h1/script?masked=1', { as: 'viewer' })
    expect(masked.text).toMatch(/^#!\/bin\/sh/)
    expect(masked.text).not.toContain(HASH)
    expect((await served.call('GET', '/api/v1/hosts/h1/script', { as: 'viewer' })).status).toBe(403)
  })
})

describe('an armed host', () => {
  test('has a token, an address and a window of two hours unless told otherwise', async () => {
    const armed = await arm()
    expect(armed.token).toMatch(/^zi_[A-Za-z0-9_-]{32}$/)
    expect(armed.url).toBe(`${PUBLIC_URL}/js/h1/${armed.token}/`)
    expect(armed.expiresAt).toBe('2026-11-20T13:00:00.000Z')
    expect((await arm('30m')).expiresAt).toBe('2026-11-20T11:30:00.000Z')
    expect((await served.call('POST', '/api/v1/hosts/h1/arm', { as: 'operator' })).status).toBe(201)
    for (const window of ['31d', '0s', '2 hours', '-1h', '']) {
      expect((await call('POST', '/hosts/h1/arm', { for: window })).status, window).toBe(400)
    }
    expect((await call('POST', '/hosts/nosuch/arm', {})).status).toBe(404)
  })

  test('shows the plan it was armed with, until when, and whether arming again would change it', async () => {
    const read = async () => (await call('GET', '/hosts/h1/plan')).json as Record<string, unknown>
    expect(await read()).not.toHaveProperty('armedUntil')
    await arm()
    served.clock.advance(1000)
    const armed = await read()
    expect(armed).toMatchObject({ armedUntil: '2026-11-20T13:00:00.000Z', planChanged: false })
    expect(String(armed['text']).split('\n')[1]).toBe('armed until 2026-11-20T13:00:00.000Z')
    await setProfile([{ name: 'mysql02', template: 'mysql@stable' }])
    const changed = await read()
    expect(changed).toMatchObject({ planChanged: true, zones: [{ name: 'mysql01' }] })
    expect(String(changed['text'])).toContain('arm again to use it')
    await arm()
    expect(await read()).toMatchObject({ planChanged: false, zones: [{ name: 'mysql02' }] })
  })

  test('says beside its plan why it could not be armed again', async () => {
    await arm()
    await served.services.catalog.setState('mysql', '1.0', 'revoked')
    const { json } = await call('GET', '/hosts/h1/plan')
    expect(json).toMatchObject({
      planChanged: true,
      refusal: expect.stringContaining('mysql@1.0, which is revoked') as string,
    })
    expect(String((json as Record<string, unknown>)['text'])).toContain('arming again would be refused: ')
  })

  test('is in the audit log, its token nowhere but in the answer', async () => {
    const { token, install } = await arm()
    const [written] = await served.services.audit.list(1)
    expect(written).toMatchObject({
      actor: 'the-operator',
      action: 'host.arm',
      subject: 'h1',
      details: { install },
    })
    expect(JSON.stringify(written) + served.logged()).not.toContain(token)
  })

  test('gets the script with its own token, the server’s address and the versions it was armed with', async () => {
    const armed = await arm()
    await served.services.catalog.setChannel('mysql', 'stable', '2.0')
    await call('PUT', '/hosts/h1', { release: 's10u8' })
    const script = await document(armed, 'zones.sh')
    expect(script.status).toBe(200)
    expect(script.headers.get('cache-control')).toBe('no-store')
    expect(script.text).toContain(`zf_token='${armed.token}'`)
    expect(script.text).toContain(`zf_url='${PUBLIC_URL}'`)
    expect(script.text).toContain('/flash/mysql/1.0.tar.gz')
    expect(script.text).toContain(HASH)
  })

  test('fetches what its script names with its token', async () => {
    const armed = await arm()
    const { templates } = (await document(armed, 'plan.json')).json as { templates: { urlPath: string }[] }
    const reply = await served.call('GET', templates[0]?.urlPath ?? '', {
      headers: { authorization: `Bearer ${armed.token}` },
    })
    expect([reply.status, reply.text]).toEqual([200, 'bytes of 1.0'])
  })

  test('gets a plan that hides the secrets it does not need there', async () => {
    expect((await document(await arm(), 'plan.json')).text).not.toContain(HASH)
  })

  test('gets the sysidcfg of its only zone, or of the one it names', async () => {
    const one = await arm()
    const text = (await document(one, 'sysidcfg')).text
    expect(text).toContain(`root_password="${HASH}"`)
    expect((await document(one, 'sysidcfg?zone=mysql01')).text).toBe(text)
    expect((await document(one, 'zones/mysql01/sysidcfg')).text).toBe(text)
    expect((await document(one, 'zones/nosuch/sysidcfg')).status).toBe(404)
    await setProfile([
      { name: 'mysql01', template: 'mysql' },
      { name: 'mysql02', template: 'mysql', sysid: { timezone: 'Japan' } },
    ])
    const two = await arm()
    expect((await document(two, 'sysidcfg')).json).toMatchObject({
      code: 'SysidcfgNotFound',
      message: expect.stringContaining('mysql01, mysql02'),
    })
    expect((await document(two, 'sysidcfg?zone=mysql02')).text).toContain('Japan')
  })

  test('finds no documents of an installer that does not install it', async () => {
    const armed = await arm()
    for (const name of ['config.tar', 'rules.ok', 'profile', 'begin', 'finish']) {
      expect(await document(armed, name), name).toMatchObject({
        status: 404,
        json: { code: 'JumpStartNotPlanned' },
      })
    }
    expect((await document(armed, '')).json).toMatchObject({ code: 'NotFound' })
  })

  test('finds nothing once its install is complete', async () => {
    const armed = await arm()
    const done = JSON.stringify({ id: '1', step: 'install', state: 'done' })
    const events = armed.url.replace(PUBLIC_URL, '') + 'events'
    expect((await served.call('POST', events, { body: done })).status).toBe(200)
    for (const name of ['zones.sh', 'sysidcfg', 'plan.json', 'zones/mysql01/sysidcfg']) {
      expect((await document(armed, name)).status).toBe(404)
    }
    expect((await call('GET', `/installs/${armed.install}`)).json).toMatchObject({ state: 'done' })
  })
})
