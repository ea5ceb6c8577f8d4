import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { debianRoot, HostFixture, solarisRoot, token } from './fixture.ts'
import { shellFamilies } from './shells.ts'

const isRoot = process.getuid?.() === 0
const shellCases = shellFamilies.map((shell) => ({ shell, name: shell.join(' ') }))

describe.skipIf(!isRoot)('the install script (needs root: it changes owners)', { timeout: 180_000 }, () => {
  let host: HostFixture
  beforeAll(async () => {
    host = await HostFixture.open()
  })
  afterEach(() => host.startOver())
  afterAll(() => host.close())

  test('makes two clones of a template, each with an identity of its own', async () => {
    const { code, output } = await host.run()
    expect(output).toContain('zoneflash: install done')
    expect(code).toBe(0)
    expect(host.zoneStates()).toEqual({ flashweb: 'configured', web01: 'running', web02: 'running' })
    expect(host.read('zones/web01/root/etc/hostname')).toBe('web01\n')
    expect(host.read('zones/web01/root/etc/mailname')).toBe('web01\n')
    expect(host.read('zones/web01/root/etc/hosts')).toContain('127.0.1.1\tweb01\n')
    expect(host.read('zones/web01/root/etc/shadow')).toBe(
      'root:$5$abc$def:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\n',
    )
    expect(statSync(path.join(host.disk, 'zones/web01/root/etc/shadow')).mode & 0o7777).toBe(0o640)
    expect(host.read('zones/web01/root/var/log/syslog')).toBe('')
    expect(host.read('zones/web01/root/root/kept')).toBe('data that is to be kept\n')
    for (const gone of [
      'var/log/syslog.1',
      'var/lib/dhcp/dhclient.eth0.leases',
      'var/lib/urandom/random-seed',
      'tmp/leftover',
    ]) {
      expect(existsSync(path.join(host.disk, 'zones/web01/root', gone)), gone).toBe(false)
    }
    for (const file of ['etc/machine-id', 'etc/ssh/ssh_host_ed25519_key']) {
      const all = ['zoneflash/web', 'zones/web01', 'zones/web02'].map((zone) =>
        host.read(`${zone}/root/${file}`),
      )
      expect(new Set(all).size, file).toBe(3)
    }
    expect(statSync(path.join(host.disk, 'zones/web01')).mode & 0o7777).toBe(0o700)
    expect(statSync(path.join(host.base, 'log')).mode & 0o7777).toBe(0o600)
  })

  test('reports each step once, in order, from the start of the install to its end', async () => {
    await host.run()
    expect(host.events.map(({ step, zone = '', state }) => `${zone} ${step} ${state}`.trim())).toEqual([
      'install started',
      ...steps('', ['check']),
      ...steps('flashweb ', ['fetch', 'configure', 'attach']),
      ...steps('web01 ', ['configure', 'clone', 'identity', 'sysidcfg', 'boot', 'wait', 'smoke']),
      ...steps('web02 ', ['configure', 'clone', 'identity', 'sysidcfg', 'boot', 'wait', 'smoke']),
      ...steps('flashweb ', ['detach']),
      'install done',
    ])
    expect(new Set(host.events.map(({ id }) => id)).size).toBe(host.events.length)
    expect(host.events.find(({ step, state }) => step === 'smoke' && state === 'done')?.message).toBe(
      'smoke check answers passed',
    )
  })

  test('gives the same tree and the same commands under every shell', async () => {
    const results = []
    for (const { shell, name } of shellCases) {
      const { code, output } = await host.run({ shell })
      expect(code, `${name}: ${output}`).toBe(0)
      results.push({ tree: host.tree(), commands: host.commands(), zones: host.zoneStates() })
      host.startOver()
    }
    for (const result of results) expect(result).toEqual(results[0])
  })

  test('a second run leaves a finished host alone, also under another shell', async () => {
    await host.run()
    const before = { tree: host.tree(), commands: host.commands() }
    host.requests.length = 0
    expect((await host.run({ shell: ['mksh'] })).code).toBe(0)
    expect({ tree: host.tree(), commands: host.commands() }).toEqual(before)
    expect(host.requests.filter((request) => request.includes('/flash/'))).toEqual([])
    expect(host.events.filter(({ step }) => step === 'zone')).toMatchObject([
      { zone: 'web01', state: 'skipped', message: 'made from web@1.0' },
      { zone: 'web02', state: 'skipped', message: 'made from web@1.0' },
    ])
  })

  test('killed while any step runs, the next run comes to the same end', async () => {
    await host.run()
    const started = host.events.flatMap(({ state }, index) => (state === 'started' ? [index + 1] : []))
    const expected = { tree: host.tree(), zones: host.zoneStates() }
    expect(started.length).toBeGreaterThan(15)
    for (const [index, killAfter] of started.entries()) {
      host.startOver()
      const { shell } = shellCases[index % shellCases.length] ?? { shell: ['dash'] as const }
      expect((await host.run({ shell, killAfter })).code, `killed after report ${killAfter}`).toBe(null)
      const { code, output } = await host.run({ shell })
      expect(code, `after report ${killAfter}: ${output}`).toBe(0)
      expect({ tree: host.tree(), zones: host.zoneStates() }, `after report ${killAfter}`).toEqual(expected)
    }
  })

  test.each([
    { failing: 'flashweb zonecfg', shell: ['bash'] },
    { failing: 'flashweb attach', shell: ['ksh93'] },
    { failing: 'web01 zonecfg', shell: ['mksh'] },
    { failing: 'web01 boot', shell: ['posh'] },
    { failing: 'web01 clone', shell: ['dash'] },
    { failing: 'web01 clone', shell: ['busybox', 'sh'] },
  ] as const)(
    'when "$failing" fails, nothing of this run is left on the host ($shell)',
    async ({ failing, shell }) => {
      const before = host.tree()
      const { code, output } = await host.run({ shell, env: { STUB_FAIL: failing } })
      expect(code, output).toBe(1)
      expect(host.zoneStates()).toEqual({})
      expect(host.tree()).toEqual(before)
      expect(host.events.at(-1)).toMatchObject({ step: 'install', state: 'failed' })
      expect((await host.run({ shell })).code, 'the cause removed').toBe(0)
    },
  )

  test('the output of a failed command reaches the server, whatever bytes are in it', async () => {
    await host.run({ env: { STUB_FAIL: 'web01 clone' } })
    const failed = host.events.find(({ step, state }) => step === 'clone' && state === 'failed')
    expect(failed?.message).toBe(`zoneadm: zone 'web01': told to fail: "clone" \\ ??`)
  })

  test('a failure of the second zone leaves the first one running', async () => {
    expect((await host.run({ env: { STUB_FAIL: 'web02 clone' } })).code).toBe(1)
    expect(host.zoneStates()).toEqual({ flashweb: 'installed', web01: 'running' })
    expect((await host.run()).code).toBe(0)
    expect(host.zoneStates()).toEqual({ flashweb: 'configured', web01: 'running', web02: 'running' })
  })

  test('a smoke check that fails keeps the booted zone, and the next run checks again', async () => {
    const { code, output } = await host.run({ env: { STUB_ZLOGIN: 'echo no answer; exit 3' } })
    expect(code).toBe(1)
    expect(output).toContain('smoke check answers did not pass within 5 seconds')
    expect(output).toContain('no answer')
    expect(host.zoneStates()).toMatchObject({ web01: 'running' })
    expect((await host.run()).code).toBe(0)
    expect(host.commands().filter((line) => line.startsWith('zoneadm -z web01 clone'))).toHaveLength(1)
  })

  test('a check that hangs is ended in time', async () => {
    const started = Date.now()
    expect((await host.run({ env: { STUB_ZLOGIN: 'sleep 60' } })).code).toBe(1)
    expect(Date.now() - started).toBeLessThan(25_000)
  })

  test('a check that takes longer than the check before it was allowed to is not cut short', async () => {
    const script = host.script.replace("zf_wait='5'", "zf_wait='2'")
    expect(script).not.toBe(host.script)
    const { code, output } = await host.run({ script, env: { STUB_ZLOGIN: 'sleep 3' } })
    expect(code, output).toBe(0)
  })

  test.each(shellCases)(
    'bytes with another digest are refused and removed under $name',
    async ({ shell }) => {
      host.answers.artifact = (bytes) => {
        const changed = Buffer.from(bytes)
        changed[bytes.length - 5] = (changed[bytes.length - 5] ?? 0) ^ 1
        return changed
      }
      const before = host.tree()
      const { code, output } = await host.run({ shell })
      expect(code).toBe(1)
      expect(output).toMatch(/have sha256 [0-9a-f]{64}, expected [0-9a-f]{64}/)
      expect(host.tree()).toEqual(before)
    },
  )

  test('a transfer that breaks off is refused and removed', async () => {
    host.answers.cutAt = 200
    const { code, output } = await host.run()
    expect(code).toBe(1)
    expect(output).toContain('broke off')
    expect(host.tree()).toEqual([])
  })

  test.each(['dash', 'ksh93', 'posh'])(
    'a transfer that breaks off goes on from the byte it reached, under %s',
    async (shell) => {
      host.answers = { cutAt: 700, ranges: true }
      const before = host.requests.length
      const { code, output } = await host.run({ shell: [shell] })
      expect(code, output).toBe(0)
      expect(host.requests.slice(before).filter((line) => line.startsWith('GET /flash/'))).toHaveLength(2)
      expect(host.zoneStates()).toMatchObject({ web01: 'running', web02: 'running' })
    },
  )

  test('a server that restarts is asked again before the first byte, one that refuses is not', async () => {
    const gets = () => host.requests.splice(0).filter((line) => line.startsWith('GET /flash/')).length
    gets()
    host.answers = { failures: [404] }
    expect((await host.run()).code).toBe(1)
    expect(gets()).toBe(1)
    host.startOver()
    host.answers = { failures: [0, 503] }
    const { code, output } = await host.run()
    expect(code, output).toBe(0)
    expect(gets()).toBe(3)
  })

  test('a server that takes no reports does not stop the install; the next run delivers them', async () => {
    host.answers.deaf = true
    expect((await host.run()).code).toBe(0)
    expect(host.zoneStates()).toMatchObject({ web01: 'running', web02: 'running' })
    host.answers = {}
    await host.run()
    expect(host.events.filter(({ step, state }) => step === 'clone' && state === 'done')).toHaveLength(2)
  })

  test('SIGTERM takes back what has not booted and reports it', async () => {
    for (const { shell, name } of shellCases) {
      const { code, output } = await host.run({ shell, signalAfter: 8 })
      // ksh93 adds 128 to the status of an exit inside a trap
      expect(code, `${name}: ${output}`).toBe(name === 'ksh93' ? 129 : 1)
      expect(host.zoneStates(), name).toEqual({})
      expect(host.events.at(-1), name).toMatchObject({ step: 'install', state: 'failed' })
      host.startOver()
    }
  })

  test('a zone of the same name that somebody else made is not touched', async () => {
    const foreign = path.join(host.stub, 'zones/web01')
    mkdirSync(foreign)
    writeFileSync(path.join(foreign, 'state'), 'installed\n')
    writeFileSync(path.join(foreign, 'config'), 'set zonepath=/elsewhere\n')
    const { code, output } = await host.run()
    expect(code).toBe(1)
    expect(output).toContain('zone web01 exists (state installed) and was not made by zoneflash')
    expect(host.commands()).toEqual([])
    expect(host.zoneStates()).toEqual({ web01: 'installed' })
  })

  test('a second run at the same time is refused', async () => {
    mkdirSync(path.join(host.state, 'lock'), { recursive: true })
    writeFileSync(path.join(host.state, 'lock/pid'), `${process.pid}\n`)
    const { code, output } = await host.run()
    expect(code).toBe(1)
    expect(output).toContain(`process ${process.pid} is at work here already`)
    expect(host.commands()).toEqual([])
  })

  test('a run that has the lock and is about to write its number into it keeps it', async () => {
    const pid = path.join(host.state, 'lock/pid')
    mkdirSync(path.dirname(pid), { recursive: true })
    execFileSync('mkfifo', [pid])
    // who reads it first finds nothing, who reads it again the number of a living process
    const owner = spawn('sh', ['-c', ': >"$1"; sleep 0.2; echo "$2" >"$1"', 'sh', pid, String(process.pid)])
    try {
      const { code, output } = await host.run()
      expect(output).toContain(`process ${process.pid} is at work here already`)
      expect(code).toBe(1)
      expect(host.commands()).toEqual([])
    } finally {
      owner.kill('SIGKILL')
    }
  })

  test('a layer that does not do is reported, and the full form taken', async () => {
    mkdirSync(path.join(host.disk, 'zoneflash/default/root/etc'), { recursive: true })
    mkdirSync(path.join(host.state, 'templates'), { recursive: true })
    writeFileSync(path.join(host.state, 'templates/default'), 'digest-of-default\n')
    const layer = {
      url_path: '/flash/web/1.0.layer.tar.gz',
      sha256: '0'.repeat(64),
      compression: 'gzip',
      origin: 'default',
      origin_version: '7',
      onto: 'digest-of-default',
    }
    let { script } = host
    for (const [name, value] of Object.entries(layer))
      script = script.replace(`t_layer_${name}=''`, `t_layer_${name}='${value}'`)
    const before = host.requests.length
    const { code, output } = await host.run({ script })
    expect(code, output).toBe(0)
    expect(host.requests.slice(before).filter((line) => line.startsWith('GET'))).toEqual([
      'GET /flash/web/1.0.layer.tar.gz',
      'GET /flash/web/1.0.tar.gz',
    ])
    const fetched = host.events.find(({ step, state }) => step === 'fetch' && state === 'done')
    expect(fetched?.message).toMatch(
      /expected 0{64}\nweb: the layer does not do; .*\n(.*\n)*sha256 [0-9a-f]{64}\ntook tar$/,
    )
    expect(readdirSync(path.join(host.disk, 'zoneflash')).toSorted()).toEqual(['default', 'web'])
  })

  test('the lock of a process from before the last boot is nobody’s', async () => {
    mkdirSync(path.join(host.state, 'lock'), { recursive: true })
    writeFileSync(path.join(host.state, 'lock/pid'), `${process.pid}\n`)
    writeFileSync(path.join(host.state, 'lock/boot'), 'another boot\n')
    expect((await host.run()).code).toBe(0)
  })

  test('a zone that was booted before it got an identity is not written to from outside', async () => {
    const cloned = 13
    await host.run({ killAfter: cloned })
    expect(host.events.at(-1)).toMatchObject({ step: 'clone', zone: 'web01', state: 'done' })
    writeFileSync(path.join(host.stub, 'zones/web01/state'), 'running\n')
    const { code, output } = await host.run()
    expect(code).toBe(1)
    expect(output).toContain('halt it (zoneadm -z web01 halt) and run this again')
    expect(host.read('zones/web01/root/etc/hostname')).toBe('golden\n')
    expect(host.zoneStates()).toMatchObject({ web01: 'running' })
    writeFileSync(path.join(host.stub, 'zones/web01/state'), 'installed\n')
    expect((await host.run()).code).toBe(0)
  })

  test.each(shellCases)('a script that was cut off does nothing under $name', async ({ shell }) => {
    const { script } = host
    const offsets = Array.from({ length: 8 }, (_, index) => Math.floor((script.length * index) / 8))
    const tail = Array.from({ length: 14 }, (_, index) => script.length - 2 - index)
    await Promise.all(
      [...offsets, ...tail].map(async (offset) => {
        await host.run({ shell, script: script.slice(0, offset) })
        expect(existsSync(host.state), `cut at ${offset}`).toBe(false)
      }),
    )
    expect(host.commands()).toEqual([])
  })

  test('neither the token nor the hash is left in files that others may read', async () => {
    await host.run()
    expect(readFileSync(path.join(host.base, 'log'), 'utf8')).not.toContain(token)
    expect(existsSync(path.join(host.state, 'work'))).toBe(false)
    expect(statSync(host.state).mode & 0o777).toBe(0o700)
  })
})

describe.skipIf(!isRoot)('templates of other kinds', { timeout: 180_000 }, () => {
  test.each([
    { layout: 'zoneroot', format: 'tar' },
    { layout: 'zonepath', format: 'cpio' },
    { layout: 'zoneroot', format: 'cpio' },
  ] as const)('a $format of the $layout', async (options) => {
    const host = await HostFixture.open(options)
    try {
      const { code, output } = await host.run({ shell: ['posh'] })
      expect(code, output).toBe(0)
      expect(host.read('zones/web02/root/etc/hostname')).toBe('web02\n')
      expect(host.read('zoneflash/web/SUNWdetached.xml')).toContain('<zone name="flashweb"')
    } finally {
      await host.close()
    }
  })

  test('a ZFS stream is received beside its place and renamed when its digest is right', async () => {
    const host = await HostFixture.open({ zfs: true })
    const dataset = `tank/${host.disk.slice(1).replaceAll(/[^A-Za-z0-9_.-]/g, '-')}-zoneflash`
    try {
      for (const { shell, name } of shellCases.filter((_, index) => index % 2 === 0)) {
        const { code, output } = await host.run({ shell })
        expect(code, `${name}: ${output}`).toBe(0)
        expect(
          host.commands().filter((line) => /^zfs (create|receive|inherit|set|rename)/.test(line)),
        ).toEqual([
          `zfs create -o mountpoint=/disk/zoneflash ${dataset}`,
          `zfs receive -u ${dataset}/web_incoming`,
          ...['zoned', 'mountpoint', 'readonly', 'sharenfs', 'sharesmb'].map(
            (property) => `zfs inherit ${property} ${dataset}/web_incoming`,
          ),
          ...['canmount=on', 'quota=none', 'refquota=none', 'reservation=none', 'refreservation=none'].map(
            (setting) => `zfs set ${setting} ${dataset}/web_incoming`,
          ),
          `zfs inherit mountpoint ${dataset}/web_incoming`,
          `zfs rename ${dataset}/web_incoming ${dataset}/web`,
        ])
        host.startOver()
        host.answers.artifact = (bytes) => Buffer.concat([bytes, Buffer.alloc(512)])
        const before = readFileSync(path.join(host.stub, 'datasets'), 'utf8')
        expect((await host.run({ shell })).code).toBe(1)
        expect(readFileSync(path.join(host.stub, 'datasets'), 'utf8'), name).toBe(before)
        host.startOver()
      }
    } finally {
      await host.close()
    }
  })

  test('a ZFS that must mount what it receives is asked to without the option', async () => {
    const host = await HostFixture.open({ zfs: true })
    try {
      const { code, output } = await host.run({ env: { STUB_RECEIVE: "invalid option 'u'" } })
      expect(code, output).toBe(0)
      expect(host.commands().filter((line) => line.startsWith('zfs receive'))).toEqual([
        expect.stringMatching(/^zfs receive tank\/\S+\/web_incoming$/),
      ])
    } finally {
      await host.close()
    }
  })

  test('a Solaris 10 zone gets its sysidcfg after the clone and boots unconfigured', async () => {
    const host = await HostFixture.open({ zoneroot: solarisRoot, osFamily: 'solaris10' })
    try {
      const { code, output } = await host.run({ shell: ['ksh93'] })
      expect(code, output).toBe(0)
      expect(host.read('zones/web01/root/etc/sysidcfg')).toContain(
        'network_interface=PRIMARY { hostname=web01 }',
      )
      expect(host.read('zones/web01/root/etc/sysidcfg')).toContain('root_password="$5$abc$def"')
      const root = path.join(host.disk, 'zones/web01/root')
      expect(statSync(path.join(root, 'etc/sysidcfg')).mode & 0o7777).toBe(0o600)
      for (const made of ['etc/.UNCONFIGURED', 'reconfigure', 'etc/.NFS4inst_state.domain']) {
        expect(readFileSync(path.join(root, made), 'utf8'), made).toBe('')
      }
      for (const gone of [
        'etc/nodename',
        'etc/hostname.e1000g0',
        'etc/hostname6.e1000g0',
        'etc/defaultrouter',
        'etc/resolv.conf',
        'etc/.sysIDtool.state',
        'etc/ssh/ssh_host_rsa_key',
        'var/adm/messages.0',
        'var/ldap/ldap_client_cred',
      ]) {
        expect(existsSync(path.join(root, gone)), gone).toBe(false)
      }
      expect(host.read('zones/web01/root/etc/hosts')).not.toContain('golden')
      expect(host.read('zones/web01/root/etc/inet/ipnodes')).not.toContain('golden')
      expect(host.read('zones/web01/root/var/adm/messages')).toBe('')
    } finally {
      await host.close()
    }
  })

  test.each([
    { link: 'etc', from: 'etc' },
    { link: 'etc/ssh', from: 'etc/ssh' },
    { link: 'var/log', from: 'var/log' },
    { link: 'etc/hostname', from: undefined },
  ])('a template whose $link leads outside harms nothing outside', async ({ link, from }) => {
    const host = await HostFixture.open({
      zoneroot: (root) => {
        debianRoot(root)
        const outside = path.join(path.dirname(path.dirname(root)), 'outside')
        mkdirSync(outside)
        if (from === undefined) writeFileSync(path.join(outside, 'file'), 'mine\n')
        else cpSync(path.join(root, from), outside, { recursive: true })
        rmSync(path.join(root, link), { recursive: true })
        symlinkSync(from === undefined ? path.join(outside, 'file') : outside, path.join(root, link))
      },
    })
    try {
      const outside = path.join(host.base, 'outside')
      const before = host.tree(outside)
      for (const { shell, name } of shellCases.filter((_, index) => link === 'etc' || index === 4)) {
        const { code, output } = await host.run({ shell })
        // a link in the place of a file is replaced; one in the place of a directory stops the install
        expect(code, name).toBe(from === undefined ? 0 : 1)
        expect(output, name).toMatch(
          from === undefined ? /install done/ : /refused to write .* is a symbolic link/,
        )
        expect(host.tree(outside), name).toEqual(before)
        host.startOver()
      }
    } finally {
      await host.close()
    }
  })
})

function steps(prefix: string, names: readonly string[]): string[] {
  // a Linux zone has no sysidcfg to write
  return names.flatMap((step) => [
    `${prefix}${step} started`,
    `${prefix}${step} ${step === 'sysidcfg' ? 'skipped' : 'done'}`,
  ])
}
