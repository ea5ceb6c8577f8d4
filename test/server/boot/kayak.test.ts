import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MOST_FURTHER_TOKENS } from '#app/ports/installs.ts'
import { Profile } from '#core/profile.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { converse } from '../raw-socket.ts'
import { addKayakMedium, addVersion, serve, type Served } from '../served.ts'

const MAC = '0011220A0B0C'
let served: Served
let token: string
let installId: string

/** As far as fetching a configuration needs one. */
const planOf = (zones: object[] = []) => ({
  profile: 'omni',
  zones,
  system: { template: 'omni', version: '1.0' },
  kayak: {
    settings: { disks: ['c1t0d0'], compression: true, reboot: true },
    pool: 'rpool',
    rootPassword: '$5$salt$hashofthepassword',
    timezone: 'UTC',
    nameService: { kind: 'NONE' },
  },
})

beforeEach(async () => {
  served = await serve()
  const { hosts, profiles, installs } = served.services
  await addVersion(served.services, {
    template: 'omni',
    format: 'zfs',
    compression: 'none',
    layout: 'zoneroot',
  })
  await addKayakMedium(served.services, 'omni', '1.0')
  await profiles.set(
    Profile.parse({
      name: 'omni',
      sysid: { rootPassword: '$5$salt$hashofthepassword' },
      system: { template: 'omni@1.0' },
      kayak: { disks: ['c1t0d0'] },
    }),
  )
  await hosts.add(hostOf('h1', { macs: ['00:11:22:0a:0b:0c'] }))
  const armed = await installs.arm('h1', planOf(), 3_600_000)
  token = armed.secret
  installId = armed.install.id
})
/** A newer version of the system, without a medium. */
const addOmni2 = () =>
  addVersion(served.services, {
    template: 'omni',
    version: '2.0',
    bytes: Buffer.from('of 2.0'),
    format: 'zfs',
    compression: 'none',
    layout: 'zoneroot',
  })

afterEach(() => served[Symbol.asyncDispose]())

const hostOf = (name: string, more: object = {}) => ({
  name,
  macs: [],
  addresses: [],
  arch: 'i86pc',
  release: 'illumos' as const,
  networks: [],
  profile: 'omni',
  facts: {},
  ...more,
})
const open = () => served.services.catalog.setOpenTo('omni', ['kayak'])
const queued = () => {
  const { queue } = served.services
  return queue instanceof MemoryJobQueue ? queue.jobs.map(({ data }) => data) : []
}
const systemOf = ({ system }: Profile) => {
  if (!system) throw new Error('no system')
  return system
}
const get = (path: string, method = 'GET', headers = {}) => served.call(method, path, { headers })

describe('the configuration by MAC address', () => {
  test('is there for an armed host whose templates are open to kayak, in any spelling of its address', async () => {
    expect((await get(`/kayak/${MAC}`)).status).toBe(404)
    await open()
    for (const spelling of [MAC, MAC.toLowerCase(), '00:11:22:0a:0b:0c', '0-11-22-a-b-c', '0011.220a.0b0c']) {
      const reply = await get(`/kayak/${spelling}`)
      expect([spelling, reply.status]).toEqual([spelling, 200])
      expect(reply.headers.get('content-type')).toMatch(/^text\/plain/)
      expect(reply.text).toContain("BuildRpool 'c1t0d0'\nSetHostname 'h1'\n")
    }
  })

  test('brings a token of its own, by which the new system reports that it is there', async () => {
    await open()
    const { text } = await get(`/kayak/${MAC}`)
    const [, url = ''] = /http:\/\/192\.0\.2\.1:7070(\/js\/h1\/zi_[A-Za-z0-9_-]{32}\/events)/.exec(text) ?? []
    expect(url).not.toContain(token)
    const body = { id: 'x', step: 'install', state: 'done' }
    expect((await served.call('POST', url, { body })).status).toBe(200)
    expect((await served.services.installs.get(installId)).state).toBe('done')
    expect((await get(`/kayak/${MAC}`)).status).toBe(404)
  })

  test('brings the same one however often it is asked for, so that nobody ends the host’s', async () => {
    await open()
    const tokenIn = (text: string) => /\/js\/h1\/(zi_[A-Za-z0-9_-]{32})\//.exec(text)?.[1] ?? 'none'
    const first = tokenIn((await get(`/kayak/${MAC}`)).text)
    const many = Array.from({ length: MOST_FURTHER_TOKENS + 1 }, () => get(`/kayak/${MAC}`))
    expect(new Set((await Promise.all(many)).map(({ text }) => tokenIn(text)))).toEqual(new Set([first]))
    expect(await served.services.installs.authenticate('h1', first)).toBeDefined()
    const { secret } = await served.services.installs.arm('h1', planOf(), 3_600_000)
    const anew = tokenIn((await get(`/kayak/${MAC}`)).text)
    expect([first, secret]).not.toContain(anew)
    expect(await served.services.installs.authenticate('h1', anew)).toBeDefined()
  })

  test('is told in the timeline', async () => {
    await open()
    await get(`/kayak/${MAC}`)
    expect(await served.services.installs.events(installId)).toMatchObject([
      { step: 'notice', message: `kayak fetched its configuration as ${MAC}` },
    ])
  })

  test('is there by the token whoever the templates are open to', async () => {
    const reply = await get(`/js/h1/${token}/kayak/${MAC}`)
    expect(reply.status).toBe(200)
    expect(reply.text).toContain(`/js/h1/${token}/events`)
    expect((await get(`/js/h1/${token}/kayak/${MAC.slice(0, 6)}`)).status).toBe(404)
    expect((await get(`/js/h1/${token}/kayak/AABBCCDDEEFF`)).status).toBe(404)
  })

  test('is not there before the medium is, which is asked for: kayak destroys the pool first', async () => {
    await open()
    await addOmni2()
    const plan = { ...planOf(), system: { template: 'omni', version: '2.0' } }
    const { secret, install } = await served.services.installs.arm('h1', plan, 3_600_000)
    const own = `/js/h1/${secret}/kayak/${MAC}`
    for (const path of [`/kayak/${MAC}`, own, own]) {
      const reply = await get(path)
      expect([reply.status, reply.text, reply.headers.get('retry-after')]).toEqual([503, 'not now\n', '30'])
    }
    expect(queued()).toMatchObject([{ template: 'omni', version: '2.0', to: 'kayak.xz' }])
    expect(await served.services.installs.events(install.id)).toMatchObject([
      { message: 'kayak gets no configuration yet: a medium of omni@2.0 is being made' },
    ])
    await addKayakMedium(served.services, 'omni', '2.0', Buffer.from('medium of 2.0'))
    for (const path of [`/kayak/${MAC}`, own]) expect((await get(path)).text).toContain('BuildRpool')
  })

  test('by the address alone it needs the medium that the loader of all hosts names, too', async () => {
    await open()
    await addOmni2()
    const profile = await served.services.profiles.get('omni')
    await served.services.profiles.set({ ...profile, system: { ...systemOf(profile), template: 'omni@2.0' } })
    expect((await get(`/kayak/${MAC}`)).status).toBe(503)
    expect((await get(`/js/h1/${token}/kayak/${MAC}`)).status).toBe(200)
  })

  test('a medium that could not be made is not asked for again by a host', async () => {
    await addOmni2()
    const plan = { ...planOf(), system: { template: 'omni', version: '2.0' } }
    const { secret, install } = await served.services.installs.arm('h1', plan, 3_600_000)
    const ask = async () => (await get(`/js/h1/${secret}/kayak/${MAC}`)).status
    expect(await ask()).toBe(503)
    const { queue } = served.services
    if (!(queue instanceof MemoryJobQueue)) throw new Error('another queue')
    queue.finish('convert_omni_2.0_kayak.xz', 'no space')
    served.clock.advance(60_000)
    expect(await ask()).toBe(503)
    expect(queue.jobs.map(({ state }) => state)).toEqual(['failed'])
    expect((await served.services.installs.events(install.id)).at(-1)).toMatchObject({
      message: 'kayak gets no configuration yet: a medium of omni@2.0 could not be made',
    })
  })

  test('is gone when the window is over', async () => {
    await open()
    served.clock.advance(3_600_000)
    expect((await get(`/kayak/${MAC}`)).status).toBe(404)
    expect((await get(`/js/h1/${token}/kayak/${MAC}`)).status).toBe(404)
  })

  test('is not there for a host that was armed without kayak', async () => {
    await open()
    const { kayak: _kayak, ...plan } = planOf()
    const { secret } = await served.services.installs.arm('h1', plan, 3_600_000)
    expect((await get(`/kayak/${MAC}`)).status).toBe(404)
    expect((await get(`/js/h1/${secret}/kayak/${MAC}`)).status).toBe(404)
  })

  test('is what the host was armed with, whatever its profile has become', async () => {
    const { profiles } = served.services
    const profile = await profiles.get('omni')
    await profiles.set(Profile.parse({ ...profile, kayak: { disks: ['c9t9d9'] } }))
    expect((await get(`/js/h1/${token}/kayak/${MAC}`)).text).toContain("BuildRpool 'c1t0d0'\n")
  })

  test('does not begin from a version that was revoked', async () => {
    await open()
    await served.services.catalog.setState('omni', '1.0', 'revoked')
    expect((await get(`/kayak/${MAC}`)).status).toBe(404)
    expect((await get(`/js/h1/${token}/kayak/${MAC}`)).status).toBe(404)
  })
})

describe('the beginning of an address', () => {
  const armGroup = async (prefix: string) => {
    await served.services.hosts.add(hostOf('rack1', { facts: { macPrefix: prefix } }))
    await served.services.installs.arm('rack1', planOf(), 3_600_000)
    await open()
  }

  test('never gives the configuration of the host that has the address', async () => {
    await open()
    for (let length = 1; length < 12; length++)
      expect((await get(`/kayak/${MAC.slice(0, length)}`)).status).toBe(404)
  })

  test('gives that of a group of machines, each called by its address', async () => {
    await armGroup('08:00:27')
    for (let length = 12; length > 6; length--)
      expect((await get(`/kayak/${'080027AABBCC'.slice(0, length)}`)).status).toBe(404)
    const { status, text } = await get('/kayak/080027')
    expect([status, text]).toEqual([200, expect.stringContaining("BuildRpool 'c1t0d0'\nAutoHostname\n")])
    expect((await get('/kayak/08002')).status).toBe(404)
  })

  test('written as Solaris does is that of the same machines, and of no others', async () => {
    await armGroup('8:0:27')
    expect((await get('/kayak/080027')).status).toBe(200)
    expect((await get('/kayak/8027')).status).toBe(404)
    const { secret } = await served.services.installs.arm('rack1', planOf(), 3_600_000)
    expect((await get(`/js/rack1/${secret}/kayak/080027AABBCC`)).status).toBe(200)
    expect((await get(`/js/rack1/${secret}/kayak/8027AABBCCDD`)).status).toBe(404)
  })

  test('gives nothing where two records say it: nobody knows whose disks are meant', async () => {
    await armGroup('080027')
    await served.services.hosts.add(hostOf('rack2', { facts: { macPrefix: '8:0:27' } }))
    expect((await get('/kayak/080027')).status).toBe(404)
  })

  test('by the token of a group each machine of it is called by its address, others get nothing', async () => {
    await served.services.hosts.add(
      hostOf('rack1', { macs: ['08:00:27:00:00:01'], facts: { macPrefix: '080027' } }),
    )
    const { secret } = await served.services.installs.arm('rack1', planOf(), 3_600_000)
    const named = async (mac: string) => {
      const { status, text } = await get(`/js/rack1/${secret}/kayak/${mac}`)
      return [status, /AutoHostname|SetHostname 'rack1'/.exec(text)?.[0]]
    }
    expect(await named('080027AABBCC')).toEqual([200, 'AutoHostname'])
    expect(await named('080027000001')).toEqual([200, "SetHostname 'rack1'"])
    expect(await named('090027AABBCC')).toEqual([404, undefined])
  })

  test('gives nothing to a machine with a record of its own, which is not armed', async () => {
    await armGroup('080027')
    await served.services.hosts.add(hostOf('h2', { macs: ['08:00:27:00:00:02'] }))
    expect((await get('/kayak/080027')).status).toBe(404)
    expect((await get('/kayak/080027000002')).status).toBe(404)
    expect((await get('/kayak/080027')).status).toBe(404)
    served.clock.advance(300_000)
    expect((await get('/kayak/080027000003')).status).toBe(404)
    expect((await get('/kayak/080027')).status).toBe(200)
  })

  test('gives nothing where several machines ask from one address and one of the group has a record', async () => {
    await armGroup('080027')
    await served.services.hosts.add(hostOf('h2', { macs: ['08:00:27:00:00:02'] }))
    for (const mac of ['080027000002', '080027000003']) {
      expect((await get(`/kayak/${mac}`)).status).toBe(404)
      expect((await get('/kayak/080027')).status).toBe(404)
    }
    expect((await get('/kayak/080027000003')).status).toBe(404)
    expect((await get('/kayak/080027')).status).toBe(404)
  })

  test('nor by the token of the group: a machine with a record, or less than a whole address', async () => {
    await served.services.hosts.add(hostOf('rack1', { facts: { macPrefix: '080027' } }))
    await served.services.hosts.add(hostOf('h2', { macs: ['08:00:27:00:00:02'] }))
    const { secret } = await served.services.installs.arm('rack1', planOf(), 3_600_000)
    const statusOf = async (mac: string) => (await get(`/js/rack1/${secret}/kayak/${mac}`)).status
    for (let length = 12; length > 0; length--)
      expect(await statusOf('080027000002'.slice(0, length))).toBe(404)
    expect(await statusOf('090027000003')).toBe(404)
    expect(await statusOf('080027000003')).toBe(200)
  })
})

describe('no failure has the word in it that kayak looks for', () => {
  test('whatever is asked for', async () => {
    const paths = [
      '/kayak/AABBCCDDEEFF',
      '/kayak/0',
      '/kayak/',
      '/kayak',
      '/kayak/BuildRpool',
      '/kayak/BuildRpool%20x',
      '/kayak/media/BuildRpool',
      '/kayak/media/BuildRpool@stable.zfs.xz',
      '/kayak/media/omni@1.0.zfs.gz',
      '/kayak/a/b/BuildRpool',
      '/kayaklog/BuildRpool',
      '/kayaklog/AABBCCDDEEFF',
      '/js/h1/BuildRpool/kayak/001122',
      `/js/h1/${token}/kayak/BuildRpool`,
      `/js/h1/${token}/kayak/BuildRpool/BuildRpool`,
      `/js/BuildRpool/${token}/kayak/001122`,
      '/kayak/%ffBuildRpool',
      '/kayak/001122?BuildRpool=BuildRpool',
    ]
    for (const path of paths)
      for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
        const reply = await get(path, method)
        expect([path, method, reply.status]).toEqual([
          path,
          method,
          expect.toSatisfy((s: number) => s >= 400),
        ])
        expect(reply.text).not.toContain('BuildRpool')
        expect(reply.text.length).toBeLessThan(200)
      }
  })

  test('nor has what the listener itself refuses', async () => {
    for (const text of [
      'GET /kayak/BuildRpool HTTP/1.1\nHost: x\n\n',
      `GET /kayak/BuildRpool HTTP/1.1\r\nHost: x\r\nX: ${'BuildRpool'.repeat(3000)}\r\n\r\n`,
      'BuildRpool /kayak HTTP/1.1\r\n\r\n',
    ])
      expect(await converse(served.port, text)).not.toContain('BuildRpool')
  })

  test('an unknown address is answered with a short plain body', async () => {
    const reply = await get('/kayak/AABBCCDDEEFF')
    expect([reply.status, reply.text]).toEqual([404, 'not found\n'])
    expect(reply.headers.get('content-type')).toMatch(/^text\/plain/)
  })

  test('a failure of the server says nothing either', async () => {
    await open()
    served.services.profiles.get = async () => {
      throw new Error('BuildRpool broke')
    }
    const reply = await get(`/kayak/${MAC}`)
    expect([reply.status, reply.text]).toEqual([500, expect.not.stringContaining('BuildRpool')])
  })
})

describe('the medium', () => {
  const bytes = Buffer.from('as it is stored')
  const addMedium = () =>
    addVersion(served.services, {
      template: 'omni',
      version: '2.0',
      bytes,
      format: 'zfs',
      compression: 'xz',
      layout: 'zoneroot',
      snapshot: 'zoneflash@kayak',
    })

  test('has its length, and is sent from where a client stopped', async () => {
    await addMedium()
    await served.services.catalog.setChannel('omni', 'stable', '2.0')
    await open()
    for (const name of ['omni@2.0', 'omni@stable', 'omni']) {
      const whole = await get(`/kayak/media/${name}.zfs.xz`)
      expect([whole.status, whole.text]).toEqual([200, String(bytes)])
      expect(whole.headers.get('content-length')).toBe(String(bytes.length))
    }
    const rest = await get('/kayak/media/omni@2.0.zfs.xz', 'GET', { range: 'bytes=6-' })
    expect([rest.status, rest.text]).toEqual([206, 'is stored'])
    expect((await get('/kayak/media/omni@2.0.zfs.xz', 'HEAD')).headers.get('content-length')).toBe('15')
  })

  test('needs a token unless the template is open to kayak', async () => {
    await addMedium()
    const path = '/kayak/media/omni@2.0.zfs.xz'
    expect((await get(path)).status).toBe(404)
    expect((await get(`/js/h1/${token}${path}`)).text).toBe(String(bytes))
    expect((await served.call('GET', path, { as: 'operator' })).status).toBe(200)
    await served.services.catalog.setOpenTo('omni', ['imgadm'])
    expect((await get(path)).status).toBe(404)
  })

  test('is made by a worker when a token asks for it first; who has none makes nobody work', async () => {
    const path = '/kayak/media/omni@1.0.zfs.gz'
    expect((await get(path)).status).toBe(404)
    await open()
    for (const method of ['GET', 'HEAD']) expect((await get(path, method)).status).toBe(404)
    expect(queued()).toEqual([])
    const reply = await get(`/js/h1/${token}${path}`)
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '30'])
    expect((await served.call('GET', path, { as: 'operator' })).status).toBe(503)
    expect(queued()).toMatchObject([{ template: 'omni', version: '1.0', to: 'kayak.gz' }])
  })
})

describe('the log', () => {
  const put = (path: string, body: string, headers = {}) => served.call('PUT', path, { body, headers })

  test('is kept by address and second, and served back', async () => {
    await open()
    const first = await put('/kayaklog/00:11:22:0a:0b:0c', 'first\n')
    expect([first.status, first.text]).toEqual([201, `${MAC}.1795172400\n`])
    served.clock.advance(60_000)
    await put(`/kayaklog/${MAC}`, 'second\n')
    expect((await get(`/kayaklog/${MAC}`)).text).toBe('second\n')
    expect((await get(`/kayaklog/${MAC}.1795172400`)).text).toBe('first\n')
    expect((await get(`/js/h1/${token}/kayaklog/${MAC}`)).text).toBe('second\n')
  })

  test('is taken from armed hosts alone, and read afterwards by who has a role', async () => {
    expect((await put(`/kayaklog/${MAC}`, 'x')).status).toBe(404)
    expect((await put(`/js/h1/${token}/kayaklog/${MAC}`, 'by token')).status).toBe(201)
    served.clock.advance(3_600_000)
    expect((await put(`/js/h1/${token}/kayaklog/${MAC}`, 'late')).status).toBe(404)
    expect((await get(`/kayaklog/${MAC}`)).status).toBe(404)
    expect((await served.call('GET', `/kayaklog/${MAC}`, { as: 'viewer' })).text).toBe('by token')
  })

  test('a token is good for the logs of its host alone', async () => {
    await served.services.hosts.add(hostOf('h2', { macs: ['08:00:27:00:00:02'] }))
    const other = await served.services.installs.arm('h2', planOf(), 3_600_000)
    await put(`/js/h1/${token}/kayaklog/${MAC}`, 'of h1')
    const path = `/js/h2/${other.secret}/kayaklog`
    expect((await get(`${path}/${MAC}`)).status).toBe(404)
    for (const mac of [MAC, 'AABBCCDDEEFF']) expect((await put(`${path}/${mac}`, 'x')).status).toBe(404)
    expect((await put(`${path}/080027000002`, 'of h2')).status).toBe(201)
    expect((await get(`/js/h1/${token}/kayaklog/${MAC}`)).text).toBe('of h1')
  })

  test('is bounded, and the address is a whole one', async () => {
    await open()
    expect((await put(`/kayaklog/${MAC}`, 'x'.repeat(1024 * 1024 + 1))).status).toBe(413)
    for (const name of ['001122', 'x', `${MAC}.5`, `${MAC}00`])
      expect((await put(`/kayaklog/${name}`, 'x')).status).toBe(404)
  })
})
