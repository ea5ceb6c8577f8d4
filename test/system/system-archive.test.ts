// A host with three zones becomes a system version, and other hosts with other interfaces get its zones back: unpacked by hand,
// and installed by JumpStart.
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

/** What the installer has made before its finish script runs: a pool with the environment that it runs in, all below /a. */
const makePool = `
zpool destroy -f rpool
zpool create -f -R /a -m none rpool /var/lib/sandbox/pool
zfs create -o mountpoint=legacy rpool/ROOT; zfs create -o canmount=noauto -o mountpoint=/ rpool/ROOT/installed
zfs mount rpool/ROOT/installed; zpool set bootfs=rpool/ROOT/installed rpool
mkdir -p /a/etc /a/var/log /a/var/sadm/system/logs; : >/a/etc/vfstab; : >/a/etc/dumpadm.conf
`

/**
 * Nothing boots a pool here, so a chroot into the new environment stands for the reboot: etc/zones, the zonepaths, var/zoneflash and all
 * else are its own. Bound into it is what the archive has left out: programs (/usr, the repository), the machine's devices, processes
 * and state (/dev, /proc, /sys, /run), the file that the pool lies on (/var/lib). sandbox.json says which machine of the sandbox this is.
 */
const reboot = `
zpool export rpool; zpool import -R /look -d /var/lib/sandbox rpool; zfs mount rpool/ROOT/oldsys-2
for directory in usr var/lib var/cache run dev proc sys ${repository.slice(1)}; do
  mkdir -p /look/$directory; mount --rbind /$directory /look/$directory
done
cp /etc/sandbox.json /look/etc/
`

/** Stands before curl: when it is about to be told that the zones are back, the power goes. */
const powerCut = `#!/bin/sh
for last in "$@"; do :; done
if grep 'zone db is booted' "\${last#@}" >/dev/null 2>&1; then kill -9 -$(cat /run/first-boot.pid); fi
exec /usr/bin/curl "$@"
`

describe.skipIf(sandboxLack)('a host with three zones', { timeout: 120_000 }, () => {
  let old: TestHost
  let fresh: TestHost
  let third: TestHost
  let site: InstallSite
  const directory = mkdtempSync(path.join(quickDirectory(), 'system-archive-'))

  beforeAll(async () => {
    ;[old, fresh, third] = await Promise.all([
      createTestHost('arch-old', ['--release', 's10u8']),
      createTestHost('arch-new', ['--release', 's10u8', '--nic', 'e1000g0']),
      createTestHost('arch-js', ['--release', 's10u8', '--nic', 'e1000g0', '--pool', 'rpool']),
    ])
    await old.must(['sh', '-eus'], makeZones)
    site = await openInstallSite(old, { ZONEFLASH_JOB_LOCK_SECONDS: '1' })
    await site.zoneflash('host', 'add', 'old', '--transport', `sandbox:${old.name}`, '--release', 's10u8')
  }, 120_000)
  afterAll(async () => {
    await site?.close()
    await Promise.all([old, fresh, third].map((host) => host?.destroy()))
    rmSync(directory, { recursive: true, force: true })
  })

  /** `ZONE STATE`, running ones first, in the order in which they booted */
  const states = async (host: Pick<TestHost, 'must'>) =>
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

  test('is installed on another host by JumpStart, whose first boot gives its zones back, mapped and in their order', async () => {
    await site.connect(third)
    await site.putProfile({
      name: 'third',
      sysid: { rootPassword: '$5$zoneflash$hash' },
      system: { template: 'oldsys@2', interfaceMap: { bge0: 'e1000g0' }, oldEnvironment: 'remove' },
      jumpstart: {},
    })
    await site.zoneflash('host', 'add', 'arch-js', '--release', 's10u8', '--profile', 'third')
    const url = await site.arm('arch-js')
    await third.must(['sh', '-euc', makePool])
    const finish = await third.must([
      'sh',
      '-euc',
      `mkdir -p /tmp/install_config; cd /tmp/install_config
      curl -fsS ${url}config.tar | tar xpf -
      SI_CLASS=profile SI_PROFILE=/tmp/install_config/profile sh ./begin
      sh ./finish`,
    ])
    expect(finish).toMatch(/\nzoneflash: the first boot does the rest\n$/)
    await third.must(['sh', '-euc', reboot])
    const booted = {
      must: (argv: readonly string[], input?: string) => third.must(['chroot', '/look', ...argv], input),
    }
    expect(await states(booted)).toEqual(['db configured', 'web configured', 'spare configured'])
    const reported = (await site.reports('arch-js')).length
    await booted.must(['sh', '-ec', 'mkdir /cut; cat >/cut/curl; chmod 755 /cut/curl'], powerCut)
    await booted.must([
      'sh',
      '-ec',
      `setsid sh -c 'echo $$ >/run/first-boot.pid; PATH=/cut:$PATH exec /etc/rc3.d/S99zoneflash start'
      while kill -0 -$(cat /run/first-boot.pid) 2>/dev/null; do sleep 0.05; done`,
    ])
    expect(await states(booted)).toEqual(['web running', 'db running', 'spare configured'])
    const interfaces = ['zlogin', 'web', 'ip -4 -o address show dev e1000g0']
    expect(await booted.must(interfaces)).toContain('192.0.2.10/24')
    expect(await booted.must(['zonecfg', '-z', 'web', 'info', 'net'])).toContain('physical: e1000g0')
    expect(await booted.must(['zonecfg', '-z', 'web', 'info', 'attr'])).toContain("the 'web' people")
    expect(await booted.must(['zonecfg', '-z', 'spare', 'info', 'device'])).toContain('/dev/rmt/0')
    expect(await booted.must(['zlogin', 'web', 'cat /etc/greeting'])).toBe('hello\n')
    expect(await booted.must(['zlogin', 'db', 'cat /data/table'])).toBe('rows\n')

    const running = await booted.must(['zoneadm', 'list', '-cp'])
    const log = ['cat', '/var/log/zoneflash.log']
    const cutOff = await booted.must(log)
    await booted.must([
      'sh',
      '-ec',
      `/etc/rc3.d/S99zoneflash start
      while test -h /etc/rc3.d/S99zoneflash; do
        if grep rollback /var/log/zoneflash.log; then exit 1; fi
        sleep 0.05
      done`,
    ])
    expect((await booted.must(log)).slice(cutOff.length)).toContain(
      'zone web was restored before\nzone db was restored before\nzone spare is left as it is',
    )
    expect(await booted.must(['zoneadm', 'list', '-cp'])).toBe(running)
    const steps = (state: string, ...names: string[]) =>
      names.flatMap((name) => [`- ${name} started`, `- ${name} ${state}`])
    const installed = steps('skipped', 'check', 'system', 'system', 'system')
    expect((await site.reports('arch-js')).slice(reported)).toEqual([
      '- install started',
      ...installed,
      ...steps('done', 'system', 'system'),
      '- install started',
      ...installed,
      ...steps('skipped', 'system'),
      ...steps('done', 'system'),
      ...steps('skipped', 'check'),
      '- install done',
    ])
    expect(await booted.must(['ls', '/var/zoneflash'])).toBe('captured\nevents\nrestored\ntemplates\nzones\n')
    expect(await booted.must(['zfs', 'list', '-H', '-o', 'name', '-r', 'rpool/ROOT'])).toBe(
      'rpool/ROOT\nrpool/ROOT/oldsys-2\n',
    )

    // what is held comes by hand, when somebody has looked after it
    const words = ['oldsys@2', '--map', 'bge0=e1000g0', '--allow', 'device']
    const script = await site.zoneflash('template', 'restore-script', ...words)
    expect(await booted.must(['sh'], script)).toBe(
      'zone web was restored before\nzone db was restored before\nzone spare is configured, as it was\n',
    )
  })
})
