// Zones of a real sandbox host become versions: archives, a full ZFS stream, and an increment from the origin.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEntrySorter } from '#adapters/archive/sort-entries.ts'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { createConverter } from '#adapters/conversion/convert.ts'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import { writeLayer } from '#adapters/layer/write-layer.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { packageZone } from '#app/package-zone.ts'
import { parseConfig } from '#core/config.ts'
import { Host } from '#core/host.ts'
import { artifactExtension, type Artifact, type Manifest } from '#core/manifest.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

const SANDBOX = path.resolve(import.meta.dirname, '../../sandbox/bin/sandbox')
const name = `pack-${process.pid}`
const host = Host.parse({ name: 'golden', transport: `sandbox:${name}`, release: 'illumos' })
const catalog = new MemoryTemplateCatalog()
let work: string

describe.skipIf(process.getuid?.() !== 0)('on a sandbox host', () => {
  beforeAll(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'zoneflash-package-'))
    sandbox('create', name, '--pool-size', '1G', '--lifeline-pid', String(process.pid))
    const root = path.join(work, 'root')
    for (const directory of ['etc', 'usr/lib', 'dev', 'proc', 'tmp'])
      await mkdir(path.join(root, directory), { recursive: true })
    await writeFile(path.join(root, 'usr/lib/os-release'), 'ID=debian\nVERSION_ID="12"\n')
    // what both versions have: a layer without it is small
    await writeFile(path.join(root, 'usr/lib/bulk'), randomBytes(200_000))
    const image = spawnSync('tar', ['-C', root, '-czf', '-', '.']).stdout
    onHost('cat >/root/image.tgz', image)
    onHost(`printf 'create -b\\nset brand=lx\\nset zonepath=/zones/base\\n' >/root/base.cfg
      zonecfg -z base -f /root/base.cfg && zoneadm -z base install -t /root/image.tgz`)
  })
  afterAll(async () => {
    sandbox('destroy', name)
    await rm(work, { recursive: true, force: true })
  })

  test('an installed zone is refused, a detached one gets archives and a stream', async () => {
    await expect(pack('base', 'base')).rejects.toMatchObject({ code: 'ZoneNotDetached' })
    onHost('zoneadm -z base detach')
    const manifest = await pack('base', 'base')
    expect(manifest.artifacts.map(artifactExtension)).toEqual(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs'])
    expect(manifest).toMatchObject({ brand: 'lx', osRelease: 'debian-12' })
    const [archive] = manifest.artifacts
    const stream = manifest.artifacts.at(-1)
    expect(stream).toMatchObject({
      layout: 'zonepath',
      zfs: { zplVersion: 4, pool: 15, sameTreeAs: archive?.sha256 },
    })
    expect(await pathsOf(stream)).toEqual(
      expect.arrayContaining(['SUNWdetached.xml', 'root', 'root/usr/lib/bulk']),
    )
  })

  test('a clone of the snapshot that was sent gets an increment from its origin, and layers', async () => {
    onHost(`zoneadm -z base attach && snapshot=\`zfs list -H -t snapshot -o name | grep '@zoneflash-1$'\`
      printf 'create -t base\\nset zonepath=/zones/web\\n' >/root/web.cfg && zonecfg -z web -f /root/web.cfg &&
      zoneadm -z web clone -s "$snapshot" base && zoneadm -z web detach`)
    const manifest = await pack('web', 'web', { template: 'base', version: '1' })
    const [full, increment] = manifest.artifacts.slice(3)
    const base = (await catalog.getVersion('base', '1')).manifest.artifacts[3]
    expect(increment).toMatchObject({ format: 'zfs-incremental', fromGuid: base?.guid, guid: full?.guid })
    expect(increment?.size).toBeLessThan(full?.size ?? 0)
    // read on its base, which is another version's
    expect(await pathsOf(increment)).toEqual(await pathsOf(full))
    const layers = manifest.artifacts.slice(5)
    expect(layers.map(artifactExtension)).toEqual(['layer.tar.gz', 'layer.tar.zst'])
    for (const layer of layers) expect(layer.size).toBeLessThan(2000)
  })

  test('a zone that lies in no ZFS gets streams all the same, and a pool that sent the origin takes the increment', async () => {
    onHost(`mkdir -p /plain && printf 'create -t base\nset zonepath=/plain/app\n' >/root/app.cfg &&
      zonecfg -z app -f /root/app.cfg && zoneadm -z app install -t /root/image.tgz && cd /plain/app/root &&
      echo new >usr/lib/new && ln usr/lib/new usr/lib/same && rm usr/lib/os-release &&
      ln -s new usr/lib/os-release && chmod 2750 tmp && zoneadm -z app detach`)
    const manifest = await pack('app', 'app', { template: 'base', version: '1' })
    const names = manifest.artifacts.map(artifactExtension)
    expect(names.slice(0, 5)).toEqual(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs', 'izfs'])
    const [, archive, , full, increment] = manifest.artifacts
    expect(full).toMatchObject({ derivedFrom: archive?.sha256, guid: increment?.guid })
    expect(increment?.size).toBeLessThan(60_000)
    const received = (dataset: string) =>
      `pool=$(zfs list -H -o name | sed 1q); zfs receive $pool/${dataset} &&
       zfs set mountpoint=/got/${dataset} $pool/${dataset}; zfs mount $pool/${dataset} 2>/dev/null || :
       list() { (cd "$1" && find . ! -name SUNWdetached.xml -printf '%P %y %m %U %G %l %n\\n' | sort && find . -type f ! -name SUNWdetached.xml -exec sha256sum {} + | sort); }
       list /plain/app/root >/tmp/there; list /got/${dataset}/root >/tmp/got; diff /tmp/there /tmp/got; test -s /tmp/got
       cmp /plain/app/SUNWdetached.xml /got/${dataset}/SUNWdetached.xml`
    onHost(received('full'), await bytesOf(full))
    onHost(received('increment'), await bytesOf(increment))
    onHost(`zfs get -H -o value origin $(zfs list -H -o name | sed 1q)/increment | grep base@zoneflash-1`)
  })
})

async function bytesOf(artifact: Artifact | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  const { root } = parseConfig({ ZONEFLASH_DATA: work }).blobs
  for await (const chunk of await new FileBlobStore(root).open(artifact?.sha256 ?? ''))
    chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function pathsOf(artifact: Artifact | undefined): Promise<string[]> {
  const paths: string[] = []
  for await (const entry of catalog.entries(artifact?.sha256 ?? '')) paths.push(entry.path)
  return paths
}

function sandbox(...args: string[]): void {
  const { status, stderr } = spawnSync(SANDBOX, args, { encoding: 'utf8' })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
}

function onHost(script: string, input: string | Buffer = ''): void {
  const { status, stderr } = spawnSync(SANDBOX, ['enter', name, '--', 'sh', '-ec', script], { input })
  expect({ status, stderr: status === 0 ? '' : String(stderr) }).toEqual({ status: 0, stderr: '' })
}

async function pack(template: string, zone: string, origin?: Manifest['origin']): Promise<Manifest> {
  const config = parseConfig({ ZONEFLASH_DATA: work })
  const blobs = new FileBlobStore(config.blobs.root)
  const hosts = new MemoryHostRegistry()
  await hosts.add(host)
  await catalog.ensureTemplate(template)
  const planned = {
    template,
    version: '1',
    brand: 'unknown',
    osFamily: 'illumos',
    artifacts: [],
    madeBy: 'package',
  } as const
  const made = { createdBy: 'ci', createdAt: '2026-11-20T11:00:00.000Z', ...(origin && { origin }) }
  await catalog.putVersion({ state: 'building', manifest: { ...planned, artifacts: [], ...made } }, new Map())
  const { limits } = config
  const spoolDirectory = path.join(config.blobs.root, 'incoming')
  await packageZone(
    { template, version: '1', host: 'golden', zone },
    new AbortController().signal,
    async () => undefined,
    {
      catalog,
      channels: new MemoryChannelStore(catalog),
      audit: new MemoryAuditLog(),
      hosts,
      blobs,
      queue: new MemoryJobQueue(),
      clock: new FakeClock(),
      indexer: openStreamIndexer(config),
      openShell: openHostShell,
      packageArchives: (tree) => packageArchives(tree, { blobs, limits, spoolDirectory }),
      writeLayer: (request) => writeLayer(request, { blobs, spoolDirectory }),
      convert: createConverter({ blobs, limits, spoolDirectory }),
      sortEntries: openEntrySorter(config),
    },
  )
  return (await catalog.getVersion(template, '1')).manifest
}
