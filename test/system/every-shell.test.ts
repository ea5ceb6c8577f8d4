// The same plan, carried out on a host each by every shell that may be a host's /bin/sh: the hosts do not differ afterwards.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shellFamilies } from '#test/finish-scripts/shells.ts'
import { openInstallSite, type InstallSite } from './install-site.ts'
import { withZoneroot } from './native-golden.ts'
import { createTestHost, sandboxLack, type TestHost } from './sandbox-fixture.ts'

/** Names, types, modes, owners, links and contents; of what differs by purpose only the names. */
const listing = `
zoneadm list -cp | sed 's/[0-9a-f]*-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*/UUID/'
zfs list -H -t all -o name,mountpoint
cd /
find zoneflash export/zones var/zoneflash -printf '%p %y %m %U %G %n %l\\n' | sort
find zoneflash export/zones var/zoneflash/templates etc/zones -type f ! -name 'ssh_host_*' ! -path etc/zones/index |
  sort | xargs -d '\\n' sha256sum
`

describe.skipIf(sandboxLack)('the same plan under every shell', { timeout: 120_000 }, () => {
  let site: InstallSite
  const hosts: TestHost[] = []
  let expected: Awaited<ReturnType<typeof installUnder>> | undefined

  async function makeHost(): Promise<TestHost> {
    const host = await createTestHost('box', ['--release', 's10u8'])
    hosts.push(host)
    return host
  }

  beforeAll(async () => {
    site = await openInstallSite(await makeHost())
    await withZoneroot({ kind: 'whole', nodename: 'golden' }, (zoneroot) =>
      site.zoneflash(
        'template',
        'push',
        zoneroot,
        '--name',
        'small',
        '--brand',
        'native',
        '--os-family',
        'solaris10',
      ),
    )
    await site.putProfile({
      name: 'box',
      zonesRoot: '/export/zones',
      sysid: { rootPassword: '$5$zoneflash$abcdefghijklmnopqrstuvwxyz0123456789./ABCDE' },
      zones: [
        {
          name: 'web01',
          template: 'small@stable',
          net: [{ physical: 'bge0', address: '192.0.2.20/24' }],
          attr: [{ name: 'motto', value: `it's $HOME and \`date\`; a \\ too` }],
          smoke: [{ name: 'quotes', command: `test "\`hostname\`" = 'web01'`, timeoutSeconds: 10 }],
        },
      ],
    })
    await site.zoneflash('host', 'add', 'box', '--release', 's10u8', '--profile', 'box', '--fact', 'zfs=true')
  })
  afterAll(async () => {
    await site?.close()
    await Promise.all(hosts.map((host) => host.destroy()))
  })

  async function installUnder(host: TestHost, shell: readonly string[]) {
    await site.connect(host)
    const url = await site.arm('box')
    await host.must(['curl', '-fsS', '-o', '/root/zones.sh', `${url}zones.sh`])
    const { status, stdout, stderr } = await host.run([...shell, '/root/zones.sh'])
    return {
      status,
      stderr,
      // the first line tells when the plan was made
      stdout: stdout.split('\n').slice(1),
      listing: (await host.must(['sh', '-c', listing])).split('\n'),
      reports: await site.reports('box'),
    }
  }

  test.each(shellFamilies.map((shell, index) => ({ shell, name: shell.join(' '), index })))(
    '$name',
    async ({ shell, index }) => {
      const [first] = hosts
      const host = index === 0 && first ? first : await makeHost()
      const result = await installUnder(host, shell)
      expect({ status: result.status, stderr: result.stderr }, result.stdout.join('\n')).toEqual({
        status: 0,
        stderr: '',
      })
      expect(result.listing.slice(0, 3)).toEqual([
        '0:global:running:/::native:shared',
        '1:web01:running:/export/zones/web01:UUID:native:shared',
        '-:flashsmall:configured:/zoneflash/small::native:shared',
      ])
      expect(result.listing.length).toBeGreaterThan(150)
      expected ??= result
      expect(result).toEqual(expected)
      expect(await host.must(['zonecfg', '-z', 'web01', 'info', 'attr', 'name=motto'])).toContain(
        `it's $HOME and \`date\`; a \\ too`,
      )
      if (index > 0) await host.destroy()
    },
  )
})
