// The lists of finish-scripts/identity.sh and of core/identity must do the same: both are let loose on the same trees.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identityOf } from '#core/identity/identity.ts'
import { PlannedZone } from '#core/plan/schema.ts'
import type { Change } from '#core/zfs/write/change.ts'
import { applyChanges, entriesOf } from './on-disk.ts'
import { debianRoot } from '#test/finish-scripts/fixture.ts'
import { makeSolaris10Zoneroot } from '#test/fixtures/solaris10-zoneroot.ts'

const isRoot = process.getuid?.() === 0
const scripts = path.resolve(import.meta.dirname, '../../../finish-scripts')
const machineId = Uint8Array.from({ length: 16 }, (_, index) => index)
const material = { machineId }

const zone = PlannedZone.parse({
  name: 'web01',
  template: 'web',
  version: '1.0',
  osFamily: 'linux',
  zonepath: '/zones/web01',
  nodename: 'web01',
  zonecfg: '',
  replaces: [],
  touch: [],
  timezone: 'Europe/Berlin',
  smoke: [],
})
const solaris10: PlannedZone = {
  ...zone,
  osFamily: 'solaris10',
  sysidcfg: 'system_locale=C\nterminal=vt100\n',
  touch: ['etc/.NFS4inst_state.domain'],
}
const illumos: PlannedZone = { ...zone, osFamily: 'illumos', rootPassword: '$5$abc$def' }
const linux: PlannedZone = { ...zone, rootPassword: '$5$abc$def&\\1' }

function put(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
}

/** Names that patterns meet and names that they must not. */
function addTraces(root: string): void {
  put(root, {
    'tmp/.hidden': 'x',
    'tmp/..kept': 'x',
    'tmp/deep/er/file': 'x',
    'var/log/a/deep.log': 'x',
    'var/log/syslog.12': 'x',
    'var/log/syslog.x': 'x',
    'var/log/old.gz': 'x',
    'var/log/with a blank': 'x',
    'etc/krb5.keytab': 'x',
    'etc/hostname.zoneflash': 'left by a run that died',
  })
  symlinkSync('/etc/passwd', path.join(root, 'var/log/link'))
  symlinkSync('nowhere', path.join(root, 'tmp/dangling'))
  execFileSync('mkfifo', [path.join(root, 'tmp/fifo')])
  execFileSync('ln', [path.join(root, 'var/log/a/deep.log'), path.join(root, 'kept-name')])
}

const trees: Record<string, (root: string) => void> = {
  'a zone of Solaris 10': (root) => {
    makeSolaris10Zoneroot(root, { kind: 'sparse', nodename: 'golden' })
    addTraces(root)
    put(root, {
      'etc/hostname6.bge0': '',
      'etc/dhcp.bge0': '',
      'etc/hostname': 'no interface',
      'etc/net/ticlts/hosts': '#ident\n# names of this host\ngolden\tgolden\n#last',
      'etc/net/ticotsord/hosts': 'golden\tgolden\n',
      'etc/inet/hosts.saved': 'golden',
      'var/adm/messages.10': 'x',
      'var/adm/messages.old': 'x',
      'var/adm/lastlog': 'x',
      'var/adm/sa/sa20': 'x',
      'var/svc/log/ssh.log.0': 'x',
      'var/svc/log/other': 'x',
      'var/ldap/ldap_client_file': 'x',
      'var/crash/golden/unix.0': 'x',
      'etc/default/explorer': 'x',
    })
    chownSync(path.join(root, 'etc'), 0, 3)
    chmodSync(path.join(root, 'etc'), 0o2755)
  },
  'a zone of illumos': (root) => {
    makeSolaris10Zoneroot(root, { kind: 'whole', nodename: 'golden' })
    addTraces(root)
    put(root, { 'etc/ipadm/ipadm.conf': 'x', 'etc/dladm/datalink.conf': 'x' })
    writeFileSync(path.join(root, 'etc/shadow'), 'root:x:1::::::\nroot2:x:1::::::\nno colon')
    writeFileSync(path.join(root, 'etc/default/init'), 'TZ=GMT\nCMASK=022\nTZ_X=1\n')
    rmSync(path.join(root, 'etc/nodename'))
    symlinkSync('/etc/passwd', path.join(root, 'etc/nodename'))
    rmSync(path.join(root, 'etc/inet/ipnodes'))
    writeFileSync(path.join(root, 'etc/inet/ipnodes'), 'golden')
  },
  'a zone of Linux': (root) => {
    debianRoot(root)
    addTraces(root)
    mkdirSync(path.join(root, 'usr/share/zoneinfo/Europe'), { recursive: true })
    put(root, {
      'usr/share/zoneinfo/posix/Berlin': 'TZif',
      'var/lib/dbus/machine-id': 'golden',
      'var/log/journal/0123/system.journal': 'x',
      'var/lib/dhclient/x': 'x',
      'var/lib/NetworkManager/secret_key': 'x',
      'var/lib/NetworkManager/kept': 'x',
      'var/lib/cloud/instances/i-1/x': 'x',
      'etc/localtime': 'TZif',
    })
    symlinkSync('../posix/Berlin', path.join(root, 'usr/share/zoneinfo/Europe/Berlin'))
  },
  'a Linux zone without much': (root) => {
    mkdirSync(path.join(root, 'etc/ssh'), { recursive: true })
    symlinkSync('elsewhere', path.join(root, 'etc/ssh/ssh_host_rsa_key'))
    mkdirSync(path.join(root, 'elsewhere'))
    symlinkSync('elsewhere', path.join(root, 'tmp-link'))
  },
  'a Linux zone with keys of two types and no settings of its server': (root) => {
    put(root, { 'etc/ssh/ssh_host_rsa_key': 'golden', 'etc/ssh/ssh_host_ed25519_key': 'golden' })
  },
  'a Linux zone whose server has no keys yet': (root) => put(root, { 'etc/ssh/sshd_config': '' }),
}

const cases: [string, string, PlannedZone][] = [
  ['a zone of Solaris 10', 'identity_of_solaris10', solaris10],
  ['a zone of illumos', 'identity_of_illumos', illumos],
  ['a zone of Linux', 'identity_of_linux', linux],
  ['a Linux zone without much', 'identity_of_linux', linux],
]

describe.skipIf(!isRoot)('identity by the script and by the core (needs root: it changes owners)', () => {
  let base: string
  beforeAll(() => {
    base = mkdtempSync(path.join(tmpdir(), 'identity-'))
  })
  afterAll(() => rmSync(base, { recursive: true, force: true }))

  function makeTree(name: string): { golden: string; shell: string } {
    const directory = mkdtempSync(path.join(base, 'case-'))
    const [golden, shell] = [path.join(directory, 'golden'), path.join(directory, 'shell')]
    mkdirSync(golden)
    trees[name]?.(golden)
    execFileSync('cp', ['-a', golden, shell])
    return { golden, shell }
  }

  test.each(cases)('%s: %s does the same as the core', async (name, list, planned) => {
    const { golden, shell } = makeTree(name)
    const ran = runShell(shell, list, planned)
    expect(ran.status, ran.output).toBe(0)
    applyChanges(golden, await identityInCore(golden, planned))
    expect(listing(golden)).toEqual(listing(shell))
  })

  test.each(['etc', 'etc/inet', 'etc/ssh', 'var/log', 'tmp', 'var/lib/dhcp', 'var'])(
    'a link in the place of the directory %s is refused by both',
    async (link) => {
      const [list, planned] = /inet/.test(link)
        ? (['identity_of_illumos', illumos] as const)
        : (['identity_of_linux', linux] as const)
      const { golden, shell } = makeTree(planned === linux ? 'a zone of Linux' : 'a zone of illumos')
      for (const root of [golden, shell]) {
        mkdirSync(path.join(root, 'moved'))
        execFileSync('cp', ['-a', path.join(root, link), path.join(root, 'moved/it')])
        rmSync(path.join(root, link), { recursive: true })
        symlinkSync(`${'../'.repeat(link.split('/').length - 1)}moved/it`, path.join(root, link))
      }
      const ran = runShell(shell, list, planned)
      expect(ran.status, ran.output).toBe(1)
      await expect(identityInCore(golden, planned)).rejects.toMatchObject({ code: 'IdentityRefused' })
    },
  )

  test.each(
    Object.keys(trees)
      .filter((name) => name.includes('Linux'))
      .flatMap((name) => [
        { name, host: 'a host with ssh-keygen', hasKeygen: true },
        { name, host: 'a host without', hasKeygen: false },
      ]),
  )('$name gets the same ssh keys by a personal stream as a clone, on $host', async ({ name, hasKeygen }) => {
    const { golden, shell } = makeTree(name)
    const cloned = runShell(shell, 'identity_of_linux', linux, { hasKeygen })
    expect(cloned.status, cloned.output).toBe(0)
    const template = path.join(path.dirname(golden), 'template')
    execFileSync('cp', ['-a', golden, template])
    applyChanges(golden, await identityInCore(golden, linux, true))
    const received = runShell(golden, '(remember_ssh_types) && complete_identity', linux, {
      hasKeygen,
      template,
    })
    expect(received.status, received.output).toBe(0)
    expect(listing(golden)).toEqual(listing(shell))
    expect(received.marks.filter((mark) => mark !== 'identity')).toEqual(cloned.marks)
  })

  test('a zone that is attached and not cloned loses root’s password, unless it was unconfigured before', async () => {
    for (const unconfigured of [false, true]) {
      const { golden } = makeTree('a zone of Solaris 10')
      if (unconfigured) put(golden, { 'etc/.UNCONFIGURED': '' })
      applyChanges(golden, await identityInCore(golden, solaris10, true))
      expect(readFileSync(path.join(golden, 'etc/shadow'), 'utf8')).toBe(
        `root:${unconfigured ? 'goldenhash' : ''}:6445::::::\nwebservd:*LK*:::::::\n`,
      )
    }
  })

  function runShell(
    root: string,
    list: string,
    planned: PlannedZone,
    { hasKeygen = false, template = '' }: { hasKeygen?: boolean; template?: string } = {},
  ) {
    const work = mkdtempSync(path.join(base, 'work-'))
    mkdirSync(path.join(work, 'zones', planned.name), { recursive: true })
    if (template !== '') symlinkSync(template, path.join(work, 'root'))
    writeFileSync(path.join(work, 'ssh-keygen'), keygen, { mode: 0o755 })
    const libraries = ['lib', 'zone', 'zoneroot', 'identity', 'personal'].map((file) =>
      readFileSync(path.join(scripts, `${file}.sh`), 'utf8'),
    )
    const script = [
      ...libraries,
      `mark() { echo "$1" >>"$zf_work/marks"; }`,
      `have() { [ "$1" != ssh-keygen ] || ${hasKeygen}; }`,
      `open_zoneroot() { :; }; close_zoneroot() { :; }`,
      `umask 022; LC_ALL=C; export LC_ALL`,
      `${list} && put_sysidcfg`,
    ].join('\n')
    const variables = {
      zone_root: root,
      zf_work: work,
      zf_state: work,
      zf_made: 'now',
      t_path: work,
      zf_awk: 'awk',
      z_name: planned.name,
      z_os_family: planned.osFamily,
      z_nodename: planned.nodename,
      z_timezone: planned.timezone,
      z_root_password: planned.rootPassword ?? '',
      z_sysidcfg: (planned.sysidcfg ?? '').trimEnd(),
      z_touch: planned.touch.join(' '),
    }
    const set = { ...process.env, ...variables, PATH: `${work}:${process.env['PATH']}` }
    const marks = () => {
      const file = path.join(work, 'marks')
      return readdirSync(work).includes('marks') ? readFileSync(file, 'utf8').trim().split('\n') : []
    }
    try {
      const output = execFileSync('dash', ['-s'], { input: script, env: set, encoding: 'utf8' })
      return { status: 0, output, marks: marks() }
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string }
      return { status, output: stderr, marks: marks() }
    }
  }

  function identityInCore(root: string, planned: PlannedZone, attached = false): Promise<Change[]> {
    const readFile = (file: string) => Promise.resolve(readFileSync(path.join(root, file)))
    return identityOf({ entries: entriesOf(root), zone: planned, material, readFile, attached })
  }
})

/** Stands in for ssh-keygen(1): a key says of which type it is. */
const keygen = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -t) type=$2 ;;
    -f) file=$2 ;;
  esac
  shift
done
echo "fresh $type" >"$file"
echo "fresh public $type" >"$file.pub"
`

/** Everything but times. The machine-id is random by purpose. */
function listing(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((file) => {
      const at = path.join(root, file)
      const { mode, uid, gid, nlink } = lstatSync(at)
      const isLink = (mode & 0o170000) === 0o120000
      const isFile = (mode & 0o170000) === 0o100000
      const text = isLink ? readlinkSync(at) : isFile ? readFileSync(at, 'latin1') : ''
      const shown = file === 'etc/machine-id' && /^[0-9a-f]{32}\n$/.test(text) ? 'an id' : text
      return `${file} ${mode.toString(8)} ${uid}:${gid} ${isFile ? nlink : ''} ${JSON.stringify(shown)}`
    })
}
