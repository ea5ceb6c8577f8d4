// Each rule finds what it is for in an archive that has it, and leaves alone what only looks like it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { createFileReader } from '#adapters/archive/read-files.ts'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import type { HygieneFinding } from '#core/build/hygiene.ts'
import { parseConfig } from '#core/config.ts'
import { findings, setuidFilesOf } from '#core/hygiene/findings.ts'
import { hygieneRules } from '#core/hygiene/rules.ts'
import type { OsFamily } from '#core/manifest.ts'
import { craftTar, withTree, type CraftedEntry } from '#test/archives.ts'

const { limits } = parseConfig({})

interface Zone {
  files: CraftedEntry[]
  osFamily?: OsFamily
  originFiles?: CraftedEntry[]
}

/** What is found in an archive of these files. */
function search({ files, ...about }: Zone): Promise<HygieneFinding[]> {
  return searchArchive(craftTar([{ name: 'etc/', typeflag: '5', mode: 0o755 }, ...files]), about)
}

async function searchArchive(
  archive: Uint8Array,
  { osFamily = 'linux', originFiles, format = 'tar' }: Omit<Zone, 'files'> & { format?: 'tar' | 'cpio' } = {},
): Promise<HygieneFinding[]> {
  const { entries, layout } = await index(archive)
  const origin = originFiles && (await index(craftTar(originFiles)))
  const subject = {
    layout,
    entries: () => each(entries),
    read: (wanted: ReadonlyMap<string, number>) =>
      createFileReader({ directory: tmpdir(), maxBytes: limits.maxUncompressedBytes })(
        [{ read: async () => Readable.from([archive]) }],
        { format, compression: 'none' },
        wanted,
      ),
    originSetuid: origin && (await setuidFilesOf(each(origin.entries), origin.layout)),
    context: { osFamily, ownNames: ['golden-web'] },
  }
  return allOf(findings(subject))
}

async function index(archive: Uint8Array) {
  const directory = mkdtempSync(path.join(tmpdir(), 'hygiene-'))
  const indexed = await new StreamIndexer(directory, limits).index(each([archive]))
  const entries = await allOf(indexed.entries)
  await indexed.close()
  rmSync(directory, { recursive: true })
  return { entries, layout: indexed.facts.layout ?? 'zoneroot' }
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

const PEM = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n'
const HASH = '$5$goldenzn$hashofthegoldenzone'
const core = Buffer.concat([
  Buffer.from('\x7fELF\x02\x01\x01', 'latin1'),
  Buffer.alloc(9),
  Buffer.from([4, 0]),
])
const library = Buffer.concat([
  Buffer.from('\x7fELF\x02\x01\x01', 'latin1'),
  Buffer.alloc(9),
  Buffer.from([3, 0]),
])

const file = (name: string, content: string | Uint8Array = 'x\n', mode = 0o644): CraftedEntry => ({
  name,
  content,
  mode,
})

type Case = [rule: string, has: CraftedEntry, nearMiss: CraftedEntry, osFamily?: OsFamily]

const cases: Case[] = [
  ['ssh-host-key', file('etc/ssh/ssh_host_rsa_key'), file('etc/ssh/ssh_known_hosts')],
  ['ssh-host-key', file('etc/ssh/ssh_host_ed25519_key.pub'), file('etc/ssh/sshd_config')],
  ['ssh-host-key', file('etc/dropbear/dropbear_rsa_host_key'), file('etc/dropbear/run')],
  ['private-key', file('root/.ssh/id_rsa', PEM), file('root/.ssh/id_rsa.pub', 'ssh-rsa AAAA a@b\n')],
  ['private-key', file('.ssh/id_dsa', PEM), file('usr/share/doc/key.txt', PEM), 'solaris10'],
  [
    'private-key',
    file('home/anna/server.pem', `${'x\n'.repeat(99)}-----BEGIN PRIVATE KEY-----\n`),
    file('home/anna/server.crt', '-----BEGIN CERTIFICATE-----\n'),
  ],
  ['authorized-keys', file('root/.ssh/authorized_keys'), file('root/.ssh/authorized_keys', '')],
  ['keytab', file('etc/krb5/krb5.keytab'), file('etc/krb5/krb5.conf')],
  ['random-seed', file('var/lib/systemd/random-seed'), file('usr/share/doc/random-seed')],
  ['nodename', file('etc/hostname', 'golden\n'), file('etc/hostname', 'localhost\n')],
  ['nodename', file('etc/nodename', '# set\ngolden\n'), file('etc/nodename', 'unknown\n'), 'solaris10'],
  ['nodename', file('etc/mailname', 'golden.example.net\n'), file('etc/mailname', '\n')],
  ['nodename', file('etc/hostname.bge0', ''), file('etc/hostname', ''), 'solaris10'],
  [
    'nodename',
    file('etc/hosts', '127.0.1.1 GOLDEN-WEB.example.net\n'),
    file('etc/hosts', '127.0.1.1 golden-web2 # golden-web\n'),
  ],
  [
    'machine-id',
    file('etc/machine-id', 'b08dfa6083e7567a1921a715000001fb\n'),
    file('etc/machine-id', 'uninitialized\n'),
  ],
  ['dhcp-lease', file('var/lib/dhcp/dhclient.eth0.leases'), file('var/lib/dhcp/dhclient.eth0.leases', '')],
  ['dhcp-lease', file('etc/dhcp/net0.dhc'), file('etc/dhcp/inittab'), 'illumos'],
  [
    'service-tag',
    file('var/sadm/servicetag/registry/servicetag.xml'),
    file('var/sadm/install/contents'),
    'solaris10',
  ],
  ['provisioning', file('var/zoneflash/zones/web/finished'), file('var/zoneflash2/x')],
  ['provisioning', file('var/zoneflash/captured2'), file('var/zoneflash/captured/web.cfg')],
  [
    'cloud-instance',
    file('var/lib/cloud/instances/i-1/user-data.txt'),
    file('var/lib/cloud/scripts/per-boot'),
  ],
  [
    'shadow-hash',
    file('etc/shadow', `root:${HASH}:6445::::::\n`),
    file('etc/shadow', 'root:*:1:\na:!:1:\nb:*LK*:::\nc:NP:::\nd:!*:::\n'),
  ],
  [
    'shadow-hash',
    file('etc/shadow', `root:!${HASH}:1:\n`),
    file('etc/gshadow', 'root:*::\nsys:!::\nusers:::\n'),
  ],
  [
    'shadow-hash',
    file('etc/shadow', 'root:zvI4bqOMXa7G6:1:\n'),
    file('etc/passwd', 'root:x:0:0::/:/bin/sh\n'),
  ],
  ['shadow-hash', file('etc/shadow', 'root::1:\n'), file('etc/group', 'root::0:\n')],
  [
    'shadow-hash',
    file('etc/sysidcfg', `timezone=UTC\nroot_password='${HASH}'\n`),
    file('etc/sysidcfg2', `root_password=${HASH}\n`),
  ],
  ['sysidcfg', file('etc/sysidcfg', 'timezone=UTC\n'), file('etc/sysidcfg.sample')],
  ['shell-history', file('root/.bash_history'), file('root/.bashrc')],
  ['shell-history', file('.sh_history'), file('.sh_history', ''), 'solaris10'],
  ['logs', file('var/log/apt/history.log'), file('var/log/apt/history.log', '')],
  ['logs', file('var/adm/wtmpx'), file('var/adm/exact'), 'solaris10'],
  [
    'logs',
    file('var/svc/log/network-ssh:default.log'),
    file('var/svc/manifest/network/ssh.xml'),
    'solaris10',
  ],
  ['core-dump', file('opt/app/core', core), file('opt/app/core', library)],
  ['core-dump', file('var/crash/h1/vmcore.0'), file('var/crashes')],
  ['tmp-content', file('var/tmp/debs.list', ''), { name: 'var/tmp/', typeflag: '5', mode: 0o1777 }],
  ['package-cache', file('var/cache/apt/archives/mariadb_10.deb'), file('var/cache/apt/archives/lock', '')],
  ['setuid', file('usr/bin/su', '', 0o4755), file('usr/bin/su', '', 0o755)],
]

test.for(cases)('%s is found in %j, and not in %j', async ([rule, has, nearMiss, osFamily = 'linux']) => {
  const found = await search({ files: [has], osFamily, originFiles: [file('etc/x')] })
  expect(found).toContainEqual({ rule, path: has.name, message: expect.any(String) })
  const near = await search({ files: [nearMiss], osFamily, originFiles: [file('etc/x')] })
  expect(near.filter((one) => one.rule === rule)).toEqual([])
})

test('every rule has a case here, and says what, why and how to mend it', () => {
  expect(new Set(cases.map(([rule]) => rule))).toEqual(new Set(hygieneRules.map(({ name }) => name)))
  for (const { what, why, fix } of hygieneRules)
    expect([what, why, fix].every((text) => text.length > 10)).toBe(true)
})

test('a finding about a password names the account and never the hash', async () => {
  const found = await search({ files: [file('etc/shadow', `root:*:1:\nanna:${HASH}:1:\n`)] })
  expect(found).toEqual([
    { rule: 'shadow-hash', path: 'etc/shadow', message: expect.stringContaining('account anna ') },
  ])
  expect(JSON.stringify(found)).not.toContain('hashofthe')
})

test('a setuid file of the origin with the same mode and owner is none, and one with other rights is told with both', async () => {
  const su = file('usr/bin/su', 'new contents', 0o4755)
  expect(await search({ files: [su], originFiles: [file('usr/bin/su', 'old', 0o4755)] })).toEqual([])
  expect(await search({ files: [su], originFiles: [file('usr/bin/su', 'old', 0o2755)] })).toMatchObject([
    { rule: 'setuid', message: expect.stringMatching(/4755 0:0.*2755 0:0/) },
  ])
  expect(await search({ files: [su] }), 'without an origin').toEqual([])
})

test('a file of a zonepath is named by its place in the zone', async () => {
  const root = { name: 'root/', typeflag: '5', mode: 0o755 }
  const archive = craftTar([root, file('root/etc/hostname', 'golden\n'), file('SUNWdetached.xml', '<zone/>')])
  expect(await searchArchive(archive)).toMatchObject([{ rule: 'nodename', path: 'etc/hostname' }])
})

test.for([
  ['tar', 'tar -cf ../a first etc'],
  ['cpio', "printf '%s\\n' first etc etc/backup etc/shadow | cpio -o -H newc --quiet >../a"],
] as const)('in a %s a file of several names is found by each that matters', async ([format, make]) => {
  const links = `mkdir -p t/etc; cd t; echo 'root:${HASH}:1:' >first; ln first etc/backup; ln etc/backup etc/shadow`
  const archive = withTree(`${links}; ${make}`, (directory) => readFileSync(path.join(directory, 'a')))
  expect(await searchArchive(archive, { format })).toMatchObject([
    { rule: 'shadow-hash', path: 'etc/shadow' },
  ])
})

test('a hard link to a hard link is read where its contents are', async () => {
  const shadow = file('a', `root:${HASH}:1:\n`)
  const links = [
    { name: 'b', typeflag: '1', linkname: 'a' },
    { name: 'etc/shadow', typeflag: '1', linkname: 'b' },
  ]
  expect(await search({ files: [shadow, ...links] })).toMatchObject([
    { rule: 'shadow-hash', path: 'etc/shadow' },
  ])
})
