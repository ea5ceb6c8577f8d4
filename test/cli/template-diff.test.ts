// Comparing and searching versions, on the product as a user runs it, with archives as users push them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DiffLine } from '#core/diff/line.ts'
import { shell } from '#test/archives.ts'
import { startProduct, type RunningProduct } from '#test/running-product.ts'

let work: string
let product: RunningProduct

/** A Debian zone, and what became of it: a database, and a build that left things behind. */
const before = `
  mkdir -p etc/ssh etc/rc2.d var/lib/dpkg usr/bin usr/share/old opt/empty; echo localhost >etc/hostname
  printf 'root:x:0:0::/root:/bin/sh\\n' >etc/passwd; printf 'root:*:1:\\n' >etc/shadow
  printf 'Package: adduser\\nStatus: install ok installed\\nVersion: 3.1\\n\\n' >var/lib/dpkg/status
  echo old >usr/share/old/a; echo old >usr/share/old/b; echo 1 >etc/same; echo 1 >etc/text; ln -s a etc/link
  echo su >usr/bin/su; chmod 4755 usr/bin/su; echo x >usr/bin/tool; chmod 755 usr/bin/tool`
const after = `${before}
  touch -d @1 etc/same; echo 22 >etc/text; ln -sfn b etc/link; rm -r usr/share/old; rmdir opt/empty; echo file >opt/empty
  printf 'Package: mariadb-server\\nStatus: install ok installed\\nVersion: 10.11\\n\\n' >>var/lib/dpkg/status
  printf 'mysql:x:27:27::/var/lib/mysql:/bin/false\\n' >>etc/passwd; printf 'mysql:$5$aaaaaaaa$secretsecret:1:\\n' >>etc/shadow
  mkdir -p etc/mysql var/lib/mysql/db root/.ssh; printf '[mysqld]\\nport=3306\\n' >etc/mysql/my.cnf; echo t >var/lib/mysql/db/t
  ln -s ../init.d/mariadb etc/rc2.d/S03mariadb; chmod 4755 usr/bin/tool
  echo golden >etc/hostname; echo key >root/.ssh/authorized_keys; echo ls >root/.bash_history`

const archives: Record<string, string> = {
  'linked.tar.gz': 'tar --sort=name -czf "$out" .',
  'unsorted.cpio': 'find . ! -name . | sort -r | cpio -o -H newc --quiet >"$out"',
  'zonepath.tar': 'cd ..; mkdir zp; mv zone zp/root; tar -C zp -cf "$out" .',
}

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-diff-'))
  product = await startProduct(path.join(work, 'data'))
  await push('1', before, 'linked.tar.gz')
  await push('2', after, 'linked.tar.gz')
  await push('3', after, 'unsorted.cpio')
  await push('4', after, 'zonepath.tar')
})
afterAll(async () => {
  await product.stop()
  await rm(work, { recursive: true, force: true })
})

async function push(version: string, fill: string, archive: string): Promise<void> {
  const out = path.join(work, `${version}-${archive}`)
  shell(work, `mkdir -p ${version}/zone; cd ${version}/zone; ${fill}\nout=${out}; ${archives[archive] ?? ''}`)
  const args = ['template', 'push', out, '--name', 'db', '--brand', 'lx', '--version', version]
  expect(await product.cli(args, { XDG_STATE_HOME: work })).toMatchObject({ status: 0 })
}

async function diff(...args: string[]) {
  return product.cli(['template', 'diff', ...args])
}

test('template diff tells packages, services, accounts, ports, setuid files and files, and ends with 0', async () => {
  const { status, stdout, stderr } = await diff('db', '1', '2')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toBe(`db@1 -> db@2
packages
  + mariadb-server  10.11
services
  + mariadb  rc2
users
  + mysql  uid 27, gid 27, home /var/lib/mysql, /bin/false, has a password
ports
  + mysqld 3306  declared in etc/mysql/my.cnf
setuid files
  + usr/bin/tool  4755 0:0
files
  ~ etc/hostname  size 10 -> 7, content
  ~ etc/link  link a -> b
  + etc/mysql/  and 1 below it
  ~ etc/passwd  size 26 -> 67, content
  + etc/rc2.d/S03mariadb -> ../init.d/mariadb
  ~ etc/shadow  size 10 -> 44, content
  ~ etc/text  size 2 -> 3, content
  ~ opt/empty  type directory -> file, mode drwxr-xr-x -> -rw-r--r--, size 0 -> 5
  + root/  and 3 below it
  ~ usr/bin/tool  mode -rwxr-xr-x -> -rwsr-xr-x
  - usr/share/old/  and 2 below it
  ~ var/lib/dpkg/status  size 60 -> 129, content
  + var/lib/mysql/  and 2 below it
packages      1 added, 0 removed, 0 changed
services      1 added, 0 removed, 0 changed
users         1 added, 0 removed, 0 changed
ports         1 added, 0 removed, 0 changed
setuid files  1 added, 0 removed, 0 changed
files         10 added, 3 removed, 8 changed
${/\d+ files? differs? in time alone\n$/.exec(stdout)?.[0] ?? 'no line about times'}`)
})

test('archives of one tree do not differ, whatever their kind, order and layout', async () => {
  for (const [a, b] of [
    ['2', '3'],
    ['3', '4'],
    ['4', '2'],
  ] as const) {
    const { stdout } = await diff(`db@${a}`, `db@${b}`, '--summary')
    expect(stdout.replace(/^\d+ files.*\n/m, ''), `${a} and ${b}`).toBe(
      `db@${a} -> db@${b}\nfiles         0 added, 0 removed, 0 changed\n`,
    )
  }
  expect((await diff('db@2', 'db@2')).stdout).toContain('both versions are the same bytes')
})

test('--json has a line for each difference, --files-only no facts, --all every file, --times the times', async () => {
  const linesOf = async (...args: string[]) =>
    (await diff('db', '1', '3', '--json', ...args)).stdout
      .trimEnd()
      .split('\n')
      .map((line) => DiffLine.parse(JSON.parse(line)))
  const lines = await linesOf()
  expect(JSON.stringify(lines)).not.toContain('secret')
  expect(lines.filter((line) => line.kind === 'file')).toHaveLength(21)
  expect(lines.at(-1)).toMatchObject({ kind: 'total', files: { added: 10, removed: 3, changed: 8 } })
  expect(new Set((await linesOf('--files-only')).map(({ kind }) => kind))).toEqual(
    new Set(['versions', 'file', 'total']),
  )
  expect(await linesOf('--times')).toContainEqual(
    expect.objectContaining({ path: 'etc/same', what: ['time'] }),
  )
  expect((await diff('db', '1', '2', '--all')).stdout).toContain('  + var/lib/mysql/db/t\n')
})

test.for([
  [['db@1', 'db@9'], 1, 'VersionNotFound'],
  [['db@1', 'nosuch@9'], 1, 'TemplateNotFound'],
  [['db@1', 'db@1@1'], 2, 'Usage'],
  [['db@1'], 2, "missing required argument 'to'"],
] as const)('diff %j ends with %i: %s', async ([args, status, text]) => {
  expect(await diff(...args)).toMatchObject({ status, stderr: expect.stringContaining(text) })
})

test('template hygiene lists what must not travel with rule and path, and ends with 1', async () => {
  for (const version of ['2', '3', '4']) {
    const { status, stdout, stderr } = await product.cli(['template', 'hygiene', `db@${version}`])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(`db@${version} has 4 findings (HygieneFindings)`),
    })
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ +/).slice(0, 2).join(' '))
        .toSorted(),
    ).toEqual([
      'authorized-keys root/.ssh/authorized_keys',
      'nodename etc/hostname',
      'shadow-hash etc/shadow',
      'shell-history root/.bash_history',
    ])
    expect(stdout).not.toContain('secret')
  }
})

test('template hygiene of a clean version says so and ends with 0', async () => {
  expect(await product.cli(['template', 'hygiene', 'db@1'])).toMatchObject({
    status: 0,
    stdout: 'db@1 is clean\n',
  })
  const json = await product.cli(['template', 'hygiene', 'db@1', '--json'])
  expect(JSON.parse(json.stdout)).toEqual({ template: 'db', version: '1', findings: [], notices: [] })
})

test('a version of ZFS streams alone is searched and compared like one of archives', async () => {
  const stream = path.resolve(import.meta.dirname, '../fixtures/zfs/full.zfs')
  const pushed = ['template', 'push', stream, '--name', 'db', '--brand', 'lx', '--version', '5']
  expect(await product.cli(pushed, { XDG_STATE_HOME: work })).toMatchObject({ status: 0 })
  expect(await product.cli(['template', 'hygiene', 'db@5'])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/nodename +etc\/nodename +names the zone "template-01"\n/),
  })
  const shown = await product.cli(['template', 'show', 'db@5'])
  expect(shown.stdout).toContain(`
zfs:
    snapshot   zst/tpl@base (guid 18371808795736188155)
    holds      ZPL 4, 79 objects, little-endian
    needs      a pool of version 15 or newer
    not shown  1 device nodes below dev or devices
`)
  const { status, stdout } = await diff('db@1', 'db@5')
  expect(status).toBe(0)
  expect(stdout).toContain('etc/passwd')
})

test('what an archive holds is told to those who may fetch it', async () => {
  const made = await product.cli(['token', 'create', 'looker', '--role', 'viewer', '--json'])
  const { secret } = JSON.parse(made.stdout) as { secret: string }
  for (const what of ['hygiene', 'diff?with=db@2']) {
    const reply = await product.call(`/api/v1/templates/db/versions/1/${what}`)
    expect(reply.status).toBe(200)
    await reply.arrayBuffer()
    const refused = await fetch(`${product.url}/api/v1/templates/db/versions/1/${what}`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(refused.status, what).toBe(403)
  }
})

test.for(['diff', 'hygiene'])('template %s has --json and a help with an example', async (verb) => {
  const { status, stdout } = await product.cli(['template', verb, '--help'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/--json[^]*Example:\n {2}\$ zoneflash template/)
})
