// Hosts that JumpStart installs: its finish script below /a, then what it left for the first boot, until the zones run.
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInstallSite, type InstallSite } from './install-site.ts'
import { makeGoldenZone, withZoneroot } from './native-golden.ts'
import { createTestHost, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const rootPassword = '$5$zoneflash$abcdefghijklmnopqrstuvwxyz0123456789./ABCDE'
const installProfile = 'install_type initial_install\ncluster SUNWCreq\npool rpool auto auto auto any\n'

/** A curl that the first boot finds: reports go out, nothing comes in. */
const deafCurl = `#!/bin/sh
case $* in
  *events* | *post*) exec /usr/bin/curl.real "$@" ;;
  *) exit 7 ;;
esac
`

describe.skipIf(sandboxLack)('a host that JumpStart installs', { timeout: 120_000 }, () => {
  let site: InstallSite
  let golden: TestHost
  let withPool: TestHost
  let plain: TestHost

  const sh = (host: TestHost, script: string) => host.must(['sh', '-ec', script])

  /** The new root that the installer has made, empty but for what the scripts look for. */
  const freshRoot = (host: TestHost, ...directories: string[]) =>
    sh(host, `rm -rf /a; mkdir -p ${['/a/etc', '/a/var/log', ...directories].join(' ')}`)

  /** A pool as the installer has it: everything of it appears below /a. */
  async function freshPool(host: TestHost): Promise<void> {
    await clearPool(host)
    await freshRoot(host, '/a/lib/svc')
    await sh(host, `zpool create -f -R /a -m /${host.name} ${host.name} /var/lib/sandbox/pool`)
  }

  const clearPool = (host: TestHost) =>
    sh(
      host,
      `for zone in \`zoneadm list -c | grep -v global\`; do
        zoneadm -z $zone halt 2>/dev/null || :; zoneadm -z $zone uninstall -F 2>/dev/null || :; zonecfg -z $zone delete -F
      done
      umount /var/zoneflash 2>/dev/null || :
      rm -rf /var/zoneflash /var/log/zoneflash.log
      zpool destroy -f ${host.name}; rm -rf /zones /zoneflash`,
    )

  /** config.tar unpacked, begin and finish run as the installer does. */
  async function install(host: TestHost, profile: object): Promise<{ stdout: string; url: string }> {
    await site.putProfile({ name: host.name, sysid: { rootPassword }, ...profile })
    const url = await site.arm(host.name)
    const stdout = await sh(
      host,
      `rm -rf /tmp/install_config; mkdir -p /tmp/install_config; cd /tmp/install_config
      curl -fsS ${url}config.tar | tar xpf -
      SI_CLASS=profile SI_PROFILE=/tmp/install_config/profile sh ./begin
      sh ./finish`,
    )
    return { stdout, url }
  }

  /** What the kernel and the boot's services do: the pool without /a, the files of /a at their places. */
  const reboot = async (host: TestHost, pool: boolean) => {
    if (pool) await sh(host, `zpool export ${host.name}; zpool import -d /var/lib/sandbox ${host.name}`)
    await sh(host, 'mkdir -p /var/zoneflash /lib/svc; mount --bind /a/var/zoneflash /var/zoneflash')
  }

  const method = ['sh', '-c', 'exec /bin/sh /var/zoneflash/first-boot start']
  const stateOf = async (host: TestHost) =>
    (await host.must(['zoneadm', 'list', '-cp']))
      .trim()
      .split('\n')
      .map((line) => line.split(':').slice(1, 4).join(' '))
      .filter((line) => !line.startsWith('global'))

  beforeAll(async () => {
    ;[golden, withPool, plain] = await Promise.all([
      createTestHost('golden10', ['--release', 's10u8']),
      createTestHost('js10', ['--release', 's10u8']),
      createTestHost('jsufs', ['--release', 's10u8', '--no-zfs']),
    ])
    const opening = openInstallSite(golden)
    await makeGoldenZone(golden, 'web')
    site = await opening
    await site.zoneflash('host', 'add', 'golden10', '--release', 's10u8', '--transport', 'sandbox:golden10')
    await site.zoneflash('template', 'push', '--host', 'golden10', '--zone', 'web', '--name', 'web10')
    for (const host of [withPool, plain]) {
      await site.connect(host)
      await site.putProfile({
        name: host.name,
        sysid: { rootPassword },
        zones: [{ name: 'web01', template: 'web10@stable' }],
      })
      await site.zoneflash(
        'host',
        'add',
        host.name,
        '--release',
        's10u8',
        '--profile',
        host.name,
        ...(host === withPool ? ['--fact', 'zfs=true'] : []),
      )
    }
    // what SMF would do is written down
    await sh(
      withPool,
      `for command in svcadm svccfg; do
        printf '#!/bin/sh\\necho %s "$@" >>/var/tmp/smf\\n' $command >/usr/sbin/$command
      done`,
    )
  })
  afterAll(async () => {
    await site?.close()
    await Promise.all([golden, withPool, plain].map((host) => host?.destroy()))
  })

  test('has its zones laid ready below /a by personal streams; the first boot needs no network and survives another', async () => {
    await freshPool(withPool)
    const names = ['web01', 'web02']
    const { stdout } = await install(withPool, {
      jumpstart: { zones: 'install', installProfile },
      zones: names.map((name) => ({
        name,
        template: 'web10@stable',
        smoke: [{ name: 'has the application', command: 'test -d /opt/app', timeoutSeconds: 10 }],
      })),
    })
    expect(stdout).toMatch(/\nzoneflash: the first boot does the rest\n$/)
    expect(await withPool.must(['zfs', 'list', '-H', '-o', 'name,mountpoint', '-t', 'filesystem'])).toBe(
      [
        'js10\t/a/js10',
        'js10/zoneflash\t/a/zoneflash',
        'js10/zoneflash/web10\t/a/zoneflash/web10',
        'js10/zones\t/a/zones',
        'js10/zones/web01\t/a/zones/web01',
        'js10/zones/web02\t/a/zones/web02',
        '',
      ].join('\n'),
    )
    expect(await withPool.must(['cat', '/a/zones/web02/root/etc/sysidcfg'])).toContain('hostname=web02')
    expect(await withPool.must(['cat', '/a/zones/web02/SUNWdetached.xml'])).toContain(
      '<zone name="web02" zonepath="/zones/web02"',
    )
    expect(await sh(withPool, 'cd /a/var/zoneflash && stat -c "%a %u %n" . zones.sh first-boot')).toBe(
      '700 0 .\n700 0 zones.sh\n700 0 first-boot\n',
    )
    expect(await stateOf(withPool)).toEqual([])
    await reboot(withPool, true)
    await sh(withPool, 'cp /usr/bin/curl /usr/bin/curl.real')
    await sh(
      withPool,
      `rm /usr/bin/curl; cat >/usr/bin/curl <<'END'\n${deafCurl}END\nchmod 755 /usr/bin/curl`,
    )
    // a reboot in the middle: everything dies, zones too
    await sh(
      withPool,
      `setsid sh -c 'echo $$ >/run/first-boot.pid; exec /bin/sh /var/zoneflash/first-boot start' >/dev/null 2>&1 &
      until grep 'web01: boot done' /var/log/zoneflash.log >/dev/null 2>&1; do sleep 0.05; done
      kill -9 -\`cat /run/first-boot.pid\`; zoneadm -z web01 halt`,
    )
    await withPool.must(method)
    await sh(withPool, 'mv /usr/bin/curl.real /usr/bin/curl')
    expect(await stateOf(withPool)).toEqual(['web01 running /zones/web01', 'web02 running /zones/web02'])
    for (const name of names)
      expect(await withPool.must(['cat', `/zones/${name}/root/etc/nodename`])).toBe(`${name}\n`)
    const reports = await site.reports('js10')
    expect(reports.filter((line) => line.startsWith('- '))).toEqual([
      '- install started',
      ...['check started', 'check done', 'stage started', 'stage done'].map((step) => `- ${step}`),
      '- install started',
      '- check started',
      '- check done',
      '- install started',
      '- check started',
      '- check done',
      '- install done',
    ])
    expect(reports.filter((line) => line.startsWith('web02 '))).toEqual([
      'web02 stage started',
      'web02 stage done',
      'web02 receive started',
      'web02 receive skipped',
      ...['configure', 'attach', 'identity', 'boot', 'wait', 'smoke'].flatMap((step) => [
        `web02 ${step} started`,
        `web02 ${step} done`,
      ]),
    ])
    expect(await withPool.must(['ls', '/var/zoneflash'])).not.toMatch(/zones\.sh|first-boot/)
    expect(await withPool.must(['cat', '/var/tmp/smf'])).toBe(
      'svcadm disable svc:/site/zoneflash-first-boot:default\nsvccfg delete -f svc:/site/zoneflash-first-boot\n',
    )
  })

  const zones = [{ name: 'web01', template: 'web10@stable' }]
  const steps = (state: string, ...names: string[]) =>
    names.flatMap((name) => [`web01 ${name} started`, `web01 ${name} ${state}`])
  /** Of a zone that lay ready. */
  const attached = [
    ...steps('done', 'stage', 'configure', 'attach'),
    ...steps('skipped', 'identity'),
    ...steps('done', 'boot', 'wait'),
    ...steps('skipped', 'smoke'),
  ]
  const ofZone = async (host: TestHost) =>
    (await site.reports(host.name)).filter((line) => line.startsWith('web01 '))

  test('has them as clones of a template that came as an archive', async () => {
    await freshPool(withPool)
    const zone = { ...zones[0], form: 'tar.gz' }
    await install(withPool, { jumpstart: { zones: 'install', installProfile }, zones: [zone] })
    const origin = await withPool.must(['zfs', 'get', '-H', '-o', 'value', 'origin', 'js10/zones/web01'])
    expect(origin).toMatch(/^js10\/zoneflash\/web10@zoneflash-/)
    await reboot(withPool, true)
    await sh(
      withPool,
      'cp /usr/bin/curl /usr/bin/curl.real; rm /usr/bin/curl; ln -s /bin/false /usr/bin/curl',
    )
    await withPool.must(method)
    expect(await stateOf(withPool)).toEqual(['web01 running /zones/web01'])
    // nobody heard of it: it is said at the next boot
    expect(await site.reports('js10')).not.toContain('- install done')
    await sh(withPool, 'mv /usr/bin/curl.real /usr/bin/curl')
    await withPool.must(method)
    expect(await site.reports('js10')).toContain('- install done')
    expect(await withPool.must(['ls', '/var/zoneflash'])).not.toMatch(/zones\.sh|first-boot/)
    expect(await ofZone(withPool)).toEqual(attached)
  })

  test('leaves everything to the first boot, when its profile says so', async () => {
    await freshPool(withPool)
    const { stdout } = await install(withPool, { jumpstart: { zones: 'first-boot', installProfile }, zones })
    expect(stdout).not.toContain('fetch')
    expect(await sh(withPool, "find /a -type f ! -path '*/events/*' | sort")).toBe(
      [
        '/a/var/log/zoneflash.log',
        '/a/var/svc/manifest/site/zoneflash-first-boot.xml',
        '/a/var/zoneflash/first-boot',
        '/a/var/zoneflash/installing',
        '/a/var/zoneflash/zones.sh',
        '',
      ].join('\n'),
    )
    await reboot(withPool, true)
    await withPool.must(method)
    expect(await stateOf(withPool)).toContain('web01 running /zones/web01')
    expect(await site.reports('js10')).toContain('- install done')
  })

  test('becomes a golden system with the zones of its profile, and its installer’s environment goes', async () => {
    await withZoneroot({ kind: 'whole', nodename: 'golden' }, async (root) => {
      const archive = `${root}.tar`
      execFileSync('sh', [
        '-c',
        'mkdir -p "$0/lib/svc" && tar -C "$0" --numeric-owner -cf "$1" .',
        root,
        archive,
      ])
      await site.zoneflash(
        'template',
        'push',
        archive,
        '--name',
        'golden',
        '--kind',
        'system',
        '--os-release',
        's10u8',
        '--arch',
        'i86pc',
        '--version',
        '1.0',
      )
    })
    await clearPool(withPool)
    await sh(
      withPool,
      `rm -rf /a; zpool create -f -R /a -m none js10 /var/lib/sandbox/pool
      zfs create -o mountpoint=legacy js10/ROOT; zfs create -o canmount=noauto -o mountpoint=/ js10/ROOT/installed
      zfs mount js10/ROOT/installed; zpool set bootfs=js10/ROOT/installed js10
      mkdir -p /a/etc /a/var/log /a/var/sadm/system/logs; : >/a/etc/vfstab; : >/a/etc/dumpadm.conf`,
    )
    const system = { template: 'golden@1.0', pool: 'js10', oldEnvironment: 'remove' }
    await install(withPool, { jumpstart: { zones: 'install' }, system, zones })
    expect(await withPool.must(['cat', '/tmp/install_config/profile'])).toContain(
      'pool js10 auto auto auto any\n',
    )
    await sh(
      withPool,
      `zpool export js10; zpool import -d /var/lib/sandbox js10; zfs set mountpoint=/look js10/ROOT/golden-1.0
      zfs mount js10/ROOT/golden-1.0; mkdir -p /var/zoneflash; mount --bind /look/var/zoneflash /var/zoneflash
      mkdir -p /booted; cat >/booted/zfs <<'END'
#!/bin/sh
/usr/sbin/zfs "$@" || exit
if [ "$*" = mount ]; then echo 'js10/ROOT/golden-1.0  /'; fi
END
      chmod 755 /booted/zfs`,
    )
    expect(await sh(withPool, 'cd /look; ls etc/.UNCONFIGURED etc/sysidcfg var/svc/manifest/site')).toBe(
      'etc/.UNCONFIGURED\netc/sysidcfg\n\nvar/svc/manifest/site:\nzoneflash-first-boot.xml\n',
    )
    await withPool.must(['sh', '-c', 'PATH=/booted:$PATH exec /bin/sh /var/zoneflash/first-boot start'])
    expect(await stateOf(withPool)).toEqual(['web01 running /zones/web01'])
    expect(await withPool.must(['zfs', 'list', '-H', '-o', 'name', '-r', 'js10/ROOT'])).toBe(
      'js10/ROOT\njs10/ROOT/golden-1.0\n',
    )
    expect(await site.reports('js10')).toContain('- install done')
  })

  test('without ZFS has them as copies, and a script of run level 3 where there is no SMF', async () => {
    await freshRoot(plain)
    await install(plain, { jumpstart: { zones: 'install', installProfile }, zones })
    expect(
      await sh(plain, 'stat -c "%a %u %n" /a/zones /a/zones/web01 /a/etc/init.d/zoneflash-first-boot'),
    ).toBe('755 0 /a/zones\n700 0 /a/zones/web01\n744 0 /a/etc/init.d/zoneflash-first-boot\n')
    await sh(
      plain,
      `rmdir /zones /zoneflash; mv /a/zones /a/zoneflash /; mv /a/var/zoneflash /var/zoneflash
      mkdir -p /etc/rc3.d; cp -a /a/etc/init.d/zoneflash-first-boot /etc/init.d/; cp -a /a/etc/rc3.d/S99zoneflash /etc/rc3.d/
      /etc/rc3.d/S99zoneflash start
      while test -f /etc/rc3.d/S99zoneflash; do if grep rollback /var/log/zoneflash.log 2>/dev/null; then exit 1; fi; sleep 0.05; done`,
    )
    expect(await stateOf(plain)).toEqual(['web01 running /zones/web01'])
    expect(await plain.must(['stat', '-c', '%a %u %g %h', '/zones/web01/root/opt/app/bin/launch'])).toBe(
      '4711 80 80 2\n',
    )
    expect(await ofZone(plain)).toEqual(attached)
    expect(await plain.must(['ls', '/etc/init.d'])).not.toContain('zoneflash')
  })
})
