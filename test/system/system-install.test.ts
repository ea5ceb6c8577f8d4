// Whole systems, installed on a real ZFS (zfs-fuse): the golden root is received beside the root that the host has.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSolaris10Zoneroot } from '#test/fixtures/solaris10-zoneroot.ts'
import { openInstallSite, type InstallSite } from './install-site.ts'
import {
  createTestHost,
  sandboxCommand,
  sandboxLack,
  type Outcome,
  type TestHost,
} from './sandbox-fixture.ts'

/** What the golden system has beside what a zone has. */
const golden: Record<string, string> = {
  'etc/vfstab': [
    'fd\t-\t/dev/fd\tfd\t-\tno\t-',
    '/proc\t-\t/proc\tproc\t-\tno\t-',
    '/dev/zvol/dsk/gold/swap\t-\t-\tswap\t-\tno\t-',
    'gold/ROOT/be\t-\t/\tzfs\t-\tno\t-',
    '/dev/dsk/c0t0d0s7\t/dev/rdsk/c0t0d0s7\t/data\tufs\t2\tyes\t-',
    'filer:/home\t-\t/home\tnfs\t-\tyes\trw',
    'swap\t-\t/tmp\ttmpfs\t-\tyes\t-',
    '',
  ].join('\n'),
  'etc/dumpadm.conf':
    'DUMPADM_DEVICE=/dev/zvol/dsk/gold/dump\nDUMPADM_SAVDIR=/var/crash/golden\nDUMPADM_CONTENT=kernel\n',
  'etc/zfs/zpool.cache': 'pools of the golden host',
  'etc/hostid': 'golden',
  'var/zoneflash/zones/web01/finished': '',
  'opt/app/kept': 'that is to be kept\n',
}

/** Changes that zfs is asked for in a whole run, by their number: before each of these one run is killed. */
const everyKillPoint = {
  receive: 3,
  clone: 6,
  'mark the clone': 7,
  'destroy what it came in': 10,
  unmount: 15,
}
/** A run costs some seconds: of those that are killed two of each kind do, unless all are asked for. */
const allKillPoints = Boolean(process.env['ZONEFLASH_ALL_KILL_POINTS'])
const killPoints = Object.entries(everyKillPoint).filter(
  ([what]) => allKillPoints || what === 'mark the clone' || what === 'unmount',
)
const begunByOthers = [
  ['cloned, for the same environment', 'golden-1.0', everyKillPoint['mark the clone']],
  ['cloned, for another environment', 'golden-0.9', everyKillPoint['mark the clone']],
  ['promoted, for the same environment', 'golden-1.0', everyKillPoint['destroy what it came in']],
  ['promoted, for another environment', 'golden-0.9', everyKillPoint['destroy what it came in']],
] as const

/** Stands before zfs: counts what changes something, and kills the run when its turn has come. */
const killer = `#!/bin/sh
case $1 in
create|set|inherit|clone|promote|destroy|mount|unmount|receive|snapshot)
  if [ $# -gt 1 ]; then
    n=$(($(cat /tmp/count) + 1)); echo $n >/tmp/count
    if [ $n -eq $(cat /tmp/kill-at) ]; then kill -9 -$(cat /tmp/group); fi
  fi ;;
esac
exec /usr/sbin/zfs "$@"
`

/** Stands before zfs on a host whose root is a file system of its pool. */
const booted = `#!/bin/sh
/usr/sbin/zfs "$@" || exit
if [ "$*" = mount ]; then echo "$(cat /tmp/root)  /"; fi
`

describe.skipIf(sandboxLack)('a system', { timeout: 300_000 }, () => {
  let host: TestHost
  let site: InstallSite
  let scratch: string
  let url: string

  const sh = (script: string) => host.must(['sh', '-ec', script])
  const datasets = () => sh('zfs list -H -o name -t filesystem,snapshot -r rpool/ROOT')
  const inRoot = (script: string, root = 'rpool/ROOT/golden-1.0') =>
    sh(`zfs set mountpoint=/look ${root}; zfs mount ${root}; cd /look
      (${script})
      cd /; zfs unmount ${root}; zfs set mountpoint=/ ${root}`)
  /** The script with what stands below `root` as the system that is there. */
  const run = (root: string, edit = '', before = ''): Promise<Outcome> =>
    host.run([
      'sh',
      '-c',
      `curl -fsS ${url}zones.sh | sed -e "s,^zf_root=''\\$,zf_root='${root}'," -e "${edit}" >/tmp/zones.sh
      ${before} sh /tmp/zones.sh`,
    ])
  const properties = async (names: string): Promise<string[]> =>
    (await sh(`zfs get -H -o value ${names} rpool/ROOT/golden-1.0`)).trim().split('\n')
  const push = (file: string, name: string, ...options: string[]) =>
    site.zoneflash(
      'template',
      'push',
      path.join(scratch, file),
      '--name',
      name,
      '--kind',
      'system',
      ...options,
    )
  const putProfile = (system: Record<string, unknown>) =>
    site.putProfile({
      name: 'systems',
      sysid: { rootPassword: '$5$abc$def', timezone: 'Europe/Berlin' },
      system: { template: 'golden@1.0', ...system },
      zones: [],
    })
  const arm = async (system: Record<string, unknown>) => {
    await putProfile(system)
    url = await site.arm('s1')
  }
  const addHost = async (record: object) => {
    const headers = { 'content-type': 'application/json' }
    const added = await site.product.call('/api/v1/hosts', {
      method: 'POST',
      headers,
      body: JSON.stringify(record),
    })
    expect(added.status, await added.text()).toBe(201)
  }
  const forget = () =>
    sh(`for one in golden-1.0 golden-0.9 zoneflash-incoming old; do
        if zfs list rpool/ROOT/$one >/dev/null 2>&1; then zfs destroy -R rpool/ROOT/$one; fi
      done
      rm -rf /var/zoneflash; zpool set bootfs=rpool/ROOT/installed rpool`)

  beforeAll(async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'zoneflash-golden-'))
    host = await createTestHost('s1', ['--pool', 'rpool', '--release', 's10u8'])
    site = await openInstallSite(host)
    const root = path.join(scratch, 'root')
    makeSolaris10Zoneroot(root, { kind: 'whole', nodename: 'golden' })
    for (const [file, text] of Object.entries(golden)) {
      execFileSync('mkdir', ['-p', path.dirname(path.join(root, file))])
      writeFileSync(path.join(root, file), text)
    }
    execFileSync('sh', ['-c', 'seq 1 200000 >"$1/opt/app/compressible"', 'sh', root])
    const tree = execFileSync('tar', ['-C', root, '-cf', '-', '.'], { maxBuffer: 1e9 })
    writeFileSync(path.join(scratch, 'golden.tar'), tree)
    await sh(`zfs create -o mountpoint=legacy rpool/ROOT
      zfs create -o mountpoint=/golden rpool/gold`)
    enter(['tar', '-C', '/golden', '-xpf', '-'], tree)
    await sh('zfs snapshot rpool/gold@flar')
    const stream = path.join(scratch, 'golden.zfs')
    writeFileSync(stream, enter(['zfs', 'send', 'rpool/gold@flar']))
    await sh('echo of a version before >/golden/opt/app/kept; zfs snapshot rpool/gold@older')
    writeFileSync(path.join(scratch, 'older.zfs'), enter(['zfs', 'send', 'rpool/gold@older']))
    await sh(
      'zfs set compression=off rpool/gold; zfs set quota=1G rpool/gold; zfs set zoneflash:stage=confirmed rpool/gold',
    )
    writeFileSync(path.join(scratch, 'properties.zfs'), enter(['zfs', 'send', '-p', 'rpool/gold@flar']))
    await sh(`zfs destroy -r rpool/gold
      zfs create -o canmount=noauto -o mountpoint=/a rpool/ROOT/installed
      zfs mount rpool/ROOT/installed; cd /a; mkdir -p etc/zfs var/sadm/system/logs kernel/misc
      echo '/dev/zvol/dsk/rpool/swap	-	-	swap	-	no	-' >etc/vfstab
      echo 'DUMPADM_DEVICE=/dev/zvol/dsk/rpool/dump' >etc/dumpadm.conf
      echo 'pools of this host' >etc/zfs/zpool.cache
      echo packages >var/sadm/system/logs/install_log
      zpool set bootfs=rpool/ROOT/installed rpool
      mkdir /stub; cat >/stub/zfs <<'END'
${killer}END
      mkdir /booted; cat >/booted/zfs <<'END'
${booted}END
      chmod +x /stub/zfs /booted/zfs
      echo begun >/tmp/begin.log; echo finished >/tmp/finish.log`)
    await push('golden.zfs', 'golden', '--version', '1.0', '--os-release', 's10u8', '--arch', 'i86pc')
    await push('older.zfs', 'golden', '--version', '0.9', '--os-release', 's10u8', '--arch', 'i86pc')
    await putProfile({})
    await addHost({
      name: 's1',
      release: 's10u8',
      transport: 'sandbox:s1',
      profile: 'systems',
      interfaces: [{ name: 'bge0', address: '192.0.2.30/24', defaultRoute: '192.0.2.1', hostname: 'app1' }],
    })
  }, 180_000)
  afterAll(async () => {
    await site?.close()
    await host?.destroy()
    rmSync(scratch, { recursive: true, force: true })
  })

  const enter = (argv: string[], input?: Buffer) =>
    execFileSync(sandboxCommand, ['enter', 's1', '--', ...argv], {
      env: { ...process.env, SANDBOX_DIR: host.directory },
      ...(input && { input }),
      maxBuffer: 1e9,
    })

  test('is installed below /a beside what the installer made, once', async () => {
    await arm({ compression: 'gzip' })
    const first = await run('/a')
    expect(first.status, first.stderr + first.stdout).toBe(0)
    expect(first.stdout).toContain('reboot into rpool/ROOT/golden-1.0, then run this again')
    expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/golden-1.0\nrpool/ROOT/installed\n')
    const steps = ['check', 'system', 'system', 'system'].flatMap((step) => [
      `- ${step} started`,
      `- ${step} done`,
    ])
    expect(await site.reports('s1')).toEqual(['- install started', ...steps])
    expect(await properties('origin,mounted,mountpoint,canmount,compression,zoneflash:stage')).toEqual([
      '-',
      'no',
      '/',
      'noauto',
      'gzip',
      'active',
    ])
    expect(await sh('zpool get bootfs rpool | sed 1d')).toMatch(/ rpool\/ROOT\/golden-1.0 /)
    const before = await sh('zfs get -H -p -o value creation rpool/ROOT/golden-1.0')
    const second = await run('/a')
    expect(second.status, second.stderr).toBe(0)
    expect(second.stdout.match(/system skipped/g)).toHaveLength(3)
    expect(await sh('zfs get -H -p -o value creation rpool/ROOT/golden-1.0')).toBe(before)
  })

  test('is compressed while it is received', async () => {
    const [ratio = '', used] = await properties('compressratio,used')
    expect(Number.parseFloat(ratio)).toBeGreaterThan(1.5)
    expect(used).toMatch(/^[0-9.]+[KM]$/)
  })

  test('has an identity and the settings of its host, nothing of the golden one', async () => {
    await expect(
      await inRoot(`for file in etc/sysidcfg etc/vfstab etc/dumpadm.conf etc/zfs/zpool.cache \
          var/sadm/system/logs/install_log var/sadm/system/logs/begin.log var/sadm/system/logs/finish.log opt/app/kept; do
          echo "== $file $(stat -c %a $file)"; cat $file; done
        grep '^root:' etc/shadow
        for file in etc/.UNCONFIGURED reconfigure noautoshutdown var/log/zoneflash.log; do stat -c '%n %a' $file; done
        for file in etc/nodename etc/hostname.bge0 etc/.sysIDtool.state etc/ssh/ssh_host_rsa_key etc/hostid \
          var/zoneflash var/adm/messages.0 var/sadm/servicetag/registry/servicetag.xml; do
          if [ -e $file ]; then echo "still there: $file"; fi; done
        readlink var/sadm/system/logs/begin.log | sed 's,_.*_20..$,_DAY,'
        stat -c '%n %a' var/crash/app1`),
    ).toMatchFileSnapshot('../fixtures/golden/systems/solaris10-root.txt')
  })

  test('of another digest is refused, and what came of it destroyed', async () => {
    await forget()
    await arm({})
    const { status, stderr } = await run('/a', `s,^  y_sha256=.*,  y_sha256=${'0'.repeat(64)},`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/have sha256 [0-9a-f]{64}, expected 0{64}/)
    expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/installed\n')
    expect(await sh('zpool get bootfs rpool | sed 1d')).toMatch(/ rpool\/ROOT\/installed /)
  })

  test('that does not fit is refused before anything is written', async () => {
    await sh(
      'zfs create -o reservation=$(($(zfs get -H -p -o value available rpool) - 15000000)) rpool/filler',
    )
    const { status, stderr } = await run('/a')
    await sh('zfs destroy rpool/filler')
    expect(status).toBe(1)
    expect(stderr).toMatch(/golden@1\.0 needs about [0-9]+ MiB, pool rpool has 1[0-9] MiB free/)
    expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/installed\n')
    expect(await site.reports('s1')).toContain('- check failed')
    expect(await sh('cat /var/log/zoneflash.log')).not.toContain('created')
  })

  test.each([
    ['no pool of the name', { pool: 'tank' }, 'there is no pool tank here'],
    ['a pool that boots nothing', { pool: 'data' }, 'pool data has the bootfs -'],
    ['an environment of others', { bootEnvironment: 'theirs' }, 'rpool/ROOT/theirs is not made by zoneflash'],
  ])('with %s is refused', async (_what, system, why) => {
    await sh(`truncate -s 64M /data-pool; zpool create data /data-pool; zfs create data/ROOT
      zfs create -o canmount=noauto rpool/ROOT/theirs`)
    try {
      await arm(system)
      const { status, stderr } = await run('/a')
      expect(status).toBe(1)
      expect(stderr).toContain(why)
      expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/installed\nrpool/ROOT/theirs\n')
    } finally {
      await sh('zfs destroy rpool/ROOT/theirs; zpool destroy data; rm /data-pool')
    }
  })

  test('fits a pool much smaller than the one that it came of', async () => {
    await sh(`truncate -s 100M /small-pool; zpool create small /small-pool; zfs create -o mountpoint=legacy small/ROOT
      zfs create -o canmount=noauto -o mountpoint=/b small/ROOT/installed; zfs mount small/ROOT/installed
      mkdir /b/etc; zpool set bootfs=small/ROOT/installed small`)
    await arm({ pool: 'small', bootEnvironment: 'be2' })
    const { status, stderr } = await run('/b')
    expect(status, stderr).toBe(0)
    expect(await inRoot('cat opt/app/kept', 'small/ROOT/be2')).toBe('that is to be kept\n')
    await sh('zpool destroy small')
  })

  const runKilledAt = async (at: number) => {
    await sh(`echo 0 >/tmp/count; echo ${at} >/tmp/kill-at`)
    const killer = `PATH=/stub:$PATH setsid -w sh -c 'echo $$ >/tmp/group; exec "$@"' sh`
    expect((await run('/a', '', killer)).status).toBe(137)
  }

  test.each(killPoints)(
    'comes to the same end when the run is killed before it comes to %s',
    async (_what, at) => {
      await forget()
      await arm({})
      await runKilledAt(at)
      const { status, stderr } = await run('/a')
      expect(status, stderr).toBe(0)
      expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/golden-1.0\nrpool/ROOT/installed\n')
      const wanted = ['-', 'no', '/', 'noauto', 'active']
      expect(await properties('origin,mounted,mountpoint,canmount,zoneflash:stage')).toEqual(wanted)
      expect(await inRoot('cat etc/.UNCONFIGURED opt/app/kept')).toBe('that is to be kept\n')
    },
  )

  test.each(begunByOthers.slice(0, allKillPoints ? 4 : 2))(
    'is not what a killed run of another version has %s',
    async (_what, bootEnvironment, at) => {
      await forget()
      await arm({ template: 'golden@0.9', bootEnvironment })
      await runKilledAt(at)
      expect(await datasets()).toContain(`rpool/ROOT/${bootEnvironment}\n`)
      await arm({ bootEnvironment: 'golden-1.0' })
      const { status, stderr } = await run('/a')
      expect(status, stderr).toBe(0)
      expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/golden-1.0\nrpool/ROOT/installed\n')
      expect(await properties('zoneflash:system,zoneflash:stage')).toEqual(['golden@1.0', 'active'])
      expect(await inRoot('cat opt/app/kept')).toBe('that is to be kept\n')
    },
  )

  /** On a host whose root is this file system, which no sandbox host has. */
  const runAt = async (root: string) => {
    await sh(`echo ${root} >/tmp/root; rm -rf /var/zoneflash`)
    const ran = await run('', '', 'PATH=/booted:$PATH')
    expect(ran.status, ran.stderr).toBe(0)
    return ran.stdout
  }

  test.each([
    ['keep', 'rpool/ROOT/installed\nrpool/ROOT/old\n'],
    ['remove', 'rpool/ROOT/installed\n'],
  ] as const)(
    'is made beside the environment that runs, which is told to %s once the new one has booted',
    async (oldEnvironment, left) => {
      await forget()
      await sh('zfs create -o canmount=noauto rpool/ROOT/old; zpool set bootfs=rpool/ROOT/old rpool')
      await arm({ oldEnvironment, bootEnvironment: 'golden-1.0' })
      expect(await runAt('rpool/ROOT/old')).toContain('reboot into rpool/ROOT/golden-1.0')
      expect(await runAt('rpool/ROOT/old'), 'once more before the reboot').toContain('reboot into')
      expect(await datasets()).toContain('rpool/ROOT/old\n')
      expect(await site.reports('s1')).not.toContain('- install done')
      expect(await runAt('rpool/ROOT/golden-1.0')).toContain('install done')
      expect(await datasets()).toBe(`rpool/ROOT\nrpool/ROOT/golden-1.0\n${left}`)
      expect(await properties('zoneflash:stage,zoneflash:old')).toEqual(['confirmed', '-'])
      await arm({ oldEnvironment, bootEnvironment: 'golden-1.0' })
      expect(await runAt('rpool/ROOT/upgraded'), 'an upgrade of it').toContain('install done')
      await sh('if zfs list rpool/ROOT/old >/dev/null 2>&1; then zfs destroy rpool/ROOT/old; fi')
    },
  )

  test('that comes as an archive becomes a boot environment as well', async () => {
    await push('golden.tar', 'packed', '--version', '1', '--os-release', 's10u8')
    await forget()
    await arm({ template: 'packed@1', bootEnvironment: 'golden-1.0', compression: 'lzjb' })
    const { status, stderr } = await run('/a')
    expect(status, stderr).toBe(0)
    expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/golden-1.0\nrpool/ROOT/installed\n')
    expect(await inRoot('cat opt/app/kept; stat -c %a .')).toBe('that is to be kept\n755\n')
    expect(Number.parseFloat((await properties('compressratio'))[0] ?? '')).toBeGreaterThan(1.2)
  })

  test('that comes as a flash archive is installed as the stream that was made of it', async () => {
    const flar = path.join(scratch, 'golden.flar')
    await site.zoneflash('template', 'export', 'packed@1', '--to', 'flar', '-o', flar)
    await push('golden.flar', 'flashed', '--version', '1', '--os-release', 's10u8')
    await site.zoneflash('template', 'convert', 'flashed@1', '--to', 'zfs')
    await forget()
    await arm({ template: 'flashed@1', bootEnvironment: 'golden-1.0' })
    const { status, stderr } = await run('/a')
    expect(status, stderr).toBe(0)
    expect(await inRoot('cat opt/app/kept; stat -c %a opt/app/bin/launch; ls etc/.UNCONFIGURED')).toBe(
      'that is to be kept\n4711\netc/.UNCONFIGURED\n',
    )
  })

  test('that comes with the properties of another host has those of this one', async () => {
    await push('properties.zfs', 'owned', '--version', '1', '--os-release', 's10u8')
    await forget()
    await arm({ template: 'owned@1', bootEnvironment: 'golden-1.0', compression: 'gzip' })
    const { status, stderr } = await run('/a')
    expect(status, stderr).toBe(0)
    expect(await datasets()).toBe('rpool/ROOT\nrpool/ROOT/golden-1.0\nrpool/ROOT/installed\n')
    expect(await properties('mountpoint,canmount,compression,quota,zoneflash:stage')).toEqual([
      '/',
      'noauto',
      'gzip',
      'none',
      'active',
    ])
  })

  test('of illumos is told its name, addresses and password by files', async () => {
    await push(
      'golden.zfs',
      'omni',
      '--version',
      '1',
      '--os-family',
      'illumos',
      '--os-release',
      'omnios-r151050',
    )
    await forget()
    await site.putProfile({
      name: 'omni',
      sysid: {
        rootPassword: '$5$abc$def',
        nameService: {
          kind: 'DNS',
          domainName: 'example.org',
          nameServers: ['192.0.2.53'],
          search: ['a.org'],
        },
      },
      system: { template: 'omni@1', bootEnvironment: 'golden-1.0' },
      zones: [],
    })
    await addHost({
      name: 's2',
      release: 'illumos',
      transport: 'sandbox:s1',
      profile: 'omni',
      interfaces: [
        { name: 'e1000g0', address: '192.0.2.31/24', defaultRoute: '192.0.2.1' },
        { name: 'e1000g1', ipv6: true },
      ],
    })
    url = await site.arm('s2')
    const { status, stderr } = await run('/a')
    expect(status, stderr).toBe(0)
    expect(await properties('org.opensolaris.libbe:uuid')).toEqual([
      expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
    ])
    await expect(
      await inRoot(`for file in etc/nodename etc/hostname* etc/dhcp.* etc/inet/hosts etc/defaultrouter etc/resolv.conf; do
          echo "== $file $(stat -c %a $file)"; cat $file; done
        grep '^root:' etc/shadow; stat -c '%n %a' reconfigure
        if [ -e etc/sysidcfg ] || [ -e etc/.UNCONFIGURED ]; then echo asks; fi`),
    ).toMatchFileSnapshot('../fixtures/golden/systems/illumos-root.txt')
  })
})
