// The main job with native zones of Solaris 10: their first boot is acted out by the sandbox, everything else is real.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applicationFiles, identityFiles } from '#test/fixtures/solaris10-zoneroot.ts'
import { openInstallSite, pullAndRun, type InstallSite } from './install-site.ts'
import { makeGoldenZone, withZoneroot } from './native-golden.ts'
import { createTestHost, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const rootPassword = '$5$zoneflash$abcdefghijklmnopqrstuvwxyz0123456789./ABCDE'
const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'

/** What of the golden zone nobody may meet in a clone. */
const golden10 = 'golden-web|golden zone|192[.]0[.]2[.](99|25[0-9])|goldenhash|goldenzn'

/** The profile of the host with ZFS at the level of the golden host. */
const target10 = {
  name: 'target10',
  zonesRoot: '/export/zones',
  sysid: {
    timezone: 'Europe/Berlin',
    rootPassword,
    nfs4Domain: 'example.org',
    nameService: {
      kind: 'DNS',
      domainName: 'example.org',
      nameServers: ['192.0.2.2', '192.0.2.3'],
      search: ['example.org', 'example.net'],
    },
  },
  zones: [
    {
      name: 'web01',
      template: 'web10@stable',
      form: 'tar.gz',
      ipType: 'shared',
      net: [{ physical: 'bge0', address: '192.0.2.20/24', defrouter: '192.0.2.1' }],
      fs: [{ dir: '/data', special: '/export/data/web01', options: ['rw', 'nodevices'] }],
      rctl: [{ name: 'zone.cpu-shares', values: [{ limit: 20, action: 'none' }] }],
      attr: [{ name: 'owner', value: 'web team' }],
      smoke: [
        { name: 'no failed services', command: 'test -z "`svcs -x`"', timeoutSeconds: 10 },
        { name: 'data', command: 'grep here /data/file', timeoutSeconds: 10 },
      ],
    },
  ],
}

describe.skipIf(sandboxLack)('a native zone of Solaris 10', { timeout: 120_000 }, () => {
  let site: InstallSite
  let golden: TestHost
  let target: TestHost
  const hosts: TestHost[] = []

  async function makeHost(name: string, release: string, ...options: string[]): Promise<TestHost> {
    const host = await createTestHost(name, ['--release', release, ...options])
    hosts.push(host)
    return host
  }

  /** Makes a host known under its name, with a profile of the same name. */
  async function enlist(host: TestHost, release: string, ...facts: string[]): Promise<void> {
    await site.connect(host)
    const { name } = host
    await site.zoneflash('host', 'add', name, '--release', release, '--profile', name, ...facts)
  }

  beforeAll(async () => {
    ;[golden, target] = await Promise.all([makeHost('golden10', 's10u8'), makeHost('target10', 's10u8')])
    const opening = openInstallSite(golden)
    await makeGoldenZone(golden, 'web')
    site = await opening
    await site.zoneflash('host', 'add', 'golden10', '--release', 's10u8', '--transport', 'sandbox:golden10')
    await site.zoneflash('template', 'push', '--host', 'golden10', '--zone', 'web', '--name', 'web10')
    await site.putProfile(target10)
    await enlist(target, 's10u8', '--fact', 'zfs=true')
    await target.must(['sh', '-c', 'mkdir -p /export/data/web01; echo here >/export/data/web01/file'])
  })
  afterAll(async () => {
    await site?.close()
    await Promise.all(hosts.map((host) => host.destroy()))
  })

  /** What `cat` prints of a file of a zone on the target. */
  const readZone = (zone: string, file: string, host = target) =>
    host.must(['cat', `/export/zones/${zone}/root/${file}`])

  const stateOf = async (zone: string, host = target) =>
    (await host.must(['zoneadm', '-z', zone, 'list', '-p'])).split(':')[2]

  async function removeZone(zone: string): Promise<void> {
    await target.must(['zoneadm', '-z', zone, 'halt'])
    await target.must(['zoneadm', '-z', zone, 'uninstall', '-F'])
    await target.must(['zonecfg', '-z', zone, 'delete', '-F'])
  }

  test('is packaged in every form, from the zone alone', async () => {
    const shown = JSON.parse(await site.zoneflash('template', 'show', 'web10', '--json'))
    const [{ manifest }] = shown.versions
    expect(manifest).toMatchObject({ brand: 'native', osFamily: 'solaris10', osRelease: 's10u8' })
    expect(
      manifest.artifacts.map(
        ({ format, compression }: { format: string; compression: string }) => `${format} ${compression}`,
      ),
    ).toEqual(['tar gzip', 'tar zstd', 'cpio gzip', 'zfs none'])
    expect(manifest.zonecfg).toContain('add inherit-pkg-dir\nset dir="/usr"\nend\n')
    expect(await golden.must(['zoneadm', 'list', '-cp'])).toContain(
      '\n-:web:configured:/zones/web::native:shared\n',
    )
  })

  describe('installed on another host', () => {
    let url: string

    beforeAll(async () => {
      url = await site.arm('target10')
      const { status, stdout, stderr } = await pullAndRun(target, url)
      expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
      expect(stdout.split('\n').slice(0, 1).concat(stdout.trim().split('\n').slice(-1))).toEqual([
        expect.stringMatching(/^zoneflash: profile target10 on host target10, planned 20/),
        'zoneflash: install done',
      ])
    })

    test('runs there, beside its template', async () => {
      expect(await target.must(['zoneadm', 'list', '-cp'])).toMatch(
        new RegExp(
          `^0:global:running:/::native:shared\n1:web01:running:/export/zones/web01:${uuid}:native:shared\n` +
            '-:flashweb10:configured:/zoneflash/web10::native:shared\n$',
        ),
      )
      expect(await target.must(['zoneadm', 'list'])).toBe('global\nweb01\n')
      expect(await target.must(['zlogin', 'web01', 'zonename; hostname; svcs -H -o state ssh'])).toBe(
        'web01\nweb01\nonline\n',
      )
    })

    test('reported each step', async () => {
      expect(await site.reports('target10')).toEqual([
        '- install started',
        ...steps('-', ['check']),
        ...steps('flashweb10', ['fetch', 'configure', 'attach']),
        ...steps('web01', ['configure', 'clone', 'identity', 'sysidcfg', 'boot', 'wait', 'smoke']),
        ...steps('flashweb10', ['detach']),
        '- install done',
      ])
    })

    test('is known to the server with the version that it was made from', async () => {
      const { channels } = JSON.parse(await site.zoneflash('template', 'show', 'web10', '--json'))
      expect(JSON.parse(await site.zoneflash('zone', 'list', '--host', 'target10', '--json'))).toMatchObject([
        { zone: 'web01', template: 'web10', version: channels.stable, booted: true },
      ])
    })

    test('took its identity from the sysidcfg of its profile, which is gone', async () => {
      expect(await readZone('web01', 'etc/nodename')).toBe('web01\n')
      expect(await readZone('web01', 'etc/shadow')).toBe(
        `root:${rootPassword}:6445::::::\nwebservd:*LK*:::::::\n`,
      )
      expect(await readZone('web01', 'etc/default/init')).toBe('TZ=Europe/Berlin\nCMASK=022\n')
      expect(await target.must(['readlink', '/export/zones/web01/root/etc/TIMEZONE'])).toBe(
        './default/init\n',
      )
      expect(await readZone('web01', 'etc/resolv.conf')).toBe(
        'domain example.org\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nsearch example.org example.net\n',
      )
      expect(await readZone('web01', 'etc/nsswitch.conf')).toContain('hosts: files dns\n')
      expect(await target.must(['ls', '-A', '/export/zones/web01/root/etc'])).not.toMatch(
        /UNCONFIGURED|sysidcfg|NFS4inst/,
      )
      expect(await target.must(['ls', '-A', '/export/zones/web01/root'])).not.toContain('reconfigure')
    })

    test('has nothing left of the identity of its template', async () => {
      const keys = (host: TestHost, root: string) =>
        host.must([
          'sh',
          '-c',
          `for key in ${root}/etc/ssh/*.pub; do ssh-keygen -lf $key 2>/dev/null; done; ls ${root}/etc/ssh`,
        ])
      const [mine, theirs] = [
        await keys(target, '/export/zones/web01/root'),
        await keys(golden, '/zones/web/root'),
      ]
      expect(mine).toMatch(/ssh_host_rsa_key\nssh_host_rsa_key.pub\n/)
      expect(mine.match(/SHA256:\S+/g)).toHaveLength(2)
      for (const fingerprint of mine.match(/SHA256:\S+/g) ?? []) expect(theirs).not.toContain(fingerprint)
      const left = await target.run(['grep', '-rlE', golden10, '/export/zones/web01/root'])
      expect(left.stdout).toBe('')
      const gone = Object.keys(identityFiles).filter(
        (file) =>
          !/nodename|resolv|shadow|inet\/hosts|sysIDtool|ssh_host_rsa|var\/adm\/messages$|authlog|cron\/log/.test(
            file,
          ),
      )
      for (const file of gone)
        expect((await target.run(['test', '-e', `/export/zones/web01/root/${file}`])).status, file).toBe(1)
    })

    test('brings along what its template holds, as it was', async () => {
      expect(await appTree(target, '/export/zones/web01')).toEqual(await appTree(golden, '/zones/web'))
      for (const [file, text] of Object.entries(applicationFiles))
        expect(await readZone('web01', file)).toBe(text)
      expect(
        await target.must(['stat', '-c', '%a %u %g %h', '/export/zones/web01/root/opt/app/bin/launch']),
      ).toBe('4711 80 80 2\n')
      expect(await target.must(['stat', '-c', '%a', '/export/zones', '/export/zones/web01'])).toBe(
        '755\n700\n',
      )
    })

    test('has the resources of its profile, and of its template only what moves along', async () => {
      const config = await target.must(['zonecfg', '-z', 'web01', 'export'])
      expect(config).toContain('set autoboot=true\n')
      expect(config).toContain(
        'add net\nset address=192.0.2.20/24\nset physical=bge0\nset defrouter=192.0.2.1\nend\n',
      )
      expect(config).toContain('set name=comment\nset type=string\nset value="kept by clones"\n')
      expect(config).toContain('set name=owner\nset type=string\nset value="web team"\n')
      expect(config).toContain('add value (priv=privileged,limit=20,action=none)\n')
      expect(config).toMatch(/set name=flash-origin\nset type=string\nset value=web10@\d{8}T\d{6}Z\n/)
      expect(config).not.toMatch(/192\.0\.2\.99|limit=5|golden people/)
      const inside = await target.must([
        'zlogin',
        'web01',
        'ip -4 -o address show bge0; touch /data/from-inside',
      ])
      expect(inside).toContain(' 192.0.2.20/24 ')
      expect(await target.must(['ls', '/export/data/web01'])).toBe('file\nfrom-inside\n')
    })

    test('leaves its template detached, with a manifest that attaches again', async () => {
      expect(await target.must(['ls', '/zoneflash/web10', '/export/zones/web01'])).toBe(
        '/export/zones/web01:\nroot\n\n/zoneflash/web10:\nSUNWdetached.xml\nroot\n',
      )
      const manifest = await target.must(['cat', '/zoneflash/web10/SUNWdetached.xml'])
      expect(manifest).toContain('Use zonecfg(1M) and zoneadm(1M) attach.')
      expect(manifest).toContain('<zone name="flashweb10" zonepath="/zoneflash/web10" autoboot="false"')
      expect(manifest).not.toContain('<network')
      expect(await target.run(['zoneadm', '-z', 'flashweb10', 'boot'])).toMatchObject({ status: 1 })
      await target.must(['zoneadm', '-z', 'flashweb10', 'attach'])
      expect(await target.must(['ls', '/zoneflash/web10'])).toBe('root\n')
      await target.must(['zoneadm', '-z', 'flashweb10', 'detach'])
    })

    test('its documents are gone, as if the token had never been', async () => {
      const wrong = url.replace(/zi_[^/]*/, `zi_${'0'.repeat(32)}`)
      const seen = async (address: string) => {
        const answer = await fetch(address)
        return {
          status: answer.status,
          body: (await answer.text()).replaceAll(/zi_[A-Za-z0-9_-]*/g, 'TOKEN'),
        }
      }
      for (const document of ['zones.sh', 'sysidcfg', 'plan.json', 'zones/web01/sysidcfg']) {
        const [used, never] = [await seen(`${url}${document}`), await seen(`${wrong}${document}`)]
        expect(used.status, document).toBe(404)
        expect(used, document).toEqual(never)
      }
      const late = await fetch(`${url}events`, { method: 'POST', body: '{}' })
      expect(late.status).toBe(404)
      expect((await pullAndRun(target, url)).stdout).toBe('')
    })

    test('a second arming and run leaves everything as it is', async () => {
      const everything = () =>
        target.must([
          'sh',
          '-c',
          'zoneadm list -cp; zfs list -H -t all -o name; cat /etc/zones/*.xml; find /zoneflash /export/zones /var/zoneflash -path /var/zoneflash/events -prune -o ! -path /var/zoneflash -printf "%p %i %m %T@ %C@\\n" | sort',
        ])
      const before = await everything()
      const { status, stdout } = await pullAndRun(target, await site.arm('target10'))
      expect(status, stdout).toBe(0)
      expect(await everything()).toBe(before)
      expect(await site.reports('target10')).toEqual([
        '- install started',
        ...steps('-', ['check']),
        'web01 zone skipped',
        'flashweb10 detach started',
        'flashweb10 detach skipped',
        '- install done',
      ])
    })

    async function install(zones: readonly object[]): Promise<void> {
      await site.putProfile({ ...target10, zones })
      const { status, stdout, stderr } = await pullAndRun(target, await site.arm('target10'))
      expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    }

    test('the same comes from cpio.gz, beside clones of the form before', async () => {
      const zone = 'web-cpio-gz'
      await install([{ name: zone, template: 'web10@stable', form: 'cpio.gz' }])
      expect(await stateOf(zone)).toBe('running')
      expect(await stateOf('web01')).toBe('running')
      expect(await appTree(target, `/export/zones/${zone}`)).toEqual(await appTree(golden, '/zones/web'))
      expect(await readZone(zone, 'etc/nodename')).toBe(`${zone}\n`)
      expect(await target.must(['cat', '/zoneflash/web10/SUNWdetached.xml'])).toContain(
        'value="kept by clones"',
      )
    })

    test('from the ZFS stream come two zones, each by a personal stream, and nobody attaches the template', async () => {
      const names = ['web-zfs1', 'web-zfs2']
      const zones = names.map((name, index) => ({
        ...target10.zones[0],
        name,
        form: 'zfs',
        net: [{ physical: 'bge0', address: `192.0.2.${21 + index}/24` }],
      }))
      await install(zones)
      expect(await site.reports('target10')).toEqual([
        '- install started',
        ...steps('-', ['check']),
        ...steps('flashweb10', ['fetch']),
        ...names.flatMap((zone) =>
          steps(zone, ['receive', 'configure', 'attach', 'identity', 'boot', 'wait', 'smoke']),
        ),
        'flashweb10 detach started',
        'flashweb10 detach skipped',
        '- install done',
      ])
      const keys: string[] = []
      for (const zone of names) {
        const origin = ['zfs', 'get', '-H', '-o', 'value', 'origin', `target10/export-zones/${zone}`]
        expect(await target.must(origin)).toMatch(/^target10\/zoneflash\/web10_3@zoneflash-/)
        expect(await appTree(target, `/export/zones/${zone}`)).toEqual(await appTree(golden, '/zones/web'))
        expect(await readZone(zone, 'etc/nodename')).toBe(`${zone}\n`)
        expect(await readZone(zone, 'etc/shadow')).toContain(`root:${rootPassword}:`)
        keys.push(await readZone(zone, 'etc/ssh/ssh_host_rsa_key.pub'))
        const zonepath = `/export/zones/${zone}`
        expect(await target.must(['ls', '-A', zonepath, `${zonepath}/root/etc`])).not.toMatch(
          /SUNW|UNCONFIGURED|sysidcfg/,
        )
        expect((await target.run(['grep', '-rlE', golden10, `${zonepath}/root`])).stdout).toBe('')
        const config = await target.must(['zonecfg', '-z', zone, 'export'])
        for (const value of ['kept by clones', 'web team']) expect(config).toContain(`set value="${value}"`)
        expect(config).not.toMatch(/192\.0\.2\.99|limit=5|golden people/)
      }
      expect(
        new Set([...keys, await golden.must(['cat', '/zones/web/root/etc/ssh/ssh_host_rsa_key.pub'])]).size,
      ).toBe(3)
      expect(await target.must(['cat', '/var/log/zoneflash.log'])).toMatch(
        /\n[0-9.]+ KiB received in [0-9.]+ s\na clone of target10\/zoneflash\//,
      )
      expect(await target.must(['ls', '/zoneflash/web10'])).toBe('SUNWdetached.xml\nroot\n')
    })

    test('templates that were replaced are kept out of sight while zones are clones of them, no longer', async () => {
      const templates = () =>
        target.must([
          'zfs',
          'list',
          '-H',
          '-r',
          '-t',
          'filesystem',
          '-o',
          'name,mountpoint',
          'target10/zoneflash',
        ])
      expect(await templates()).toBe(
        'target10/zoneflash\t/zoneflash\ntarget10/zoneflash/web10\tnone\n' +
          'target10/zoneflash/web10_2\tnone\ntarget10/zoneflash/web10_3\t/zoneflash/web10\n',
      )
      await removeZone('web-cpio-gz')
      await install([{ name: 'web04', template: 'web10@stable', form: 'cpio.gz' }])
      expect(await templates()).toBe(
        'target10/zoneflash\t/zoneflash\ntarget10/zoneflash/web10\tnone\n' +
          'target10/zoneflash/web10_2\t/zoneflash/web10\ntarget10/zoneflash/web10_3\tnone\n',
      )
    })
  })

  test('with a sysidcfg for another release waits at its console, and the install fails', async () => {
    // the host's record is wrong: its release knows a keyword that the host's does not
    await site.putProfile({
      ...target10,
      name: 'mistaken',
      zones: [{ name: 'web09', template: 'web10@stable', form: 'tar.gz' }],
    })
    await site.zoneflash(
      'host',
      'add',
      'mistaken',
      '--release',
      's10u11',
      '--profile',
      'mistaken',
      '--fact',
      'zfs=true',
    )
    const impatient = `curl -fsS ${await site.arm('mistaken')}zones.sh | sed 's/^zf_wait=.*/zf_wait=2/' | sh`
    const failed = await target.run(['sh', '-c', impatient])
    expect(failed.status, failed.stdout).toBe(1)
    expect(failed.stderr).toContain(
      'zone web09 did not finish its first boot within 2 seconds; see zlogin -C web09\n',
    )
    expect((await site.reports('mistaken')).filter((report) => /failed/.test(report))).toEqual([
      'web09 wait failed',
      '- install failed',
    ])
    expect(await stateOf('web09')).toBe('running')
    expect(await target.must(['cat', '/var/log/zones/web09.console'])).toContain('auto_reg')
    expect(await readZone('web09', 'etc/.UNCONFIGURED')).toBe('')

    await site.zoneflash('host', 'set', 'mistaken', '--release', 's10u8')
    await removeZone('web09')
    const mended = await pullAndRun(target, await site.arm('mistaken'))
    expect(mended.status, mended.stderr).toBe(0)
    expect(await readZone('web09', 'etc/nodename')).toBe('web09\n')
  })

  test('updated to the level of a later host answers what that level asks', async () => {
    const later = await makeHost('later10', 's10u11')
    await site.putProfile({
      name: 'later10',
      zonesRoot: '/export/zones',
      sysid: {
        rootPassword,
        nameService: {
          kind: 'NIS',
          domainName: 'nis.example.org',
          nameServer: { host: 'ypmaster', address: '192.0.2.4' },
        },
      },
      zones: [{ name: 'web01', template: 'web10@stable', attachPolicy: 'update', flashZone: 'keep' }],
    })
    await enlist(later, 's10u11', '--fact', 'zfs=true')
    const { status, stdout, stderr } = await pullAndRun(later, await site.arm('later10'))
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    expect(await readZone('web01', 'etc/.sysIDtool.state', later)).toContain('# Auto Registration Configured')
    expect(await readZone('web01', 'etc/defaultdomain', later)).toBe('nis.example.org\n')
    expect(await readZone('web01', 'var/yp/binding/nis.example.org/ypservers', later)).toBe('192.0.2.4\n')
    expect(await readZone('web01', 'etc/nsswitch.conf', later)).toContain('hosts: nis')
    expect(await later.must(['zoneadm', 'list', '-cp'])).toMatch(
      /\n-:flashweb10:installed:\/zoneflash\/web10:[0-9a-f-]{36}:native:shared\n$/,
    )
  })

  test('is made from a plain directory on a host of 11/06 without ZFS, before brands and before the keyword for NFSv4', async () => {
    const early = await makeHost('early10', 's10u3', '--no-zfs')
    const release = 'Solaris 10 11/06 s10x_u3wos_10 X86'
    await withZoneroot({ kind: 'whole', nodename: 'golden-old', release }, (zoneroot) =>
      site.zoneflash(
        'template',
        'push',
        zoneroot,
        '--name',
        'old10',
        '--brand',
        'native',
        '--os-family',
        'solaris10',
        '--os-release',
        's10u3',
      ),
    )
    await site.putProfile({
      name: 'early10',
      zonesRoot: '/export/zones',
      sysid: { rootPassword },
      zones: [
        { name: 'old01', template: 'old10@stable', net: [{ physical: 'bge0', address: '192.0.2.30/24' }] },
        { name: 'old02', template: 'old10@stable' },
      ],
    })
    await enlist(early, 's10u3')
    const { status, stdout, stderr } = await pullAndRun(early, await site.arm('early10'))
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    expect(await early.must(['zoneadm', 'list', '-cp'])).toMatch(
      new RegExp(
        `^0:global:running:/:\n1:old01:running:/export/zones/old01:${uuid}\n2:old02:running:/export/zones/old02:${uuid}\n` +
          '-:flashold10:configured:/zoneflash/old10:\n$',
      ),
    )
    for (const zone of ['old01', 'old02']) {
      expect(await readZone(zone, 'etc/nodename', early)).toBe(`${zone}\n`)
      expect(await readZone(zone, 'etc/.NFS4inst_state.domain', early)).toBe('')
      expect(await readZone(zone, 'etc/shadow', early)).toContain(`root:${rootPassword}:`)
    }
    expect(await early.must(['stat', '-c', '%a %h', '/export/zones/old02/root/usr/bin/su'])).toBe('4555 1\n')
    expect(await early.must(['stat', '-c', '%a %h', '/export/zones/old02/root/opt/app/bin/launch'])).toBe(
      '4711 2\n',
    )
    expect(await early.must(['cat', '/zoneflash/old10/SUNWdetached.xml'])).not.toMatch(/brand|ip-type/)
  })
})

const steps = (zone: string, names: readonly string[]): string[] =>
  names.flatMap((step) => [`${zone} ${step} started`, `${zone} ${step} done`])

/** The application in a zone as a listing: what a clone has to have the same. */
function appTree(host: TestHost, zonepath: string): Promise<string> {
  return host.must([
    'sh',
    '-c',
    `cd ${zonepath}/root/opt && find . -printf '%p %y %m %U %G %n %s %l\\n' | grep -v '^[^ ]* d .* 0 $' | sort; find app -type f | sort | xargs -d '\\n' sha256sum; stat -c '%a %u %g' app/spool`,
  ])
}
