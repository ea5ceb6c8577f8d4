import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { commandFailed, hostUnreachable } from '#adapters/host-shell/command-failed.ts'
import type { PackagedArchives } from '#app/package-zone.ts'
import type { HostShell, RunOptions } from '#app/ports/hosts.ts'
import { archiveSystem, type ArchiveNeeds } from '#app/system-archive/archive-system.ts'
import { renderRestore } from '#app/system-archive/render-restore.ts'
import { repairArchive } from '#app/system-archive/repair-archive.ts'
import { requestArchive, requestRepair } from '#app/system-archive/request-archive.ts'
import type { SystemTree } from '#app/system-archive/system-tree.ts'
import { ProvisionError } from '#core/errors.ts'
import { Host } from '#core/host.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

const DIRECTORY = '/var/zoneflash/archive'

/** A host whose zones are lines of a table; what archive.sh does to them is done at once. */
class ZonesHost implements HostShell {
  readonly zones = new Map([
    ['web', 'running'],
    ['db', 'installed'],
    ['spare', 'configured'],
  ])
  extra = ''
  /** the zonepath of a zone that somebody detached before */
  detached = ''
  owner = ''
  readonly kept = new Map<string, string>()
  readonly asked: string[] = []
  /** fails the commands of archive.sh that it names */
  failing: Record<string, Error> = {}
  #before = new Map<string, string>()

  async run(argv: readonly [string, ...string[]], { input, signal }: RunOptions = {}): Promise<string> {
    signal?.throwIfAborted()
    const [, script = '', ...words] = argv
    if (argv[0] === '/usr/sbin/zoneadm')
      return ['0:global:running:/::native:shared', ...[...this.zones].map(lineOf), ''].join('\n')
    if (argv[0] === '/usr/sbin/zonecfg') return this.#configOf(words[0] ?? '')
    if (argv[0] === '/bin/rm') return this.#forget()
    if (script === `${DIRECTORY}/archive.sh`)
      return this.#archive(words, typeof input === 'string' ? input : '')
    if (argv[3] === 'take') return this.#take(argv[5] ?? '')
    if (argv[3] === 'detached') return argv[4] === this.detached ? 'yes\n' : ''
    if (argv[3] === 'owner') return `${this.owner}\n`
    return '/dev/dsk/c0t0d0s0\t/\tufs\trw\t0\nswap\t/tmp\ttmpfs\t0\n/proc\t/proc\tproc\t0\n'
  }

  stream(): Readable {
    throw new Error('nobody reads this host')
  }

  #configOf(zone: string): string {
    const net = zone === 'web' ? 'add net\nset address=192.0.2.10/24\nset physical=bge0\nend\n' : ''
    const more = zone === 'spare' ? this.extra : ''
    return `create -b\nset zonepath=/zones/${zone}\nset autoboot=${zone === 'web'}\nset ip-type=shared\n${net}${more}`
  }

  #take(owner: string): string {
    if (this.owner !== '') return `${this.owner}\n`
    this.owner = owner
    this.#before = new Map(this.zones)
    return 'new\n'
  }

  #forget(): string {
    this.owner = ''
    return ''
  }

  #archive([command = '', ...words]: string[], input: string): string {
    this.asked.push([command, ...words].join(' '))
    const failure = this.failing[command]
    if (failure) throw failure
    if (command === 'keep') this.kept.set(words[0] ?? '', input)
    if (command === 'halt') for (const zone of words.slice(2)) this.zones.set(zone, 'installed')
    if (command === 'detach') for (const zone of words) this.zones.set(zone, 'configured')
    if (command !== 'repair') return ''
    for (const [zone, state] of this.#before) this.zones.set(zone, state)
    this.#forget()
    return 'zone web is booted again\n'
  }
}

const lineOf = ([zone, state]: [string, string]) => `-:${zone}:${state}:/zones/${zone}::native:shared`

let host: ZonesHost
let needs: ArchiveNeeds & { audit: MemoryAuditLog; catalog: MemoryTemplateCatalog; queue: MemoryJobQueue }
let trees: SystemTree[]
let progress: { step: string; code?: string; notices?: readonly string[] }[]
let packing: (tree: SystemTree) => Promise<void>

beforeEach(async () => {
  host = new ZonesHost()
  trees = []
  progress = []
  packing = async () => undefined
  const hosts = new MemoryHostRegistry()
  await hosts.add(Host.parse({ name: 'old', transport: 'local', release: 's10u8' }))
  await hosts.add(Host.parse({ name: 'other', transport: 'local', release: 's10u8' }))
  await hosts.add(Host.parse({ name: 'far' }))
  const catalog = new MemoryTemplateCatalog()
  needs = {
    catalog,
    channels: new MemoryChannelStore(catalog),
    audit: new MemoryAuditLog(),
    hosts,
    queue: new MemoryJobQueue(),
    clock: new FakeClock(),
    openShell: () => host,
    readScript: async () => 'the script',
    async packageSystem(tree): Promise<PackagedArchives> {
      trees.push(tree)
      expect([...host.zones.values()], 'every zone is detached').toEqual(Array(3).fill('configured'))
      await packing(tree)
      const facts = { format: 'tar', compression: 'gzip', layout: 'zoneroot', entries: 0 } as const
      const blob = { sha256: 'a'.repeat(64), sha1: 'a'.repeat(40), size: 1, uncompressedSize: 1 }
      return { artifacts: [{ ...facts, ...blob }], entries: Readable.from([]), close: async () => undefined }
    },
  }
})

const how = { template: 'oldsys', host: 'old', allow: [], halt: true, exclude: ['/export/big'] }
const ask = (more: object = {}) => requestArchive({ ...how, version: '1', actor: 'ops', ...more }, needs)

async function run(more: object = {}, signal = new AbortController().signal): Promise<void> {
  await ask(more)
  await again(more, signal)
}

const again = (more: object = {}, signal = new AbortController().signal) =>
  archiveSystem({ ...how, version: '1', ...more }, signal, async (one) => void progress.push(one), needs)

const repair = () =>
  repairArchive({ host: 'old' }, new AbortController().signal, async (one) => void progress.push(one), needs)

const stateOf = async (version = '1') => (await needs.catalog.findVersion('oldsys', version))?.state ?? 'none'
const asFound = { web: 'running', db: 'installed', spare: 'configured' }
const expectAsFound = () => {
  expect(Object.fromEntries(host.zones)).toEqual(asFound)
  expect(host.owner).toBe('')
}

test('a host becomes a version of kind system with its zones, which are as they were', async () => {
  await run()
  expectAsFound()
  const { state, manifest } = await needs.catalog.getVersion('oldsys', '1')
  expect(state).toBe('ready')
  expect(manifest).toMatchObject({
    kind: 'system',
    brand: 'native',
    osFamily: 'solaris10',
    osRelease: 's10u8',
  })
  expect(
    manifest.capturedZones?.map(({ name, state: was, wasRunning }) => ({ name, was, wasRunning })),
  ).toEqual([
    { name: 'web', was: 'installed', wasRunning: true },
    { name: 'db', was: 'installed', wasRunning: false },
    { name: 'spare', was: 'configured', wasRunning: false },
  ])
  expect(host.asked).toEqual([
    'halt zlogin 120 web',
    'keep web.cfg',
    'keep db.cfg',
    'keep spare.cfg',
    'keep order',
    'detach web db',
    'repair',
  ])
  expect(host.kept.get('order')).toBe(
    'web installed running autoboot=true /zones/web\ndb installed halted autoboot=false /zones/db\nspare configured halted autoboot=false /zones/spare\n',
  )
  expect(host.kept.get('web.cfg')).toContain('set physical="bge0"')
  expect(trees[0]?.fileSystems).toEqual(['/'])
  expect(trees[0]?.emptied).toEqual(
    expect.arrayContaining([
      '/proc',
      '/tmp',
      '/var/run',
      DIRECTORY,
      '/zones/web/root/proc',
      '/zones/db/dev',
      '/export/big',
    ]),
  )
  expect(progress.at(-1)?.notices).toEqual([
    'zone web: net: interface bge0 with 192.0.2.10/24; where interfaces have other names, map it: --map OLD=NEW',
    expect.stringContaining('zone web: autoboot: '),
    'zone web is booted again',
  ])
})

test('what a zone that was detached before has in its zonepath travels too, and it stays detached', async () => {
  host.detached = '/zones/spare'
  await run()
  expect(trees[0]?.emptied).toContain('/zones/spare/root/proc')
  expect(host.asked).toContain('detach web db')
  const { manifest } = await needs.catalog.getVersion('oldsys', '1')
  expect(manifest.capturedZones?.[2]).toMatchObject({ name: 'spare', state: 'configured' })
  expectAsFound()
})

describe('nothing is done to a host', () => {
  test('on which a zone runs, unless it is to be halted', async () => {
    await expect(run({ halt: false })).rejects.toMatchObject({ code: 'ZonesRunning' })
    expect(host.asked).toEqual(['repair'])
    expectAsFound()
    expect(await stateOf()).toBe('none')
    expect(progress.at(-1)).toMatchObject({ step: 'failed', code: 'ZonesRunning' })
  })

  test('of which something is refused, unless that is allowed', async () => {
    host.extra = 'add device\nset match=/dev/rmt/0\nend\n'
    await expect(run()).rejects.toMatchObject({ code: 'ArchiveRefused' })
    expect(host.asked).toEqual(['repair'])
    await run({ version: '2', allow: ['device'] })
    const { manifest } = await needs.catalog.getVersion('oldsys', '2')
    expect(manifest.capturedZones?.[2]?.held).toEqual([
      { row: 'device', what: expect.stringMatching(/^device \/dev\/rmt\/0; it works/) },
    ])
  })

  test('while another version of it is made', async () => {
    await ask({ version: '7' })
    host.owner = 'oldsys_7'
    await expect(run()).rejects.toMatchObject({ code: 'HostBusy' })
    expect([host.asked, host.owner]).toEqual([[], 'oldsys_7'])
    await expect(repair()).rejects.toMatchObject({
      code: 'HostBusy',
    })
  })
})

describe('the zones are as they were', () => {
  test('when the archive fails', async () => {
    packing = async () => {
      throw commandFailed(['tar'], 2, 'no space')
    }
    await expect(run()).rejects.toMatchObject({ code: 'CommandFailed' })
    expectAsFound()
    expect(await stateOf()).toBe('none')
  })

  test('when a zone does not detach', async () => {
    host.failing = { detach: commandFailed(['sh'], 1, 'mounted') }
    await expect(run()).rejects.toMatchObject({ code: 'CommandFailed' })
    expectAsFound()
  })

  test('when the worker is told to stop; the version waits for the next try', async () => {
    const stop = new AbortController()
    packing = async () => {
      stop.abort(new Error('the worker is stopping'))
      throw new ProvisionError('unavailable', 'CommandStopped', 'tar was stopped')
    }
    await expect(run({}, stop.signal)).rejects.toMatchObject({ code: 'CommandStopped' })
    expectAsFound()
    expect(await stateOf()).toBe('building')
    packing = async () => undefined
    await again()
    expect(await stateOf()).toBe('ready')
  })

  test('when the version was deleted meanwhile', async () => {
    packing = async () => void (await needs.catalog.abandonBuild('oldsys', '1'))
    await expect(run()).rejects.toMatchObject({ code: 'VersionNotFound' })
    expectAsFound()
  })

  test.for(['oldsys_1', 'gone_3', '?'])('after a worker that died and left the host to %s', async (owner) => {
    await host.run(['/bin/sh', '-c', '', 'take', DIRECTORY, owner])
    if (owner !== '?') for (const zone of host.zones.keys()) host.zones.set(zone, 'configured')
    await run()
    expectAsFound()
    expect(await stateOf()).toBe('ready')
    expect(host.asked[0]).toBe(owner === '?' ? 'halt zlogin 120 web' : 'repair')
  })

  test('after a worker that died when the version was ready', async () => {
    await run()
    await host.run(['/bin/sh', '-c', '', 'take', DIRECTORY, 'oldsys_1'])
    host.zones.set('web', 'configured')
    await again()
    expectAsFound()
    expect(trees).toHaveLength(1)
  })

  test('after --repair, which says what it did, and nothing where nothing is left', async () => {
    await host.run(['/bin/sh', '-c', '', 'take', DIRECTORY, 'oldsys_1'])
    host.zones.set('web', 'configured')
    await repair()
    expect(progress.at(-1)?.notices).toEqual(['zone web is booted again'])
    expectAsFound()
    await repair()
    expect(progress.at(-1)?.notices).toEqual([])
  })
})

describe('a repair that fails', () => {
  test('says so, unless it is tried again', async () => {
    await host.run(['/bin/sh', '-c', '', 'take', DIRECTORY, 'oldsys_1'])
    host.failing = { repair: hostUnreachable(['ssh'], 255, 'gone') }
    await expect(repair()).rejects.toMatchObject({ kind: 'unavailable' })
    expect(progress).toEqual([])
    host.failing = { repair: commandFailed(['sh'], 1, 'zone web could not be attached again') }
    await expect(repair()).rejects.toMatchObject({ code: 'RepairFailed' })
    expect(progress).toEqual([{ step: 'failed', bytes: 0, code: 'RepairFailed' }])
  })
})

describe('a zone that resists', () => {
  const resisting = commandFailed(['sh'], 1, 'zone web could not be attached again')

  test('fails the job of a version that stays', async () => {
    host.failing = { repair: resisting }
    await expect(run()).rejects.toMatchObject({
      code: 'RepairFailed',
      message: expect.stringMatching(
        /zone web could not be attached again; mend it, then zoneflash host archive old --repair$/,
      ),
    })
    expect(await stateOf()).toBe('ready')
  })

  test('is said together with what stopped the archive', async () => {
    host.failing = { repair: resisting, detach: commandFailed(['sh'], 1, 'mounted') }
    await expect(run()).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringMatching(/mounted; not every zone of host old is as it was: zone web could not/),
    })
  })

  test('is tried again when the host went out of reach', async () => {
    host.failing = { repair: hostUnreachable(['ssh'], 255, 'gone') }
    await expect(run()).rejects.toMatchObject({ code: 'HostUnreachable', kind: 'unavailable' })
    expect(await stateOf()).toBe('ready')
    host.failing = {}
    await again()
    expectAsFound()
  })
})

describe('asking', () => {
  test('twice is asking once; for another host it is another version', async () => {
    const first = await ask()
    expect(await ask()).toEqual(first)
    expect(needs.queue.jobs.map(({ name, id }) => `${name} ${id}`)).toEqual([
      'archive-system package_oldsys_1',
    ])
    await expect(ask({ host: 'other' })).rejects.toMatchObject({ code: 'VersionExists' })
    expect((await needs.audit.list(10)).map(({ action, subject }) => `${action} ${subject}`)).toContain(
      'host.archive old',
    )
  })

  test('a host without transport is refused', async () => {
    await expect(ask({ host: 'far' })).rejects.toMatchObject({ code: 'HostUnreachable' })
    await expect(requestRepair({ host: 'far', actor: 'ops' }, needs)).rejects.toMatchObject({
      code: 'HostUnreachable',
    })
  })

  test('for the restore script: interfaces that no zone has, and versions without zones, are refused', async () => {
    await run()
    const wanted = { template: 'oldsys', version: 'stable', map: {}, allow: [], attach: 'strict' } as const
    const render = (more: object) =>
      renderRestore({ ...wanted, ...more }, { catalog: needs.catalog, library: '# library' })
    expect(await render({ map: { bge0: 'e1000g0' } })).toContain('set physical="e1000g0"')
    await expect(render({ map: { bge1: 'e1000g0' } })).rejects.toMatchObject({ code: 'InterfaceUnknown' })
    await needs.catalog.ensureTemplate('bare')
    const { manifest } = await needs.catalog.getVersion('oldsys', '1')
    const bare = { ...manifest, template: 'bare', capturedZones: [] }
    await needs.catalog.putVersion({ state: 'ready', manifest: bare }, new Map())
    await expect(render({ template: 'bare', version: '1' })).rejects.toMatchObject({
      code: 'NoCapturedZones',
    })
  })
})
