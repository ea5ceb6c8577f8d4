// What two zones differ in beside their files, from the files that tell.
import { expect, test } from 'vitest'
import { compareFacts } from '#core/diff/facts.ts'
import { gatherFacts } from '#core/diff/gather-facts.ts'
import type { Entry } from '#core/entry.ts'

/** A zone of these files; a text that begins with `-> ` is a symlink. */
function zone(files: Record<string, string>) {
  const entries = Object.entries(files).map(([path, text]): Entry => {
    const link = /^-> (.*)$/.exec(text)?.[1]
    const common = { path, mode: 0o644, uid: 0, gid: 0, mtime: 1 }
    return link === undefined
      ? { ...common, type: 'file', size: text.length }
      : { ...common, type: 'symlink', size: 0, link }
  })
  return gatherFacts({
    layout: 'zoneroot',
    entries: () => each(entries),
    read: (wanted) =>
      each([...wanted.keys()].map((path) => ({ path, contents: Buffer.from(files[path] ?? '') }))),
  })
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

async function differences(before: Record<string, string>, after: Record<string, string>): Promise<string[]> {
  const lines = [...compareFacts(await zone(before), await zone(after))]
  return lines.map(
    ({ kind, name, before: old, after: now }) => `${kind} ${name}: ${old ?? '-'} > ${now ?? '-'}`,
  )
}

const status = (...packages: [name: string, version: string, status?: string][]) =>
  packages
    .map(
      ([name, version, state = 'install ok installed']) =>
        `Package: ${name}\nStatus: ${state}\nArchitecture: amd64\nVersion: ${version}\n`,
    )
    .join('\n')

test('packages of dpkg are those that are installed', async () => {
  const before = status(['adduser', '3.134'], ['bash', '5.2-1'], ['gone', '1', 'deinstall ok config-files'])
  const after = status(['bash', '5.2-2'], ['mariadb-server', '1:10.11', 'install ok half-configured'])
  expect(await differences({ 'var/lib/dpkg/status': before }, { 'var/lib/dpkg/status': after })).toEqual([
    'package adduser: 3.134 > -',
    'package bash: 5.2-1 > 5.2-2',
    'package mariadb-server: - > 1:10.11 (install ok half-configured)',
  ])
})

test('packages of IPS, rpm and apk are not listed, but that they are there is told', async () => {
  const files = {
    'var/pkg/pkg5.image': '',
    'usr/lib/sysimage/rpm/rpmdb.sqlite': '',
    'home/lib/apk/db/installed': '',
  }
  expect([...(await zone(files)).unlisted]).toEqual(['IPS', 'rpm'])
  expect([...(await zone({ 'lib/apk/db/installed': '' })).unlisted]).toEqual(['apk'])
})

test('packages of SVR4 come with their patches', async () => {
  const pkginfo = (patches: string) => ({
    'var/sadm/pkg/SUNWcsr/pkginfo': `PKG=SUNWcsr\nVERSION=11.10.0\nPATCHLIST=${patches}\n`,
  })
  expect(await differences(pkginfo(''), pkginfo('120012-14 118856-36'))).toEqual([
    'package SUNWcsr: 11.10.0 > 11.10.0, patches 118856-36 120012-14',
  ])
})

test('accounts are told without a hash, a changed password as changed', async () => {
  const zoneWith = (passwd: string, shadow: string) => ({
    'etc/passwd': `root:x:0:0::/root:/bin/sh\n${passwd}`,
    'etc/shadow': shadow,
    'etc/group': 'mysql:x:27:b,a\n',
  })
  const lines = await differences(
    zoneWith('', 'root:$5$aa$firsthashfirsthash:1:\n'),
    zoneWith('mysql:x:27:27::/var/lib/mysql:\n', 'root:$5$aa$otherhashotherhash:2:\nmysql:!:1:\n'),
  )
  expect(lines).toEqual([
    'user mysql: - > uid 27, gid 27, home /var/lib/mysql, locked',
    'user root: uid 0, gid 0, home /root, /bin/sh, has a password > uid 0, gid 0, home /root, /bin/sh, has a password, another password',
  ])
  expect(
    await differences(zoneWith('', 'root:$5$aa$firsthashfirsthash:1:\n'), zoneWith('', 'root:*:1:\n')),
  ).toEqual([
    'user root: uid 0, gid 0, home /root, /bin/sh, has a password > uid 0, gid 0, home /root, /bin/sh, locked',
  ])
})

test('services are those that boot links, wants, manifests and profiles start', async () => {
  const manifest = (enabled: boolean) =>
    `<service_bundle type='manifest' name='x'><!-- <service name="no"> --><service name='application/mysql' type='service'>` +
    `<create_default_instance enabled='${enabled}'/></service></service_bundle>`
  const profile = `<service_bundle type="profile" name="site"><service name="network/http"><instance enabled="true" name="apache2"/></service></service_bundle>`
  expect(
    await differences(
      { 'etc/rc2.d/S01ssh': '-> ../init.d/ssh', 'var/svc/manifest/application/mysql.xml': manifest(false) },
      {
        'etc/rc2.d/S02ssh': '-> ../init.d/ssh',
        'etc/rc3.d/S02ssh': '-> ../init.d/ssh',
        'etc/rc2.d/K01cron': '-> ../init.d/cron',
        'etc/systemd/system/multi-user.target.wants/apache2.service':
          '-> /lib/systemd/system/apache2.service',
        'var/svc/manifest/application/mysql.xml': manifest(true),
        'var/svc/profile/site.xml': profile,
      },
    ),
  ).toEqual([
    'service apache2.service: - > wanted by multi-user.target',
    'service ssh: rc2 > rc2, rc3',
    'service svc:/application/mysql:default: disabled by manifest > enabled by manifest',
    'service svc:/network/http:apache2: - > enabled by profile site.xml',
  ])
})

test('ports are those that configuration declares for a server', async () => {
  expect(
    await differences(
      {},
      {
        'etc/apache2/ports.conf':
          'Listen 80\n# Listen 81\n<IfModule ssl_module>\n\tListen [::]:443\n</IfModule>\n',
        'etc/mysql/mariadb.conf.d/50-server.cnf':
          '[client]\nport = 1\n[mysqld]\n#port = 2\nport = 3306\n[mysqldump]\nport = 3\n',
        'etc/ssh/sshd_config': '#Port 22\nPermitRootLogin no\n',
        'opt/local-pkgs/webmin/miniserv.conf': 'port=10000\n',
      },
    ),
  ).toEqual([
    'port apache 443: - > declared in etc/apache2/ports.conf',
    'port apache 80: - > declared in etc/apache2/ports.conf',
    'port mysqld 3306: - > declared in etc/mysql/mariadb.conf.d/50-server.cnf',
    'port sshd 22: - > by default (etc/ssh/sshd_config declares none)',
    'port webmin 10000: - > declared in opt/local-pkgs/webmin/miniserv.conf',
  ])
})
