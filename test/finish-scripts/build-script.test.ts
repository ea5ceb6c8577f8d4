// What a worker asks of a build host, under every shell: scrubbing, identity, and zones removed in whatever state they are.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readBuildLibrary } from '#adapters/finish-scripts/read-build-library.ts'
import { Entry } from '#core/entry.ts'
import { histories, traceRules } from '#core/hygiene/rules/traces.ts'
import type { OsFamily } from '#core/manifest.ts'
import { identityFiles, makeSolaris10Zoneroot } from '#test/fixtures/solaris10-zoneroot.ts'
import { debianRoot } from './fixture.ts'
import { shellFamilies } from './shells.ts'

/** What the rules for traces find in a tree by names and sizes. */
function tracesIn(root: string, osFamily: OsFamily): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((found) => {
    if (!found.isFile()) return []
    const file = path.join(found.parentPath, found.name)
    const { size } = statSync(file)
    const entry = Entry.parse({
      path: path.relative(root, file),
      type: 'file',
      size,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 0,
    })
    const context = { osFamily, ownNames: [] }
    return traceRules.some((rule) => rule.entry?.(entry, context) !== undefined) ? [entry.path] : []
  })
}

const stubs = path.join(import.meta.dirname, 'stub-bin')

describe.each(shellFamilies.map((shell) => ({ shell, name: shell.join(' ') })))(
  'build.sh in $name',
  ({ shell }) => {
    let base: string
    let root: string
    let library: string

    beforeEach(async () => {
      base = mkdtempSync(path.join(tmpdir(), 'build-script-'))
      root = path.join(base, 'zones/web/root')
      mkdirSync(path.dirname(root), { recursive: true })
      library = await readBuildLibrary()
      begin('web-1')
      setState('web', 'installed')
    })
    afterEach(() => rmSync(base, { recursive: true, force: true }))

    function setState(zone: string, state: string): void {
      const directory = path.join(base, 'stub/zones', zone)
      mkdirSync(directory, { recursive: true })
      writeFileSync(path.join(directory, 'state'), `${state}\n`)
      writeFileSync(path.join(directory, 'config'), `set zonepath=${path.join(base, 'zones', zone)}\n`)
      writeFileSync(path.join(base, 'stub/commands'), '')
    }

    const directoryOf = (id: string) => path.join(base, 'zoneflash/build', id)

    function begin(id: string): void {
      mkdirSync(directoryOf(id), { recursive: true })
      writeFileSync(path.join(directoryOf(id), 'build.sh'), library)
    }

    const build = (...words: string[]) => buildAs('web-1', ...words)

    function buildAs(id: string, ...words: string[]): { status: number | null; output: string } {
      const [command, ...args] = shell
      const { status, stdout, stderr } = spawnSync(
        command,
        [...args, path.join(directoryOf(id), 'build.sh'), ...words],
        {
          encoding: 'utf8',
          input: 'system_locale=C\n',
          env: { PATH: `${stubs}:/usr/bin:/bin`, STUB: path.join(base, 'stub') },
        },
      )
      return { status, output: stdout + stderr }
    }

    const scrub = (family: string) => build('scrub', 'web', path.join(base, 'zones/web'), family)
    const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
    const has = (file: string) => existsSync(path.join(root, file))
    const put = (file: string, text: string) => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      writeFileSync(path.join(root, file), text)
    }

    test('scrubs Debian of what one machine or person is known by', () => {
      debianRoot(root)
      put('root/.bash_history', 'mysql -psecret\n')
      put('root/.ssh/authorized_keys', 'ssh-ed25519 AAAA admin\n')
      put('home/ops/.ssh/authorized_keys', 'ssh-ed25519 AAAA ops\n')
      put('home/ops/.profile', 'umask 022\n')
      put('var/cache/apt/archives/apache2.deb', 'deb')
      put('var/lib/dbus/machine-id', '0123\n')
      put('var/zoneflash-build/recipe/customize.sh', 'x')
      expect(scrub('linux')).toEqual({ status: 0, output: '' })
      expect(['etc/machine-id', 'var/log/syslog'].map(read)).toEqual(['', ''])
      expect(read('etc/hostname')).toBe('localhost\n')
      expect(read('etc/mailname')).toBe('localhost\n')
      expect(read('etc/hosts')).not.toContain('golden')
      expect(read('etc/shadow')).toBe('root:*:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\n')
      for (const gone of [
        'etc/ssh/ssh_host_ed25519_key',
        'etc/ssh/ssh_host_ed25519_key.pub',
        'var/log/syslog.1',
        'var/lib/dhcp/dhclient.eth0.leases',
        'var/lib/urandom/random-seed',
        'tmp/leftover',
        'root/.bash_history',
        'root/.ssh/authorized_keys',
        'home/ops/.ssh/authorized_keys',
        'var/cache/apt/archives/apache2.deb',
        'var/lib/dbus/machine-id',
        'var/zoneflash-build',
      ])
        expect(has(gone), gone).toBe(false)
      for (const kept of ['root/kept', 'home/ops/.profile', 'etc/ssh/sshd_config'])
        expect(has(kept), kept).toBe(true)
    })

    test.skipIf(process.getuid?.() !== 0)(
      'scrubs Solaris 10, which configures itself anew at its next boot',
      () => {
        makeSolaris10Zoneroot(root, { kind: 'sparse', nodename: 'golden-web' })
        put('.sh_history', 'x\n')
        put('export/home/ops/.bash_history', 'x\n')
        put('etc/sysidcfg', 'root_password=x\n')
        expect(scrub('solaris10')).toEqual({ status: 0, output: '' })
        expect(read('etc/shadow')).toContain('root:NP:')
        for (const made of ['etc/.UNCONFIGURED', 'reconfigure']) expect(has(made), made).toBe(true)
        for (const gone of [
          'etc/nodename',
          'etc/hostname.bge0',
          'etc/sysidcfg',
          '.sh_history',
          'export/home/ops/.bash_history',
        ])
          expect(has(gone), gone).toBe(false)
        const grep = spawnSync('grep', ['-rl', 'golden', root], { encoding: 'utf8' }).stdout.trim()
        expect(grep).toBe('')
        expect(Object.keys(identityFiles).length).toBeGreaterThan(10)
      },
    )

    test.each(['solaris10', 'linux'] as const)(
      'leaves nothing in a zone of %s that the search for traces refuses',
      (osFamily) => {
        debianRoot(root)
        const adm =
          'messages messages.0 wtmpx utmpx lastlog sulog loginlog aculog pacct pacct1 vold.log log/x sa/sa21 exacct/task'
        const ofSolaris = [
          ...adm.split(' ').map((name) => `var/adm/${name}`),
          'var/svc/log/a.log',
          'var/svc/log/a.log.0',
          'var/cron/log',
          'var/cron/olog',
        ]
        const logs = ['var/log/authlog', 'var/log/syslog.0', 'var/log/pool/poold', 'var/log/webmin.log']
        const homes = ['', 'root/', 'home/ops/', 'export/home/ops/']
        const traces = [
          ...logs,
          ...(osFamily === 'linux' ? [] : ofSolaris),
          ...homes.flatMap((home) => histories.map((name) => `${home}${name}`)),
        ]
        for (const file of traces) put(file, 'who was here\n')
        expect(tracesIn(root, osFamily)).toEqual(expect.arrayContaining(traces))
        expect(scrub(osFamily)).toEqual({ status: 0, output: '' })
        expect(tracesIn(root, osFamily)).toEqual([])
      },
    )

    test('follows no link of the zoneroot’s, whatever it points to', () => {
      debianRoot(root)
      const outside = path.join(base, 'outside')
      mkdirSync(path.join(outside, '.ssh'), { recursive: true })
      writeFileSync(path.join(outside, '.ssh/authorized_keys'), 'the host’s own\n')
      writeFileSync(path.join(outside, '.bash_history'), 'the host’s own\n')
      mkdirSync(path.join(root, 'home'))
      symlinkSync(outside, path.join(root, 'home/ops'))
      symlinkSync(path.join(outside, '.ssh'), path.join(root, 'root/.ssh'))
      expect(scrub('linux').status).toBe(0)
      rmSync(path.join(root, 'var/log'), { recursive: true })
      symlinkSync(outside, path.join(root, 'var/log'))
      const refused = scrub('linux')
      expect(refused.status).not.toBe(0)
      expect(refused.output).toContain('var/log in the zoneroot of web is a symbolic link')
      const untouched = ['.ssh/authorized_keys', '.bash_history'].map((name) => path.join(outside, name))
      for (const file of untouched) expect(readFileSync(file, 'utf8')).toBe('the host’s own\n')
    })

    test('does not touch a zone that runs', () => {
      debianRoot(root)
      setState('web', 'running')
      const refused = scrub('linux')
      expect(refused.status).not.toBe(0)
      expect(read('etc/hostname')).toBe('golden\n')
    })

    test('writes sysidcfg for the first boot, for nobody else to read', () => {
      debianRoot(root)
      expect(
        build('sysidcfg', 'web', path.join(base, 'zones/web'), 'etc/.NFS4inst_state.domain').status,
      ).toBe(0)
      expect(read('etc/sysidcfg')).toBe('system_locale=C\n')
      expect(execFileSync('stat', ['-c', '%a', path.join(root, 'etc/sysidcfg')], { encoding: 'utf8' })).toBe(
        '600\n',
      )
      expect(read('etc/.NFS4inst_state.domain')).toBe('')
    })

    test.each(['installed', 'incomplete', 'configured'])('removes a zone that is %s', (state) => {
      debianRoot(root)
      setState('web', state)
      expect(build('remove', 'web', path.join(base, 'zones/web'))).toEqual({ status: 0, output: '' })
      expect(existsSync(path.join(base, 'zones/web'))).toBe(false)
      expect(existsSync(path.join(base, 'stub/zones/web'))).toBe(false)
    })

    test('removes what is left of a zone that was never configured, and half a tree, but no zone’s and no other build’s', () => {
      debianRoot(root)
      const zonepath = path.join(base, 'zones/web')
      expect(build('hold', 'web', '0').status).toBe(0)
      expect(build('drop_half', 'web', zonepath).status).toBe(0)
      expect(existsSync(zonepath)).toBe(true)
      rmSync(path.join(base, 'stub/zones/web'), { recursive: true })
      begin('web-2')
      expect(buildAs('web-2', 'drop_half', 'web', zonepath).status).toBe(0)
      expect(existsSync(zonepath), 'what another build makes').toBe(true)
      expect(build('drop_half', 'web', zonepath).status).toBe(0)
      expect(existsSync(zonepath)).toBe(false)
    })

    const stateOf = (zone: string) =>
      readFileSync(path.join(base, 'stub/zones', zone, 'state'), 'utf8').trim()
    const shared = () => existsSync(path.join(base, 'zoneflash/shared/base'))

    test('an origin stays attached until the last of its builds has released it', () => {
      for (const id of ['web-2', 'web-3']) begin(id)
      setState('base', 'configured')
      mkdirSync(path.join(base, 'zones/base'))
      writeFileSync(path.join(base, 'zones/base/SUNWdetached.xml'), '')
      for (const id of ['web-1', 'web-2', 'web-3', 'web-1'])
        expect(buildAs(id, 'origin', 'base')).toEqual({ status: 0, output: '' })
      expect(build('release_origin')).toEqual({ status: 0, output: '' })
      expect(stateOf('base')).toBe('installed')
      // one that died for good, and its directory with it
      rmSync(directoryOf('web-3'), { recursive: true })
      expect(build('release_origin').status).toBe(0)
      expect(stateOf('base')).toBe('installed')
      expect(buildAs('web-2', 'release_origin')).toEqual({ status: 0, output: '' })
      expect(stateOf('base')).toBe('configured')
      expect(shared()).toBe(false)
    })

    test('one build alone makes the zone of an origin; what a dead one held is taken over', () => {
      begin('web-2')
      for (const _ of ['once', 'and again']) expect(build('hold', 'base', '0').status).toBe(0)
      const refused = buildAs('web-2', 'hold', 'base', '0')
      expect(refused.status).toBe(1)
      expect(refused.output).toContain('build web-1 works on zone base')
      rmSync(directoryOf('web-1'), { recursive: true })
      expect(buildAs('web-2', 'hold', 'base', '0')).toEqual({ status: 0, output: '' })
      expect(buildAs('web-2', 'let_go', 'base').status).toBe(0)
      expect(shared()).toBe(false)
    })

    test('knows no other command', () => {
      expect(build('uninstall', 'web')).toMatchObject({ status: 1 })
    })
  },
)
