import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { commandFailed, hostUnreachable } from '#adapters/host-shell/command-failed.ts'
import { packageZone, type PackagedArchives } from '#app/package-zone.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import { parseConfig } from '#core/config.ts'
import type { Entry } from '#core/entry.ts'
import { Host } from '#core/host.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

const job = { template: 'web', version: '1.0', host: 'golden', zone: 'web' }
const detachedXml = `<?xml version="1.0"?>
<!DOCTYPE zone PUBLIC "-//Sun Microsystems Inc//DTD Zones//EN" "file:///usr/share/lib/xml/dtd/zonecfg.dtd.1">
<zone name="web" zonepath="/zones/web" autoboot="false" brand="lx"/>
`
const entry: Entry = {
  path: 'etc/passwd',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  sha256: 'b'.repeat(64),
}
const archive = {
  ...({
    format: 'tar',
    compression: 'gzip',
    layout: 'zoneroot',
    entries: 1,
    size: 3,
    uncompressedSize: 9,
  } as const),
  sha256: 'a'.repeat(64),
  sha1: 'a'.repeat(40),
}

/** A host that answers with what was recorded, and fails on every other command. */
class RecordedShell implements HostShell {
  readonly asked: string[] = []
  readonly #answers: Record<string, string | Error>

  constructor(answers: Record<string, string | Error>) {
    this.#answers = answers
  }

  async run(argv: readonly [string, ...string[]]): Promise<string> {
    const command = argv.join(' ')
    this.asked.push(command)
    const answer = this.#answers[command]
    if (answer instanceof Error) throw answer
    if (answer === undefined) throw commandFailed(argv, 1, `${argv[0]}: not recorded`)
    return answer
  }

  stream(argv: readonly [string, ...string[]]): Readable {
    return Readable.from(this.#output(argv))
  }

  async *#output(argv: readonly [string, ...string[]]): AsyncGenerator<Buffer> {
    yield Buffer.from(await this.run(argv))
  }
}

const detached = {
  '/usr/sbin/zoneadm -z web list -p': '-:web:configured:/zones/web::lx:excl\n',
  'cat /zones/web/SUNWdetached.xml': detachedXml,
  'cat /zones/web/root/usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\n',
}

let directory: string
let catalog: MemoryTemplateCatalog
let queue: MemoryJobQueue
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-package-'))
  catalog = new MemoryTemplateCatalog()
  queue = new MemoryJobQueue()
  await catalog.ensureTemplate('web')
  await putBuilding()
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function putBuilding(): Promise<void> {
  const made = { madeBy: 'package', createdBy: 'ci', createdAt: '2026-11-20T11:00:00.000Z' } as const
  const manifest = {
    template: 'web',
    version: '1.0',
    brand: 'unknown',
    osFamily: 'illumos',
    artifacts: [],
    ...made,
  } as const
  await catalog.putVersion({ state: 'building', manifest: { ...manifest, artifacts: [] } }, new Map())
}

async function run(
  shell: HostShell,
  signal = new AbortController().signal,
  meanwhile = async (): Promise<void> => undefined,
): Promise<void> {
  const hosts = new MemoryHostRegistry()
  await hosts.add(Host.parse({ name: 'golden', transport: 'local', release: 'illumos' }))
  const config = parseConfig({ ZONEFLASH_DATA: directory })
  await packageZone(job, signal, async () => undefined, {
    catalog,
    channels: new MemoryChannelStore(catalog),
    audit: new MemoryAuditLog(),
    hosts,
    queue,
    clock: new FakeClock(),
    blobs: new FileBlobStore(config.blobs.root),
    indexer: openStreamIndexer(config),
    openShell: () => shell,
    packageArchives: async (): Promise<PackagedArchives> => {
      await meanwhile()
      return { artifacts: [archive], entries: Readable.from([entry]), close: async () => undefined }
    },
  })
}

test('a detached zone becomes a ready version that says what the zone is', async () => {
  await run(new RecordedShell(detached))
  const { manifest, state } = await catalog.getVersion('web', 'stable')
  expect(state).toBe('ready')
  expect(manifest).toMatchObject({
    version: '1.0',
    brand: 'lx',
    osFamily: 'linux',
    osRelease: 'debian-12',
    artifacts: [archive],
    madeBy: 'package',
    createdBy: 'ci',
  })
  expect(manifest.zonecfg).toContain('set zonepath="/zones/web"')
  expect((await catalog.getTemplate('web')).channels).toEqual({ candidate: '1.0', stable: '1.0' })
})

test('the job run again after its end changes nothing and asks the host nothing', async () => {
  await run(new RecordedShell(detached))
  const shell = new RecordedShell({})
  await run(shell)
  expect(shell.asked).toEqual([])
})

test('the job run again does not take candidate back from a version that came later', async () => {
  await run(new RecordedShell(detached))
  const { manifest } = await catalog.getVersion('web', '1.0')
  const later = { ...manifest, version: '2.0', createdAt: '2026-11-20T11:30:00.000Z' }
  await catalog.putVersion({ state: 'ready', manifest: later }, new Map())
  await catalog.setChannel('web', 'candidate', '2.0')
  await run(new RecordedShell({}))
  expect((await catalog.getTemplate('web')).channels).toEqual({ candidate: '2.0', stable: '1.0' })
})

describe('a zone is refused, and the version does not stay behind', () => {
  const line = (state: string) => ({
    ...detached,
    '/usr/sbin/zoneadm -z web list -p': `3:web:${state}:/zones/web:u:lx:excl\n`,
  })
  const unknown = commandFailed(['zoneadm'], 1, 'zoneadm: web: No such zone configured')
  test.for([
    ['running', 'ZoneRunning', line('running')],
    ['installed', 'ZoneNotDetached', line('installed')],
    [
      'without SUNWdetached.xml',
      'ZoneNotDetached',
      {
        ...line('configured'),
        'cat /zones/web/SUNWdetached.xml': commandFailed(['cat'], 1, 'no such file'),
      },
    ],
    ['unknown', 'ZoneNotFound', { '/usr/sbin/zoneadm -z web list -p': unknown }],
  ] as const)('one that is %s: %s', async ([, code, answers]) => {
    await expect(run(new RecordedShell(answers))).rejects.toMatchObject({ code })
    expect((await catalog.findVersion('web', '1.0'))?.state ?? 'deleted').toBe('deleted')
    expect(
      queue.jobs.map(({ name, data }) => ({ name, data })),
      'its snapshot',
    ).toEqual([{ name: 'release', data: job }])
  })
})

test('a version that was deleted while it was packed does not come back', async () => {
  const shell = new RecordedShell(detached)
  const deletedMeanwhile = async (): Promise<void> => catalog.setState('web', '1.0', 'deleted')
  await expect(run(shell, undefined, deletedMeanwhile)).rejects.toMatchObject({ code: 'VersionNotFound' })
  expect(await catalog.findVersion('web', '1.0')).toBeUndefined()
  expect(queue.jobs.map(({ name }) => name)).toEqual(['release'])
})

test('a version that another worker finished meanwhile stays as that one left it', async () => {
  const finishedMeanwhile = async (): Promise<void> => {
    const { manifest } = await catalog.getVersion('web', '1.0')
    await catalog.putVersion({ state: 'ready', manifest: { ...manifest, notes: 'the other one' } }, new Map())
  }
  await run(new RecordedShell(detached), undefined, finishedMeanwhile)
  expect(await catalog.getVersion('web', 'stable')).toMatchObject({
    state: 'ready',
    manifest: { notes: 'the other one' },
  })
})

test('a host that does not answer leaves the version to the next attempt', async () => {
  const silent = hostUnreachable(['zoneadm'], 255, 'ssh: connect to host: timed out')
  await expect(run(new RecordedShell({ '/usr/sbin/zoneadm -z web list -p': silent }))).rejects.toMatchObject({
    code: 'HostUnreachable',
  })
  expect((await catalog.findVersion('web', '1.0'))?.state).toBe('building')
  await run(new RecordedShell(detached))
  expect((await catalog.findVersion('web', '1.0'))?.state).toBe('ready')
})
