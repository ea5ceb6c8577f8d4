// A host's zones are taken to rest, detached and taken back, and restored elsewhere, under every shell.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { readArchiveScript, readRestoreLibrary } from '#adapters/finish-scripts/read-archive-scripts.ts'
import { readFinishScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { renderInstallScript } from '#core/install-script.ts'
import { CapturedZone } from '#core/manifest.ts'
import { renderRestoreScript, type RestoreOptions } from '#core/system-archive/restore-script.ts'
import { exampleSystemPlan } from '../core/example-plan.ts'
import { shellFamilies } from './shells.ts'

const stubs = path.join(import.meta.dirname, 'stub-bin')

let base: string
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'system-archive-'))
  mkdirSync(path.join(base, 'stub/zones'), { recursive: true })
  writeFileSync(path.join(base, 'stub/commands'), '')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const placeOf = (zone: string) => path.join(base, 'zones', zone)

function addZone(zone: string, state: string): void {
  const directory = path.join(base, 'stub/zones', zone)
  mkdirSync(directory, { recursive: true })
  mkdirSync(path.join(placeOf(zone), 'root'), { recursive: true })
  writeFileSync(path.join(directory, 'state'), `${state}\n`)
  writeFileSync(path.join(directory, 'config'), `set zonepath="${placeOf(zone)}"\n`)
}

const stateOf = (zone: string) => {
  const file = path.join(base, 'stub/zones', zone, 'state')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : 'none'
}

/** What was asked of zoneadm and zonecfg since the last call. */
function commands(): string[] {
  const file = path.join(base, 'stub/commands')
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('zone') ? [line.trim()] : []))
  writeFileSync(file, '')
  return lines
}

function run(shell: readonly [string, ...string[]], args: readonly string[], input = '', env = {}) {
  const [command, ...options] = shell
  const { status, stdout, stderr } = spawnSync(command, [...options, ...args], {
    encoding: 'utf8',
    input,
    env: {
      PATH: `${stubs}:/usr/bin:/bin`,
      STUB: path.join(base, 'stub'),
      ZONEFLASH_STATE: path.join(base, 'zoneflash'),
      ...env,
    },
  })
  return { status, stdout, stderr }
}

describe.each(shellFamilies.map((shell) => ({ shell, name: shell.join(' ') })))(
  'archive.sh in $name',
  ({ shell }) => {
    const directory = () => path.join(base, 'zoneflash/archive')
    const archive = (words: readonly string[], input = '', env = {}) =>
      run(shell, [path.join(directory(), 'archive.sh'), ...words], input, env)

    beforeEach(async () => {
      mkdirSync(directory(), { recursive: true })
      writeFileSync(path.join(directory(), 'archive.sh'), await readArchiveScript())
      addZone('web', 'running')
      addZone('db', 'installed')
    })

    test('halts, captures and detaches, and repair takes all of it back in order', () => {
      addZone('app', 'running')
      expect(archive(['halt', 'zlogin', '0', 'app', 'web'])).toMatchObject({ status: 0 })
      expect(archive(['keep', 'web.cfg'], 'create -b\n')).toMatchObject({ status: 0 })
      expect(archive(['detach', 'web', 'app', 'db'])).toMatchObject({ status: 0, stderr: '' })
      expect(['web', 'app', 'db'].map(stateOf)).toEqual(['configured', 'configured', 'configured'])
      expect(readFileSync(path.join(base, 'zoneflash/captured/web.cfg'), 'utf8')).toBe('create -b\n')
      // a worker died here, and the next one does the same
      expect(archive(['detach', 'web', 'app', 'db'])).toMatchObject({ status: 0, stderr: '' })
      commands()
      expect(archive(['repair'])).toEqual({
        status: 0,
        stderr: '',
        stdout:
          'zone web is attached again\nzone app is attached again\nzone db is attached again\nzone web is booted again\nzone app is booted again\n',
      })
      expect(['web', 'app', 'db'].map(stateOf)).toEqual(['running', 'running', 'installed'])
      expect(existsSync(directory())).toBe(false)
      expect(existsSync(path.join(base, 'zoneflash/captured'))).toBe(false)
    })

    test('captures that the host was installed with are its own afterwards', () => {
      const own = path.join(base, 'zoneflash/captured')
      mkdirSync(own)
      writeFileSync(path.join(own, 'held.cfg'), 'create -b\n')
      expect(archive(['keep', 'web.cfg'], 'create -b\n')).toMatchObject({ status: 0 })
      expect(archive(['keep', 'order'], 'web\n')).toMatchObject({ status: 0 })
      expect(readdirSync(own).toSorted()).toEqual(['order', 'web.cfg'])
      expect(archive(['repair'])).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(readdirSync(own)).toEqual(['held.cfg'])
    })

    test('a run that captured nothing leaves the captures of the host', () => {
      const own = path.join(base, 'zoneflash/captured')
      mkdirSync(own)
      writeFileSync(path.join(own, 'held.cfg'), 'create -b\n')
      expect(archive(['repair'])).toMatchObject({ status: 0 })
      expect(readdirSync(own)).toEqual(['held.cfg'])
    })

    test('what the journal says before it was done needs no repair', () => {
      writeFileSync(path.join(directory(), 'journal'), 'halt web\ndetach db\n')
      expect(archive(['repair'])).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(commands()).toEqual([])
    })

    test('one that does not attach keeps neither the others nor the journal', () => {
      expect(archive(['halt', 'zlogin', '0', 'web']).status).toBe(0)
      expect(archive(['detach', 'db', 'web']).status).toBe(0)
      const failed = archive(['repair'], '', { STUB_FAIL: 'db attach' })
      expect(failed.status).toBe(1)
      expect(failed.stderr).toContain('zone db could not be attached again')
      expect(stateOf('web')).toBe('running')
      expect(commands()).toContain('zoneadm -z db attach -F')
      expect(archive(['repair'])).toMatchObject({ status: 0, stdout: 'zone db is attached again\n' })
      expect([stateOf('db'), existsSync(directory())]).toEqual(['installed', false])
    })

    test('what a dead worker began is ended first; a stranger that has its number by now is not', async () => {
      const lingering = spawn('sh', ['-c', 'trap "exit 3" 15; while :; do sleep 0.05; done', '/x/archive.sh'])
      onTestFinished(() => void lingering.kill('SIGKILL'))
      const ended = once(lingering, 'exit')
      writeFileSync(path.join(directory(), 'pid'), `${lingering.pid}\n`)
      expect(archive(['repair'])).toMatchObject({ status: 0, stderr: '' })
      expect((await ended)[0]).toBe(3)
      mkdirSync(directory())
      writeFileSync(path.join(directory(), 'archive.sh'), await readArchiveScript())
      writeFileSync(path.join(directory(), 'pid'), `${process.pid}\n`)
      expect(archive(['repair'])).toMatchObject({ status: 0, stderr: '' })
    })

    test('a zone that is gone is said, and a command that nobody knows is refused', () => {
      writeFileSync(path.join(directory(), 'journal'), 'detach gone\n')
      const failed = archive(['repair'])
      expect(failed.status).toBe(1)
      expect(failed.stderr).toContain("zone gone is not detached any more: its state is ''")
      expect(archive(['destroy'])).toMatchObject({
        status: 1,
        stderr: "archive.sh has no command 'destroy'\n",
      })
    })
  },
)

describe.each(shellFamilies.map((shell) => ({ shell, name: shell.join(' ') })))(
  'restore-zones.sh in $name',
  ({ shell }) => {
    const captured = (zone: string, more: object = {}) =>
      CapturedZone.parse({
        name: zone,
        wasRunning: true,
        zonepath: placeOf(zone),
        brand: 'native',
        autoboot: false,
        zonecfg: `create -b\nset zonepath="${placeOf(zone)}"\n`,
        warnings: [],
        ...more,
      })
    const restore = async (
      zones: readonly CapturedZone[],
      options: Partial<RestoreOptions> = {},
      env = {},
    ) => {
      const system = { template: 'oldsys', version: '1', zones }
      const settings = { osFamily: 'solaris10', interfaceMap: {}, ...options } as const
      return run(shell, [], renderRestoreScript(system, settings, await readRestoreLibrary()), env)
    }

    /** As it is on a host that was installed with the system. */
    const unpack = (zone: string) => {
      addZone(zone, 'configured')
      writeFileSync(path.join(placeOf(zone), 'SUNWdetached.xml'), `<zone name="${zone}"/>`)
      mkdirSync(path.join(base, 'zoneflash/captured'), { recursive: true })
      writeFileSync(path.join(base, 'zoneflash/captured', `${zone}.cfg`), 'create -b\n')
    }

    test('zones are configured anew, attached and booted in order; once', async () => {
      for (const zone of ['web', 'db']) unpack(zone)
      const zones = [captured('web'), captured('db', { wasRunning: false })]
      expect(await restore(zones)).toEqual({
        status: 0,
        stderr: '',
        stdout: 'zone web is attached\nzone web is booted\nzone db is attached\n',
      })
      expect(commands().filter((line) => !line.includes('-f'))).toEqual([
        'zonecfg -z web delete -F',
        'zoneadm -z web attach',
        'zoneadm -z web boot',
        'zonecfg -z db delete -F',
        'zoneadm -z db attach',
      ])
      // an administrator halts it: that is the administrator's affair
      addZone('web', 'installed')
      expect((await restore(zones)).stdout).toBe(
        'zone web was restored before\nzone db was restored before\n',
      )
      expect(commands()).toEqual([])
    })

    test('a zone that autoboots is booted, one that was only configured is not attached', async () => {
      for (const zone of ['web', 'spare']) unpack(zone)
      rmSync(path.join(placeOf('spare'), 'root'), { recursive: true })
      const zones = [
        captured('web', { wasRunning: false, autoboot: true }),
        captured('spare', { state: 'configured', wasRunning: false }),
      ]
      expect(await restore(zones, { attach: 'update' })).toMatchObject({ status: 0 })
      expect(['web', 'spare'].map(stateOf)).toEqual(['running', 'configured'])
      expect(commands()).toContain('zoneadm -z web attach -u')
    })

    test('a zone that is not of the capture is never touched', async () => {
      addZone('web', 'installed')
      addZone('db', 'configured')
      addZone('other', 'running')
      const { status, stdout } = await restore([captured('web'), captured('db')])
      expect(status).toBe(0)
      expect(stdout).toContain('zone web is here already (state installed) and not of the capture')
      expect(stdout).toContain('zone db is here already (state configured) and not of the capture')
      expect(commands()).toEqual([])
    })

    test('what is missing on the host is said, the other zones are restored all the same', async () => {
      for (const zone of ['web', 'db', 'gone']) unpack(zone)
      rmSync(path.join(placeOf('gone'), 'root'), { recursive: true })
      const lofs = `add fs\nset dir="/data"\nset special="${base}/my data"\nset type="lofs"\nend\n`
      const web = captured('web', { zonecfg: `create -b\nset zonepath="${placeOf('web')}"\n${lofs}` })
      const zones = [web, captured('gone'), captured('db')]
      const { status, stderr } = await restore(zones)
      expect(status).toBe(1)
      expect(stderr).toContain(`make them first:\n${base}/my data\nzone web was not restored\n`)
      expect(stderr).toContain(`its files are not here: there is no ${placeOf('gone')}/root`)
      expect(stderr).toContain('not restored: web gone\n')
      expect(['web', 'gone', 'db'].map(stateOf)).toEqual(['configured', 'configured', 'running'])
      mkdirSync(path.join(base, 'my data'))
      mkdirSync(path.join(placeOf('gone'), 'root'))
      expect(await restore(zones)).toMatchObject({ status: 0 })
      expect(['web', 'gone', 'db'].map(stateOf)).toEqual(['running', 'running', 'running'])
    })

    test('what was only allowed is left until it is allowed here too', async () => {
      unpack('web')
      const web = captured('web', { held: [{ row: 'device', what: 'device /dev/rmt/0; look' }] })
      const left = await restore([web])
      expect(left).toMatchObject({ status: 0 })
      expect(left.stdout).toContain('allowed:\ndevice: device /dev/rmt/0; look\n')
      expect([stateOf('web'), commands()]).toEqual(['configured', []])
      expect(await restore([web], { allow: ['device'] })).toMatchObject({ status: 0 })
      expect(stateOf('web')).toBe('running')
    })

    test.each(['zonecfg', 'attach', 'boot'])('a run that fails at %s is gone on with', async (step) => {
      unpack('web')
      const failed = await restore([captured('web')], {}, { STUB_FAIL: `web ${step}` })
      expect(failed).toMatchObject({ status: 1 })
      expect(failed.stderr).toContain('told to fail')
      expect(await restore([captured('web')])).toMatchObject({ status: 0 })
      expect(stateOf('web')).toBe('running')
    })

    test('an installed system keeps what tells its zones from strangers, and nothing else of the golden host', () => {
      for (const file of ['captured/web.cfg', 'zones/web/finished', 'undo']) {
        const place = path.join(base, 'root/var/zoneflash', file)
        mkdirSync(path.dirname(place), { recursive: true })
        writeFileSync(place, '')
      }
      const files = ['lib.sh', 'zoneroot.sh', 'identity.sh'].map((name) =>
        readFileSync(path.join(import.meta.dirname, '../../finish-scripts', name), 'utf8'),
      )
      const script = [...files, `zone_root=${base}/root`, 'drop_provisioning'].join('\n')
      expect(run(shell, [], script)).toMatchObject({ status: 0, stderr: '' })
      expect(readdirSync(path.join(base, 'root/var/zoneflash'), { recursive: true })).toEqual([
        'captured',
        'captured/web.cfg',
      ])
      rmSync(path.join(base, 'root/var/zoneflash/captured'), { recursive: true })
      expect(run(shell, [], script)).toMatchObject({ status: 0, stderr: '' })
      expect(existsSync(path.join(base, 'root/var/zoneflash'))).toBe(false)
    })
  },
)

test.skipIf(process.getuid?.() !== 0)(
  'the first boot of a host that was installed with a flash archive of the system restores its zones',
  async () => {
    addZone('web', 'configured')
    writeFileSync(path.join(placeOf('web'), 'SUNWdetached.xml'), '<zone name="web"/>')
    mkdirSync(path.join(base, 'zoneflash/captured'), { recursive: true })
    writeFileSync(path.join(base, 'zoneflash/captured/web.cfg'), 'create -b\n')
    const net = 'add net\nset address="192.0.2.10/24"\nset physical="bge0"\nend\n'
    const web = CapturedZone.parse({
      name: 'web',
      wasRunning: true,
      zonepath: placeOf('web'),
      brand: 'native',
      autoboot: false,
      zonecfg: `create -b\nset zonepath="${placeOf('web')}"\n${net}`,
      warnings: [],
    })
    const { system, ...plan } = exampleSystemPlan()
    if (!system) throw new Error('the example has no system')
    const format = 'flar' as const
    const brought = { ...system, format, capturedZones: [web], interfaceMap: { bge0: 'lo' } }
    const script = renderInstallScript(
      { ...plan, system: brought, templates: [], zones: [], zonesCome: 'first-boot' },
      { token: 'zi_x', baseUrl: 'http://127.0.0.1:1', phase: 'first-boot' },
      await readFinishScripts(),
    )
    const { status, stdout, stderr } = run(['dash'], [], script, { ZONEFLASH_LOG: path.join(base, 'log') })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('zoneflash: system done\n')
    expect(stateOf('web')).toBe('running')
    expect(readFileSync(path.join(base, 'stub/zones/web/config'), 'utf8')).toContain('set physical="lo"')
  },
)
