import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { emptyZoneConfig, zoneElement } from '#core/zone/config.ts'
import { renderZoneXml } from '#core/zone/xml.ts'
import { openZoneStore } from '#sandbox/zone-store.ts'
import { main } from '#sandbox/zonecfg.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'zonecfg-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Runs the command in this process; `input` is typed or piped. */
function zonecfg(argv: readonly string[], { input = '', isTerminal = false, release = 's10u8' } = {}) {
  let [out, err] = ['', '']
  const lines = input === '' ? [] : input.replace(/\n$/, '').split('\n')
  const status = main(argv, {
    env: { SANDBOX_ROOT: root, SANDBOX_RELEASE: release },
    out: (text) => (out += text),
    err: (text) => (err += text),
    isTerminal,
    readLine: () => lines.shift(),
  })
  return { status, out, err }
}

function commandFile(text: string): string {
  const file = path.join(root, 'commands')
  writeFileSync(file, text)
  return file
}

const readEtc = (name: string) => readFileSync(path.join(root, 'etc/zones', name), 'utf8')

describe('zonecfg', () => {
  test('configures a zone from a command file', () => {
    const file = commandFile(
      'create -b\nset zonepath=/zones/web1\nadd net\nset physical=bge0\nset address=192.0.2.10/24\nend\nverify\ncommit\n',
    )
    expect(zonecfg(['-z', 'web1', '-f', file])).toEqual({ status: 0, out: '', err: '' })
    expect(readEtc('index')).toMatch(/^web1:configured:\/zones\/web1:$/m)
    expect(readEtc('web1.xml')).toContain('  <network address="192.0.2.10/24" physical="bge0"/>\n')
  })

  test('takes commands from the command line, words joined by blanks', () => {
    expect(zonecfg(['-z', 'web1', 'create;', 'set', 'zonepath=/zones/web1']).status).toBe(0)
    expect(zonecfg(['-zweb1', 'info', 'zonepath'])).toEqual({
      status: 0,
      out: 'zonepath: /zones/web1\n',
      err: '',
    })
  })

  test('saves nothing of a command line after an error in it', () => {
    const { status, out, err } = zonecfg(['-z', 'web1', 'create; set zonepath=/zones/web1; bogus; info'])
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toMatch(/^syntax error .*\nConfiguration not saved\.\n$/)
    expect(existsSync(path.join(root, 'etc/zones/web1.xml'))).toBe(false)
  })

  test.each([['-f -'], ['']])('takes a pipe (%s) for an interactive user, without prompts', (how) => {
    const { status, out, err } = zonecfg(['-z', 'web1', ...how.split(' ').filter(Boolean)], {
      input: 'create\nbogus\nset zonepath=/zones/web1\n',
    })
    expect(status).toBe(1)
    expect(out).toBe("Use 'create' to begin configuring a new zone.\n")
    expect(err).toMatch(/^web1: No such zone configured\n/)
    expect(readEtc('index')).toContain('web1:configured:/zones/web1:')
  })

  test('prompts at a terminal with zone and resource, and asks', () => {
    const { out, status } = zonecfg(['-z', 'web1'], {
      input: 'create -b\nset zonepath=/zones/web1\nadd net\nexit\nn\ncancel\nexit\n',
      isTerminal: true,
    })
    expect(out).toContain('zonecfg:web1> ')
    expect(out).toContain('zonecfg:web1:net> Resource incomplete; really quit (y/[n])? ')
    expect(status).toBe(0)
    expect(zonecfg(['-z', 'web1'], { input: 'delete\ny\n', isTerminal: true }).status).toBe(0)
    expect(openZoneStore(root).findEntry('web1')).toBeUndefined()
  })

  test.each([
    [['-z', 'SUNWx', 'info'], 'SUNWx: Bogus zone name\n'],
    [['-z', 'global', 'info'], 'global: Bogus zone name\n'],
    [['-z', 'a/../b', 'info'], 'a/../b: Bogus zone name\n'],
    [['-z', 'a'.repeat(64), 'info'], `${'a'.repeat(64)}: Bogus zone name\n`],
    [['info'], 'usage:'],
    [['-x'], 'usage:'],
    [['-z'], 'usage:'],
    [[], 'usage:'],
  ])('%j is a wrong call, exit 2', (argv, said) => {
    const { status, err } = zonecfg(argv)
    expect(status).toBe(2)
    expect(err.startsWith(said)).toBe(true)
  })

  test('a name of 63 characters is taken', () => {
    expect(zonecfg(['-z', 'a'.repeat(63), 'create -b; set zonepath=/z']).status).toBe(0)
  })

  test('says why a command file cannot be read', () => {
    const missing = path.join(root, 'missing')
    expect(zonecfg(['-z', 'a', '-f', missing])).toEqual({
      status: 1,
      out: '',
      err: `could not open file ${missing}: No such file or directory\n`,
    })
    expect(zonecfg(['-z', 'a', '-f', root]).err).toBe(`${root} is not a regular file.\n`)
  })

  test('create -a takes the manifest of a detached zone below the root', () => {
    const zonepath = path.join(root, 'flash/web')
    mkdirSync(path.join(zonepath, 'root'), { recursive: true })
    const elements = [
      zoneElement('package', { name: 'SUNWcsr', version: '1' }),
      zoneElement('dataset', { name: 'tank/a' }),
    ]
    const manifest = { ...emptyZoneConfig('old'), zonepath: '/local/web', elements }
    writeFileSync(path.join(zonepath, 'SUNWdetached.xml'), renderZoneXml(manifest, { detached: true }))
    expect(zonecfg(['-z', 'flashweb', 'create -a /flash/web'])).toEqual({ status: 0, out: '', err: '' })
    expect(openZoneStore(root).readConfig('flashweb')).toEqual({
      ...manifest,
      name: 'flashweb',
      zonepath: '/flash/web',
      elements: elements.slice(1),
    })
    writeFileSync(path.join(zonepath, 'SUNWdetached.xml'), '<zone')
    expect(zonecfg(['-z', 'other', 'create -a /flash/web'])).toMatchObject({
      status: 1,
      err: 'Cannot attach to an earlier release of the operating system\n',
    })
  })

  test('refuses for a zone that the kernel runs', () => {
    zonecfg(['-z', 'web1', 'create -b; set zonepath=/zones/web1'])
    const store = openZoneStore(root)
    store.setState('web1', 'installed')
    store.writeKernelState('web1', { id: 1, pid: process.pid, state: 'running' })
    expect(zonecfg(['-z', 'web1', 'delete -F'])).toMatchObject({
      status: 1,
      err: 'web1: Zone state is invalid for the requested operation\n',
    })
    store.clearKernelState('web1')
    expect(zonecfg(['-z', 'web1', 'delete -F']).status).toBe(0)
  })

  test('keeps state and uuid of an installed zone that is changed and renamed', () => {
    zonecfg(['-z', 'web1', 'create -b; set zonepath=/zones/web1'])
    const { uuid } = openZoneStore(root).setState('web1', 'installed')
    expect(zonecfg(['-z', 'web1', 'set autoboot=true; set zonename=web2']).status).toBe(0)
    expect(openZoneStore(root).findEntry('web2')).toEqual({
      name: 'web2',
      state: 'installed',
      zonepath: '/zones/web1',
      uuid,
    })
    expect(zonecfg(['-z', 'web1', 'info'])).toMatchObject({
      status: 1,
      err: 'web1: No such zone configured\n',
    })
  })

  test('says that a damaged document is invalid', () => {
    zonecfg(['-z', 'web1', 'create -b; set zonepath=/zones/web1'])
    writeFileSync(path.join(root, 'etc/zones/web1.xml'), '<zone')
    expect(zonecfg(['-z', 'web1', 'info'])).toMatchObject({ status: 1, err: 'web1: Invalid document\n' })
  })

  test('names a release that it does not know', () => {
    expect(zonecfg(['-z', 'a', 'info'], { release: 's11' })).toMatchObject({ status: 2 })
  })

  test('runs as a program, reading standard input', () => {
    const run = (argv: readonly string[], input: string) =>
      spawnSync(process.execPath, [path.resolve('sandbox/zonecfg.ts'), ...argv], {
        input,
        encoding: 'utf8',
        env: { ...process.env, SANDBOX_ROOT: root, SANDBOX_RELEASE: 'illumos' },
      })
    const made = run(['-z', 'lx1', '-f', '-'], 'create\nset zonepath=/zones/lx1\nset brand=lx')
    expect(made).toMatchObject({
      status: 0,
      stdout: "Use 'create' to begin configuring a new zone.\n",
      stderr: 'lx1: No such zone configured\n',
    })
    expect(run(['-z', 'lx1', 'export'], '')).toMatchObject({
      status: 0,
      stdout: 'create -b\nset zonepath=/zones/lx1\nset brand=lx\nset autoboot=false\nset ip-type=exclusive\n',
    })
    expect(run(['-z', 'lx1', 'delete'], '').status).toBe(1)
  })
})
