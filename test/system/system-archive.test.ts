// A host with three zones becomes a system version, and another host with other interfaces gets its zones back.
import { mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { quickDirectory } from '#test/quick-directory.ts'
import { openInstallSite, type InstallSite } from './install-site.ts'
import { createTestHost, sandboxLack, sendFile, type TestHost } from './sandbox-fixture.ts'

const repository = path.resolve(import.meta.dirname, '../..')

/** What a sandbox host has of the machine below it, and what it keeps of its own kernel. */
const machine = ['/usr', '/var/lib', '/var/cache', '/run', repository].flatMap((directory) => [
  '--exclude',
  directory,
])

/** web: net and attr; db: lofs fs; spare: only configured, with a device. */
const makeZones = `
mkdir -p /export/data && echo rows >/export/data/table
zonecfg -z db 'create -b; set zonepath=/zones/db; add fs; set dir=/data; set special=/export/data; set type=lofs; end'
printf '%s\\n' 'create -b' 'set zonepath=/zones/web' 'set autoboot=true' 'set bootargs="-m verbose"' \\
  'add net' 'set physical=bge0' 'set address=192.0.2.10/24' end \\
  'add attr' 'set name=owner' 'set type=string' "set value=\\"the 'web' people\\"" end commit >/root/web.cfg
zonecfg -z web -f /root/web.cfg
zonecfg -z spare 'create -b; set zonepath=/zones/spare; add device; set match=/dev/rmt/0; end'
for zone in db web; do zoneadm -z $zone install; done
echo hello >/zones/web/root/etc/greeting
head -c 8000000 /dev/urandom >/export/big
for zone in web db; do zoneadm -z $zone boot; done
`

/** All but what says which machine of the sandbox it is. */
const unpack = `cd / && tar -xpzf /root/system.tar.gz --exclude=etc/sandbox.json --exclude=etc/hosts --exclude=etc/hostname \
  --exclude=etc/nodename --exclude=etc/zfs '--exclude=${repository.slice(1)}' && rm /root/system.tar.gz`

describe.skipIf(sandboxLack)('a host with three zones', { timeout: 120_000 }, () => {
  let old: TestHost
  let fresh: TestHost
  let site: InstallSite
  const directory = mkdtempSync(path.join(quickDirectory(), 'system-archive-'))

  beforeAll(async () => {
    old = await createTestHost('arch-old', ['--release', 's10u8'])
    fresh = await createTestHost('arch-new', ['--release', 's10u8', '--nic', 'e1000g0'])
    await old.must(['sh', '-eus'], makeZones)
    site = await openInstallSite(old, { ZONEFLASH_JOB_LOCK_SECONDS: '1' })
    await site.zoneflash('host', 'add', 'old', '--transport', `sandbox:${old.name}`, '--release', 's10u8')
  }, 120_000)
  afterAll(async () => {
    await site?.close()
    await Promise.all([old, fresh].map((host) => host?.destroy()))
    rmSync(directory, { recursive: true, force: true })
  })

  /** `ZONE STATE`, running ones first, in the order in which they booted */
  const states = async (host: TestHost) =>
    (await host.must(['zoneadm', 'list', '-cp'])).split('\n').flatMap((line) => {
      const [, zone, state] = line.split(':')
      return zone === undefined || zone === 'global' ? [] : [`${zone} ${state}`]
    })
  const before = ['web running', 'db running', 'spare configured']
  const zoneflashLeft = async () => (await old.run(['ls', '-A', '/var/zoneflash'])).stdout

  const words = (version: string) => ['host', 'archive', 'old', '--template', 'oldsys', '--version', version]
  const archive = (version: string, ...more: string[]) =>
    site.product.cli([...words(version), ...machine, ...more])

  test('is refused while a zone runs, and for a device: nothing is changed', async () => {
    const running = await archive('1')
    expect(running.status).toBe(1)
    expect(running.stderr).toContain('zones are not halted: web (running), db (running)')
    expect(running.stderr).toContain('--halt')
    const device = await archive('1.1', '--halt')
    expect(device.status).toBe(1)
    expect(device.stderr).toContain('refused zone spare, device: device /dev/rmt/0')
    expect(device.stderr).toContain('to archive all the same: --allow device')
    expect(await states(old)).toEqual(before)
    expect(await zoneflashLeft()).toBe('')
  })

  test('becomes a version although its worker is killed with the zones detached; they run again in their order', async () => {
    const made = archive('2', '--halt', '--allow', 'device')
    // the whole system is being read now
    await vi.waitFor(
      async () => expect(await old.must(['ps', '-e', '-o', 'args='])).toContain('tar --create'),
      { timeout: 60_000, interval: 10 },
    )
    expect((await states(old)).toSorted()).toEqual(['db configured', 'spare configured', 'web configured'])
    process.kill(site.product.workerPid() ?? 0, 'SIGKILL')
    expect(await made).toMatchObject({ status: 0 })
    expect((await made).stdout).toContain('zone web: net: interface bge0 with 192.0.2.10/24')
    expect((await made).stdout).toContain('oldsys@2 is ready: 3 forms of the whole system')
    expect(await states(old)).toEqual(before)
    expect(await zoneflashLeft()).toBe('')
    const version = await (await site.product.call('/api/v1/templates/oldsys/versions/2')).json()
    const spare = { name: 'spare', state: 'configured', wasRunning: false, autoboot: false }
    const web = { name: 'web', state: 'installed', wasRunning: true, autoboot: true, held: [] }
    expect(version).toMatchObject({
      state: 'ready',
      manifest: {
        kind: 'system',
        osFamily: 'solaris10',
        capturedZones: [web, { name: 'db', autoboot: false, wasRunning: true }, spare],
      },
    })
  })

  test('comes back on a host whose interface has another name', async () => {
    const file = path.join(directory, 'system.tar.gz')
    await site.zoneflash('template', 'pull', 'oldsys@2', '--form', 'tar.gz', '-o', file)
    sendFile(fresh, file, '/root/system.tar.gz')
    await fresh.must(['sh', '-c', unpack])
    expect(await states(fresh)).toEqual(['db configured', 'web configured', 'spare configured'])
    expect(await fresh.must(['cat', '/var/zoneflash/captured/order'])).toBe(
      'web installed running autoboot=true /zones/web\ndb installed running autoboot=false /zones/db\nspare configured halted autoboot=false /zones/spare\n',
    )
    const restore = async (...more: string[]) =>
      fresh.run(['sh'], await site.zoneflash('template', 'restore-script', 'oldsys@2', ...more))

    const unmapped = await restore()
    expect(unmapped.status).toBe(1)
    expect(unmapped.stderr).toContain('there is no interface bge0 here: map it, --map bge0=NAME')
    expect(await states(fresh)).toEqual(['db running', 'web configured', 'spare configured'])

    const mapped = await restore('--map', 'bge0=e1000g0')
    expect(mapped).toMatchObject({ status: 0, stderr: '' })
    expect(mapped.stdout).toContain('zone web is attached\nzone web is booted\nzone db was restored before\n')
    expect(mapped.stdout).toContain('zone spare is left as it is')
    expect(await states(fresh)).toEqual(['db running', 'web running', 'spare configured'])
    expect(await fresh.must(['zonecfg', '-z', 'web', 'info', 'net'])).toContain('physical: e1000g0')
    expect(await fresh.must(['zonecfg', '-z', 'web', 'info', 'attr'])).toContain("the 'web' people")
    expect(await fresh.must(['zlogin', 'web', 'cat /etc/greeting'])).toBe('hello\n')
    expect(await fresh.must(['zlogin', 'db', 'cat /data/table'])).toBe('rows\n')

    const allowed = await restore('--map', 'bge0=e1000g0', '--allow', 'device')
    expect(allowed).toMatchObject({ status: 0, stderr: '' })
    expect(allowed.stdout).toContain('zone spare is configured, as it was')
    expect((await restore('--map', 'bge0=e1000g0')).stdout).toBe(
      'zone web was restored before\nzone db was restored before\nzone spare was restored before\n',
    )
  })
})
