import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addVersion, serve, type Served } from './served.ts'

const HASH = '$5$rounds=80000$abcdefgh$0123456789'
const PUBLIC_URL = 'http://192.0.2.1:7070'
const installProfile = 'install_type initial_install\ncluster SUNWCreq\npool rpool auto auto auto any\n'
const zones = [{ name: 'mysql01', template: 'mysql@stable' }]
let served: Served

const call = (method: string, path: string, body?: unknown) =>
  served.call(method, `/api/v1${path}`, { as: 'operator', ...(body !== undefined && { body }) })
const setProfile = async (jumpstart: object, more: object = {}) => {
  const body = { sysid: { rootPassword: HASH }, jumpstart, zones, ...more }
  const { status, text } = await served.call('PUT', '/api/v1/profiles/js', { as: 'publisher', body })
  expect(status, text).toBe(200)
}
const arm = async () =>
  ((await call('POST', '/hosts/h1/arm', {})).json as { url: string }).url.replace(PUBLIC_URL, '')
const get = (path: string, method = 'GET') => served.call(method, path)
const storeRules = (rules: string, files: Record<string, { text: string; mode: number }> = {}) =>
  served.services.jumpstart.put(0, { rules, files }, { actor: 'test', why: undefined })

beforeEach(async () => {
  served = await serve()
  const facts = { brand: 'native', osFamily: 'solaris10', osRelease: 's10u8' } as const
  await addVersion(served.services, {
    version: '1.0',
    facts,
    layout: 'zonepath',
    bytes: Buffer.from('bytes'),
  })
  await served.services.catalog.setChannel('mysql', 'stable', '1.0')
  await setProfile({ installProfile })
  const interfaces = [{ name: 'bge0', address: '192.0.2.10/24', defaultRoute: '192.0.2.1' }]
  await call('POST', '/hosts', { name: 'h1', release: 's10u8', profile: 'js', interfaces })
})
afterEach(() => served[Symbol.asyncDispose]())

describe('a host that JumpStart installs', () => {
  test('is armed with the words to boot its installer with', async () => {
    const { json } = await call('POST', '/hosts/h1/arm', {})
    const { url, boot } = json as { url: string; boot: object }
    expect(boot).toEqual({ words: `- install ${url}config.tar` })
  })

  test('fetches one archive of its JumpStart directory', async () => {
    const url = await arm()
    const answer = await fetch(`${served.url}${url}config.tar`)
    const tar = Buffer.from(await answer.arrayBuffer())
    expect(answer.headers.get('content-length')).toBe(String(tar.length))
    const listing = execFileSync('tar', ['tvf', '-'], { input: tar, encoding: 'utf8' })
    expect(listing.split('\n').map((line) => line.replace(/ +\d+ .* /, ' '))).toEqual([
      '-rw-r--r-- root/root rules',
      '-rw-r--r-- root/root rules.ok',
      '-rw------- root/root sysidcfg',
      '-rwxr-xr-x root/root begin',
      '-rw-r--r-- root/root profile',
      '-rwxr-xr-x root/root finish',
      '',
    ])
    expect(Buffer.from(await (await fetch(`${served.url}${url}config.tar`)).arrayBuffer())).toEqual(tar)
  })

  test('goes on with an archive where it broke off', async () => {
    const url = await arm()
    const range = await fetch(`${served.url}${url}config.tar`, { headers: { range: 'bytes=257-261' } })
    expect([range.status, await range.text()]).toEqual([206, 'ustar'])
  })

  test('fetches the same files one by one', async () => {
    const url = await arm()
    expect((await get(`${url}rules.ok`)).text).toBe('any - begin profile finish\n# version=2 checksum=2422\n')
    expect((await get(`${url}profile`)).text).toBe(installProfile)
    expect((await get(`${url}sysidcfg`)).text).toContain(
      'network_interface=bge0 { hostname=h1 ip_address=192.0.2.10 ',
    )
    expect((await get(`${url}sysidcfg?zone=mysql01`)).text).toContain('{ hostname=mysql01 }')
    expect((await get(`${url}zones/mysql01/sysidcfg`)).text).toContain('{ hostname=mysql01 }')
    expect((await get(`${url}begin`)).text).toMatch(/^#!\/sbin\/sh\n/)
    expect((await get(`${url}finish`)).text).toMatch(/\nfinish_main\n$/)
    expect((await get(`${url}finish`, 'HEAD')).headers.get('content-length')).toMatch(/^[1-9]\d+$/)
    expect(await get(`${url}prof/any`)).toMatchObject({ status: 404, json: { code: 'DocumentNotFound' } })
  })

  test('gets the stored rules as they were when it was armed, and every file of that revision', async () => {
    await storeRules('hostname h1 - prof/h1 fin/own\nany - - profile finish\n', {
      'prof/h1': { text: installProfile, mode: 0o644 },
      'fin/own': { text: '#!/sbin/sh\n. "${SI_CONFIG_DIR}/finish"\n', mode: 0o755 },
    })
    const url = await arm()
    await served.services.jumpstart.put(
      1,
      { rules: 'any - - profile finish\n', files: {} },
      { actor: 'test', why: undefined },
    )
    expect((await get(`${url}rules`)).text).toContain('hostname h1 ')
    expect((await get(`${url}prof/h1`)).text).toBe(installProfile)
    expect((await get(`${url}fin/own`)).text).toContain('SI_CONFIG_DIR')
    expect(await get(`${url}prof/../prof/h1`)).toMatchObject({ status: 200 })
    expect(await get(`${url}prof%2f..%2f..%2fetc/passwd`)).toMatchObject({ status: 404 })
  })

  test('has nothing of it before and after it is armed, nor with another token', async () => {
    const url = await arm()
    const wrong = url.replace(/zi_[^/]*/, `zi_${'0'.repeat(32)}`)
    const nowhere = await get('/no/such/path')
    for (const name of ['config.tar', 'rules', 'profile', 'begin', 'finish', 'prof/any']) {
      const answer = await get(`${wrong}${name}`)
      expect([answer.status, answer.text], name).toEqual([404, nowhere.text])
    }
  })

  test('gets no scripts any more once a version of its plan is revoked', async () => {
    const url = await arm()
    await served.services.catalog.setState('mysql', '1.0', 'revoked')
    for (const name of ['config.tar', 'finish'])
      expect(await get(`${url}${name}`), name).toMatchObject({
        status: 409,
        json: { code: 'VersionRevoked' },
      })
  })

  test('shows no password of its install profile to those who only look, and keeps it when that is stored again', async () => {
    const secret =
      'install_type flash_install\narchive_location http 192.0.2.9 /a.flar auth basic ops s3cret\npartitioning existing\nfilesys c0t0d0s0 existing /\n'
    await setProfile({ installProfile: secret })
    const url = await arm()
    const shown = await served.call('GET', '/api/v1/profiles/js', { as: 'viewer' })
    const plan = await served.call('GET', '/api/v1/hosts/h1/plan', { as: 'viewer' })
    expect(shown.text + plan.text).not.toContain('s3cret')
    expect(shown.text).toContain('auth basic ops ****')
    const again = await served.call('PUT', '/api/v1/profiles/js', { as: 'publisher', body: shown.json })
    expect(again.status, again.text).toBe(200)
    expect((await get(`${url}profile`)).text).toBe(secret)
    expect((await get(`${await arm()}profile`)).text).toBe(secret)
  })

  test('shows each document before it is armed: to operators whole, to viewers masked, never with a token', async () => {
    const script = (query: string, as: 'viewer' | 'operator') =>
      served.call('GET', `/api/v1/hosts/h1/script?${query}`, { as })
    expect((await script('document=finish', 'operator')).text).toContain(HASH)
    const masked = await script('document=finish&masked=1', 'viewer')
    expect(masked.text).toMatch(/\nfinish_main\n$/)
    expect(masked.text).not.toContain(HASH)
    expect((await script('document=sysidcfg&masked=1', 'viewer')).text).toContain('root_password=****')
    expect(await script('document=sysidcfg', 'viewer')).toMatchObject({ status: 403 })
    expect(await script('document=zones.sh', 'operator')).toMatchObject({
      status: 404,
      json: {
        code: 'DocumentNotFound',
        message: expect.stringContaining('expected one of rules, rules.ok, sysidcfg'),
      },
    })
  })

  test('may get no zones: its installer is all that there is to do', async () => {
    await setProfile({ installProfile }, { zones: [] })
    const plan = await call('GET', '/hosts/h1/plan')
    expect(plan.json).toMatchObject({ bytes: 0, zones: [], steps: [{ step: 'check' }, { step: 'stage' }] })
    expect((plan.json as { text: string }).text).toContain(
      'leave a service that tells the server at the first boot',
    )
    const url = await arm()
    expect((await get(`${url}profile`)).text).toBe(installProfile)
    expect((await get(`${url}finish`)).text).toContain("zf_zone_count='0'")
  })

  test('has none when its profile is for a host that is up', async () => {
    await served.call('PUT', '/api/v1/profiles/js', {
      as: 'publisher',
      body: { sysid: { rootPassword: HASH }, zones },
    })
    const url = await arm()
    expect(await get(`${url}config.tar`)).toMatchObject({
      status: 404,
      json: { code: 'JumpStartNotPlanned' },
    })
    expect((await get(`${url}sysidcfg`)).text).toContain('{ hostname=mysql01 }')
  })
})

describe('arming is refused', () => {
  const refused = async () => {
    const { status, json } = await call('POST', '/hosts/h1/arm', {})
    return { status, ...(json as { code: string; message: string }) }
  }

  test('when there is no install profile to be had', async () => {
    await setProfile({})
    expect(await refused()).toMatchObject({
      status: 409,
      code: 'NoInstallProfile',
      message: expect.stringContaining('expected jumpstart.installProfile or a system in profile js'),
    })
    await storeRules('any - - prof/any finish\n', { 'prof/any': { text: installProfile, mode: 0o644 } })
    expect((await call('POST', '/hosts/h1/arm', {})).status).toBe(201)
  })

  test('when no rule matches, or the one that does names what is not there', async () => {
    await storeRules('hostname other - profile finish\n')
    expect(await refused()).toMatchObject({ code: 'NoRuleMatches' })
    await served.services.jumpstart.put(
      1,
      { rules: 'any - - prof/gone finish\n', files: {} },
      { actor: 'test', why: undefined },
    )
    expect(await refused()).toMatchObject({
      code: 'RuleBroken',
      message: expect.stringContaining('prof/gone'),
    })
  })

  test('when the install profile is wrong, which no profile that is stored has any more', async () => {
    const jumpstart = { installProfile: 'cluster SUNWCreq\n' }
    const body = { sysid: { rootPassword: HASH }, jumpstart, zones }
    expect(await served.call('PUT', '/api/v1/profiles/js', { as: 'publisher', body })).toMatchObject({
      status: 409,
      json: { code: 'InstallProfileInvalid', message: expect.stringContaining('expected install_type') },
    })
    const stored = await served.services.profiles.get('js')
    expect(stored.jumpstart?.installProfile).toBe(installProfile)
    await served.services.profiles.set({
      ...stored,
      jumpstart: { ...stored.jumpstart, ...jumpstart } as never,
    })
    expect(await refused()).toMatchObject({
      code: 'InstallProfileInvalid',
      message: expect.stringContaining('install_type'),
    })
  })

  test('for a host that JumpStart does not install', async () => {
    await call('PUT', '/hosts/h1', { profile: 'js', release: 'illumos' })
    expect(await refused()).toMatchObject({
      code: 'PlanConflict',
      message: expect.stringContaining('illumos'),
    })
  })
})
