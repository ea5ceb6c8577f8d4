// A second zone of a template on a host with real ZFS that has the template: by tar, by a full stream, by an increment, by a personal stream.
import { createTestHost, sandboxLack, waitUntilUp, type TestHost } from '#test/system/sandbox-fixture.ts'
import { openInstallSite, pullAndRun, type InstallSite } from '#test/system/install-site.ts'
import { makeGoldenZone } from '#test/system/native-golden.ts'
import type { Manifest } from '#core/manifest.ts'
import { artifactExtension } from '#core/manifest.ts'
import { printTable, ratio, seconds } from './report.ts'

const ROOT_PASSWORD = '$5$zoneflash$abcdefghijklmnopqrstuvwxyz0123456789./ABCDE'

interface Way {
  name: string
  bytes: number
  /** until its tree stands on the host */
  received: number
  /** until it runs */
  running: number
}

export async function measureSecondZone(): Promise<void> {
  if (sandboxLack !== undefined) return console.log(`\nsecond-zone: left out, it ${sandboxLack}`)
  const golden = await createTestHost('golden', ['--release', 's10u8'])
  const target = await createTestHost('target', ['--release', 's10u8'])
  let site: InstallSite | undefined
  try {
    site = await openInstallSite(golden)
    const ways = await measureWays(site, golden, target)
    const personal = ways.at(-1)
    printTable('until a second mysql zone runs on a host with ZFS that has the template', [
      ['', 'bytes', 'received', 'running', 'bytes of the personal stream/this', 'received', 'running'],
      ...ways.map((way) => [
        way.name,
        String(way.bytes),
        seconds(way.received),
        seconds(way.running),
        `${((100 * (personal?.bytes ?? 0)) / way.bytes).toFixed(2)} %`,
        ratio(personal?.received ?? 0, way.received),
        ratio(personal?.running ?? 0, way.running),
      ]),
    ])
  } finally {
    await site?.close()
    await Promise.all([golden, target].map((host) => host.destroy()))
  }
}

async function measureWays(site: InstallSite, golden: TestHost, target: TestHost): Promise<Way[]> {
  const mysql = await packageMysql(site, golden)
  await site.connect(target)
  const zone = (name: string, template: string, last: number) => ({
    name,
    template: `${template}@stable`,
    net: [{ physical: 'bge0', address: `192.0.2.${last}/24` }],
  })
  const first = [zone('base01', 'default', 20), zone('mysql01', 'mysql', 21)]
  const profile = { name: 'target', zonesRoot: '/export/zones', sysid: { rootPassword: ROOT_PASSWORD } }
  await site.putProfile({ ...profile, zones: first })
  await site.zoneflash(
    'host',
    'add',
    'target',
    '--release',
    's10u8',
    '--profile',
    'target',
    '--fact',
    'zfs=true',
  )
  await run(target, await site.arm('target'))
  const ways: Way[] = []
  for (const form of ['tar.gz', 'zfs', 'izfs']) {
    const artifact = mysql.artifacts.find((one) => artifactExtension(one) === form)
    if (!artifact) throw new Error(`mysql has no ${form}`)
    const url = `${site.product.url}/blobs/sha256/${artifact.sha256}`
    ways.push({ name: form, bytes: artifact.size, ...(await byHand(target, form, url)) })
  }
  await site.putProfile({ ...profile, zones: [...first, zone('mysql02', 'mysql', 22)] })
  const guid = mysql.artifacts.find(({ format }) => format === 'zfs')?.guid
  const personal = `${await site.arm('target')}zones/mysql02.zfs?from=${guid}`
  const bytes = Number(await target.must(['sh', '-c', `curl -fsS '${personal}' | wc -c`]))
  return [...ways, { name: 'personal stream', bytes, ...(await byHand(target, 'personal', personal)) }]
}

/** Two versions, as a real pool sends them. */
async function packageMysql(site: InstallSite, golden: TestHost): Promise<Manifest> {
  await makeGoldenZone(golden, 'default')
  await site.zoneflash('host', 'add', 'golden', '--release', 's10u8', '--transport', 'sandbox:golden')
  const from = (zone: string) => ['template', 'push', '--host', 'golden', '--zone', zone, '--name', zone]
  const [made = ''] = /default@[0-9TZ]+/.exec(await site.zoneflash(...from('default'))) ?? []
  await golden.must([
    'sh',
    '-ec',
    `zoneadm -z default attach
    snapshot=\`zfs list -H -t snapshot -o name | grep /default@zoneflash-\`
    printf 'create -t default\\nset zonepath=/zones/mysql\\nremove net physical=bge0\\n' >/root/mysql.cfg
    zonecfg -z mysql -f /root/mysql.cfg; zoneadm -z mysql clone -s "$snapshot" default
    mkdir -p /zones/mysql/root/opt/mysql; head -c 40000000 /dev/urandom >/zones/mysql/root/opt/mysql/mysqld
    zoneadm -z mysql detach`,
  ])
  await site.zoneflash(...from('mysql'), '--origin', made)
  await site.zoneflash('template', 'public', 'mysql')
  await site.zoneflash('template', 'public', 'default')
  const shown = await site.zoneflash('template', 'show', 'mysql@stable', '--json')
  return (JSON.parse(shown) as { manifest: Manifest }).manifest
}

/** What an administrator would type for one more zone: its tree, its configuration, attach, boot. Only a personal stream brings an identity. */
async function byHand(
  target: TestHost,
  form: string,
  url: string,
): Promise<Pick<Way, 'received' | 'running'>> {
  const zone = `by${form.replace('.', '')}`
  const fetch =
    form === 'tar.gz'
      ? `mkdir -m 700 -p /hand/${zone}/root && curl -fsS '${url}' | gzip -dc | tar -C /hand/${zone}/root --numeric-owner -xpf -`
      : `pool=\`zfs list -H -o name | sed 1q\`; curl -fsS '${url}' | zfs receive $pool/${zone}
         zfs set mountpoint=/hand/${zone} $pool/${zone}; zfs mount $pool/${zone} 2>/dev/null || :`
  const begun = performance.now()
  const elapsed = () => (performance.now() - begun) / 1000
  await target.must(['sh', '-ec', fetch])
  const received = elapsed()
  const start = `chmod 700 /hand/${zone}
    printf 'create -b\\nset zonepath=/hand/${zone}\\n' >/root/${zone}.cfg; zonecfg -z ${zone} -f /root/${zone}.cfg
    [ -f /hand/${zone}/SUNWdetached.xml ] || cp /zoneflash/mysql/SUNWdetached.xml /hand/${zone}/
    zoneadm -z ${zone} attach -F
    [ -f /hand/${zone}/root/etc/sysidcfg ] || cat >/hand/${zone}/root/etc/sysidcfg
    zoneadm -z ${zone} boot`
  await target.must(['sh', '-ec', start], sysidcfg(zone))
  await waitUntilUp(target, zone)
  const running = elapsed()
  await target.must(['zoneadm', '-z', zone, 'halt'])
  return { received, running }
}

const sysidcfg = (hostname: string): string =>
  [
    'system_locale=C',
    'terminal=vt100',
    `network_interface=NONE { hostname=${hostname} }`,
    'name_service=NONE',
    'security_policy=NONE',
    'nfs4_domain=dynamic',
    'timezone=UTC',
    `root_password='${ROOT_PASSWORD}'`,
    '',
  ].join('\n')

async function run(host: TestHost, url: string): Promise<void> {
  const { status, stdout, stderr } = await pullAndRun(host, url)
  if (status !== 0) throw new Error(`zones.sh: exit ${status}: ${stderr}${stdout}`)
}
