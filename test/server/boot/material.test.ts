import { afterEach, beforeEach, expect, test } from 'vitest'
import { Profile } from '#core/profile.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { addKayakMedium, addVersion, serve, type Served } from '../served.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
  const { hosts, profiles } = served.services
  await addVersion(served.services, { template: 'web' })
  await addVersion(served.services, {
    template: 'omni',
    format: 'zfs',
    compression: 'none',
    layout: 'zoneroot',
    facts: { kind: 'system', brand: 'ipkg', osFamily: 'illumos' },
  })
  await served.services.catalog.setChannel('omni', 'stable', '1.0')
  const sysid = { rootPassword: '$5$salt$hashofthepassword' }
  const zones = [{ name: 'web01', template: 'web@1.0' }]
  await profiles.set(Profile.parse({ name: 'web', sysid, zones }))
  const system = { template: 'omni@stable' }
  await profiles.set(Profile.parse({ name: 'omni', sysid, system, kayak: { disks: ['c1t0d0'] } }))
  for (const name of ['web', 'omni'])
    await hosts.add({
      name: `${name}-host`,
      macs: ['00:11:22:0a:0b:0c'],
      addresses: ['192.0.2.21'],
      arch: 'i86pc',
      release: 'illumos',
      networks: [],
      profile: name,
      facts: {},
    })
})
afterEach(() => served[Symbol.asyncDispose]())

const boot = (body: object, host = 'web-host', as: 'operator' | 'viewer' = 'operator') =>
  served.call('POST', `/api/v1/hosts/${host}/boot`, { as, body })
const TOKEN = /zi_[A-Za-z0-9_-]{32}/

test('with a duration the host is armed, and the token is in what a boot server gets', async () => {
  const { status, json } = await boot({ kind: 'grub', for: '2h' })
  expect([status, json]).toEqual([
    200,
    expect.objectContaining({ armedUntil: '2026-11-20T13:00:00.000Z', notes: [] }),
  ])
  const [token = ''] = TOKEN.exec(JSON.stringify(json)) ?? []
  expect(await served.services.installs.authenticate('web-host', token)).toBeDefined()
  expect(JSON.stringify(json)).toContain(`- install http://192.0.2.1:7070/js/web-host/${token}/config.tar`)
})

test('the token of a window that is open goes in as it is', async () => {
  const { secret } = await served.services.installs.arm('web-host', {}, 3_600_000)
  const { json } = await boot({ kind: 'wanboot', token: secret })
  expect(JSON.stringify(json)).toContain(`SsysidCF=http://192.0.2.1:7070/js/web-host/${secret}\\n`)
  expect((await served.services.installs.list('web-host')).length).toBe(1)
  expect((await boot({ kind: 'wanboot', token: 'zi_wrong' })).json).toMatchObject({
    code: 'WrongInstallToken',
  })
})

test('without either it is said what stands in the place of a token', async () => {
  expect((await boot({ kind: 'grub' })).json).toMatchObject({
    notes: [expect.stringContaining('zi_of-the-armed-host stands for')],
  })
  const nfs = { jumpstart: 'js1:/jumpstart', mediaPath: '/export/s10' }
  expect((await boot({ kind: 'dhcpd', options: nfs })).json).toMatchObject({ notes: [] })
  expect(await served.services.installs.list('web-host')).toEqual([])
})

test('what cannot be rendered arms no host', async () => {
  const { json } = await boot({ kind: 'grub', for: '2h', options: { server: 'http://flash.example.com' } })
  expect(json).toMatchObject({ code: 'BootAddressNeeded' })
  expect(await served.services.installs.list('web-host')).toEqual([])
})

test('another address of the server is noted with those that the documents name', async () => {
  const named = (json: unknown) => /names? (http:\S+?)[,;]/.exec(JSON.stringify(json))?.[1]
  const options = { server: 'http://203.0.113.9:7070' }
  const jumpStart = await boot({ kind: 'grub', for: '2h', options })
  expect(jumpStart.text).toContain('- install http://203.0.113.9:7070/js/web-host/')
  expect(jumpStart.json).toMatchObject({
    notes: [expect.stringMatching(/^http:\/\/203\.0\.113\.9:7070 is only in what is printed here: /)],
  })
  const [token = ''] = TOKEN.exec(jumpStart.text) ?? []
  const zones = await served.call('GET', `/js/web-host/${token}/zones.sh`)
  expect(zones.text).toContain(`zf_url='${named(jumpStart.json)}'`)
  await addKayakMedium(served.services, 'omni', '1.0')
  const kayak = await boot({ kind: 'kayak', for: '2h', options }, 'omni-host')
  const [own = ''] = TOKEN.exec(kayak.text) ?? []
  const config = await served.call('GET', `/js/omni-host/${own}/kayak/0011220A0B0C`)
  expect(config.text).toContain(`${named(kayak.json)}/js/omni-host/${own}`)
})

test('a loader’s line for kayak names the medium, which is asked for beforehand', async () => {
  const { json } = await boot({ kind: 'kayak' }, 'omni-host')
  expect(json).toMatchObject({
    notes: [
      expect.stringContaining('stands for the token'),
      expect.stringContaining('kayak.xz of omni@1.0 is being made'),
      expect.stringContaining('template omni is not open to kayak'),
    ],
  })
  expect(JSON.stringify(json)).toContain(
    '/kayak/media/omni@stable.zfs.xz,install_config=http://192.0.2.1:7070/kayak',
  )
  expect((await boot({ kind: 'kayak' })).json).toMatchObject({ code: 'HostHasNoKayak' })
})

test('a host that kayak installs is armed with a version, and its own line names that', async () => {
  const { json } = await boot({ kind: 'kayak', for: '2h' }, 'omni-host')
  const [token = ''] = TOKEN.exec(JSON.stringify(json)) ?? []
  const own = `http://192.0.2.1:7070/js/omni-host/${token}/kayak`
  const line = `boot-args="-B install_media=${own}/media/omni@1.0.zfs.xz,install_config=${own}"`
  expect(json).toMatchObject({
    files: [{ text: `${line}\n` }, { text: expect.stringContaining('omni@stable.zfs.xz') }],
  })
  const armed = await served.call('POST', '/api/v1/hosts/omni-host/arm', { as: 'operator', body: {} })
  expect(armed.json).toMatchObject({
    boot: {
      words: expect.stringMatching(/^boot-args="-B install_media=.*\/kayak"$/),
      note: expect.stringMatching(
        /^kayak\.xz of omni@1\.0 is being made, job convert_\S+: the host gets no configuration/,
      ),
    },
  })
})

test('the plan of a host that kayak installs says which disks are lost, and no password', async () => {
  const plan = await served.call('GET', '/api/v1/hosts/omni-host/plan', { as: 'viewer' })
  expect(plan.json).toMatchObject({
    kayak: { settings: { disks: ['c1t0d0'] }, pool: 'rpool', rootPassword: '****' },
  })
  expect(plan.text).not.toContain('hashofthepassword')
  expect(plan.text).toContain('\\nkayak makes pool rpool of c1t0d0: what is on them is lost\\n')
})

test('arming a host that kayak installs has its medium made, as it is to be compressed', async () => {
  const { queue } = served.services
  const queued = () => (queue instanceof MemoryJobQueue ? queue.jobs.map(({ data }) => data) : [])
  await boot({ kind: 'kayak', for: '2h', options: { compression: 'bz2' } }, 'omni-host')
  expect(queued()).toMatchObject([{ template: 'omni', version: '1.0', to: 'kayak.bz2' }])
  await served.call('POST', '/api/v1/hosts/web-host/arm', { as: 'operator', body: {} })
  expect(queued().length).toBe(1)
  await addKayakMedium(served.services, 'omni', '1.0')
  const armed = await served.call('POST', '/api/v1/hosts/omni-host/arm', { as: 'operator', body: {} })
  expect(armed.json).toMatchObject({ boot: { note: 'kayak.xz of omni@1.0 is there' } })
  expect(queued().length).toBe(1)
})

test('the first boot fetches what is left to do once kayak has installed the system', async () => {
  const { profiles, hosts } = served.services
  const omni = await profiles.get('omni')
  const [zone] = (await profiles.get('web')).zones
  await profiles.set({ ...omni, name: 'both', zones: zone ? [zone] : [] })
  await hosts.set({ ...(await hosts.get('omni-host')), profile: 'both' })
  await addKayakMedium(served.services, 'omni', '1.0')
  const { json } = await boot({ kind: 'kayak', for: '2h' }, 'omni-host')
  const [token = ''] = TOKEN.exec(JSON.stringify(json)) ?? []
  const config = await served.call('GET', `/js/omni-host/${token}/kayak/0011220A0B0C`)
  expect(config.text).toContain(`/js/omni-host/${token}/kayak/zones.sh; do `)
  const { status, text } = await served.call('GET', `/js/omni-host/${token}/kayak/zones.sh`)
  expect(status).toBe(200)
  expect(text).toContain("\nzf_has_system=''\n")
  expect(text).toContain("\nzf_phase='first-boot'\n")
  expect(text).toContain("z_name='web01'")
  const whole = await served.call('GET', `/js/omni-host/${token}/zones.sh`)
  expect(whole.text).toContain("\nzf_has_system='yes'\n")
  expect((await served.call('GET', '/js/omni-host/zi_wrong/kayak/zones.sh')).status).toBe(404)
})

test('a host that kayak does not install has no zones of kayak to fetch', async () => {
  const { json } = await boot({ kind: 'grub', for: '2h' })
  const [token = ''] = TOKEN.exec(JSON.stringify(json)) ?? []
  expect((await served.call('GET', `/js/web-host/${token}/zones.sh`)).status).toBe(200)
  expect((await served.call('GET', `/js/web-host/${token}/kayak/zones.sh`)).status).toBe(404)
})

test.each([
  [{ kind: 'floppy' }],
  [{}],
  [{ kind: 'grub', for: '2h', token: 'zi_x' }],
  [{ kind: 'grub', options: { mediaPath: '/a b' } }],
  [{ kind: 'grub', options: { nonsense: 1 } }],
])('%j is refused', async (body) => {
  expect((await boot(body)).status).toBe(400)
})

test('it is for operators: it may hold a token', async () => {
  expect((await boot({ kind: 'grub' }, 'web-host', 'viewer')).status).toBe(403)
  expect((await boot({ kind: 'grub' }, 'nobody')).status).toBe(404)
})
