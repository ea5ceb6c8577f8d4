// A host that has the origin of a version gets what changed: an increment where it has ZFS streams, a layer where it has archives.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInstallSite, pullAndRun, type InstallSite } from './install-site.ts'
import { makeGoldenZone } from './native-golden.ts'
import { createTestHost, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const rootPassword = '$5$zoneflash$abcdefghijklmnopqrstuvwxyz0123456789./ABCDE'

const zone = (name: string, template: string, more = {}) => ({
  name,
  template: `${template}@stable`,
  autoboot: false,
  net: [{ physical: 'bge0', address: name === 'base01' ? '192.0.2.20/24' : '192.0.2.21/24' }],
  ...more,
})

describe.skipIf(sandboxLack)('what changed since the origin', { timeout: 240_000 }, () => {
  let site: InstallSite
  let golden: TestHost
  const hosts: TestHost[] = []

  async function makeHost(name: string, ...options: string[]): Promise<TestHost> {
    const host = await createTestHost(name, ['--release', 's10u8', ...options])
    hosts.push(host)
    return host
  }

  beforeAll(async () => {
    golden = await makeHost('golden')
    const opening = openInstallSite(golden)
    await makeGoldenZone(golden, 'default')
    // what both versions have and no compression makes small
    await golden.must(['dd', 'if=/dev/urandom', 'of=/zones/default/root/opt/bulk', 'bs=256k', 'count=1'])
    site = await opening
    await site.zoneflash('host', 'add', 'golden', '--release', 's10u8', '--transport', 'sandbox:golden')
    const [made = ''] =
      /default@[0-9TZ]+/.exec(
        await site.zoneflash(
          'template',
          'push',
          '--host',
          'golden',
          '--zone',
          'default',
          '--name',
          'default',
        ),
      ) ?? []
    await golden.must([
      'sh',
      '-ec',
      `zoneadm -z default attach
      snapshot=\`zfs list -H -t snapshot -o name | grep /default@zoneflash-\`
      printf 'create -t default\\nset zonepath=/zones/mysql\\nremove net physical=bge0\\n' >/root/mysql.cfg
      zonecfg -z mysql -f /root/mysql.cfg; zoneadm -z mysql clone -s "$snapshot" default
      cd /zones/mysql/root
      mkdir -p opt/mysql/bin; echo server >opt/mysql/bin/mysqld; chmod 4755 opt/mysql/bin/mysqld
      ln opt/mysql/bin/mysqld opt/mysql/bin/mysqld-too; ln -s bin/mysqld opt/mysql/start
      chown -h 27:27 opt/mysql opt/mysql/start; echo changed >>etc/motd; rm -rf opt/app
      zoneadm -z mysql detach`,
    ])
    const what = ['--host', 'golden', '--zone', 'mysql', '--name', 'mysql', '--origin', made]
    await site.zoneflash('template', 'push', ...what)
  })
  afterAll(async () => {
    await site?.close()
    await Promise.all(hosts.map((host) => host.destroy()))
  })

  /** Makes a host that gets `default`, then `mysql`; the plan for the latter and what the host said. */
  async function installBoth(host: TestHost, facts: readonly string[], zones = {}) {
    const { name } = host
    await site.connect(host)
    const profile = { name, zonesRoot: '/export/zones', sysid: { rootPassword } }
    await site.putProfile({ ...profile, zones: [zone('base01', 'default', zones)] })
    await site.zoneflash('host', 'add', name, '--release', 's10u8', '--profile', name, ...facts)
    const first = await pullAndRun(host, await site.arm(name))
    expect(first).toMatchObject({ status: 0, stderr: '' })
    await site.putProfile({
      ...profile,
      zones: [zone('base01', 'default', zones), zone('db01', 'mysql')],
    })
    const plan = await site.zoneflash('host', 'plan', name)
    return { plan, ...(await pullAndRun(host, await site.arm(name))) }
  }

  const tree = async (host: TestHost, root: string) =>
    (
      await host.must([
        'sh',
        '-c',
        `cd ${root} && find . ! -type s -printf '%p %y %m %U %G %l\\n' | sort; find . -type f | sort | xargs -d '\\n' sha256sum`,
      ])
    ).split('\n')

  test('is an increment on a host with ZFS', async () => {
    const host = await makeHost('zfs')
    const { plan, status, stderr, stdout } = await installBoth(host, ['--fact', 'zfs=true'])
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    expect(plan).toMatch(/\* already there +0 B/)
    expect(plan).toMatch(/\* izfs +[0-9.]+ KiB +~[0-9.]+ s +origin default@[0-9TZ]+ is there\n/)
    expect(plan).toMatch(/ {4}zfs +[0-9.]+ KiB +~[0-9.]+ s +larger\n/)
    expect(await host.must(['cat', '/var/log/zoneflash.log'])).toContain('\ntook zfs-incremental\n')
    expect(await host.must(['zfs', 'get', '-H', '-o', 'value', 'origin', 'zfs/zoneflash/mysql'])).toMatch(
      /^zfs\/zoneflash\/default@zoneflash-/,
    )
    expect(await tree(host, '/zoneflash/mysql/root')).toEqual(await tree(golden, '/zones/mysql/root'))
    expect(await host.must(['zlogin', 'db01', 'cat /opt/mysql/bin/mysqld'])).toBe('server\n')
    // the server reads the increment on the full stream of its origin, the host has both
    const origins = [
      'zfs',
      'get',
      '-H',
      '-o',
      'value',
      'origin',
      'zfs/export-zones/base01',
      'zfs/export-zones/db01',
    ]
    expect(await host.must(origins)).toMatch(
      /^zfs\/zoneflash\/default@zoneflash-\S+\nzfs\/zoneflash\/mysql@zoneflash-\S+\n$/,
    )
    expect(await host.must(['zoneadm', 'list', '-c'])).not.toContain('flash')
  })

  test.each([
    { name: 'archive', options: [], over: 'a clone of archive/zoneflash/default@zoneflash-' },
    { name: 'plain', options: ['--no-zfs'], over: 'a copy of /zoneflash/default' },
  ])('is a layer on a host that takes archives: $over', async ({ name, options, over }) => {
    const host = await makeHost(name, ...options)
    const { plan, status, stderr, stdout } = await installBoth(host, ['--fact', 'zfs=false'])
    const log = await host.must(['cat', '/var/log/zoneflash.log'])
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    expect(plan).toMatch(/\* layer.tar.gz +\d+ B +~[0-9.]+ s +origin default@[0-9TZ]+ is there\n/)
    expect(log).toContain('\ntook layer\n')
    expect(log).toContain(`building on ${over}`)
    expect(await tree(host, '/zoneflash/mysql/root')).toEqual(await tree(golden, '/zones/mysql/root'))
    expect(await host.must(['zlogin', 'db01', 'cat /opt/mysql/bin/mysqld'])).toBe('server\n')
    expect(await host.must(['ls', '-A', '/zoneflash/mysql'])).toBe('SUNWdetached.xml\nroot\n')
  })
})
