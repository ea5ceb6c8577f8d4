// Versions that came as ZFS streams, beside the same trees that came as archives: files, differences and hygiene are the same.
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFileReader } from '#adapters/archive/read-files.ts'
import { createEntrySorter } from '#adapters/archive/sort-entries.ts'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { checkHygiene } from '#app/check-hygiene.ts'
import { diffVersions } from '#app/diff-versions.ts'
import { listFiles } from '#app/list-files.ts'
import { pushVersion } from '#app/push-version.ts'
import { parseConfig } from '#core/config.ts'
import type { DiffLine } from '#core/diff/line.ts'
import type { Manifest, VersionFacts } from '#core/manifest.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { shell, zoneTree } from '#test/archives.ts'
import { systemClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

let work: string
let spool: string
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'stream-versions-'))
  spool = await mkdtemp(path.join(tmpdir(), 'spool-'))
  shell(work, `mkdir root; cd root; ${zoneTree}`)
  shell(
    work,
    `mkdir -p root/root/.ssh; echo 'root:x:0:0::/root:/bin/sh' >root/etc/passwd; echo ssh-rsa >root/root/.ssh/authorized_keys`,
  )
  shell(
    work,
    `ln root/etc/passwd root/etc/passwd-; truncate -s 1M root/var/sparse; echo end >>root/var/sparse`,
  )
  shell(work, `echo '<zone name="web" zonepath="/zones/web" autoboot="true" brand="lx"/>' >SUNWdetached.xml`)
})
afterAll(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(work, { recursive: true })
  await rm(spool, { recursive: true })
})

const catalog = new MemoryTemplateCatalog()
const needs = {
  catalog,
  blobs: new MemoryBlobStore(),
  audit: new MemoryAuditLog(),
  clock: systemClock,
  channels: new MemoryChannelStore(catalog),
  limits: { maxBytes: 2 ** 30 },
  get indexer() {
    return new StreamIndexer(spool, parseConfig({}).limits)
  },
  get readFiles() {
    return createFileReader({ directory: spool, maxBytes: 2 ** 30 })
  },
  get sortEntries() {
    return createEntrySorter(spool)
  },
}

async function push(
  template: string,
  version: string,
  bytes: Uint8Array,
  facts: VersionFacts = {},
): Promise<Manifest> {
  await catalog.ensureTemplate(template)
  const { record } = await pushVersion(
    { template, facts: { version, ...facts }, actor: 'test' },
    Readable.from([bytes]),
    needs,
  )
  return record.manifest
}

async function streamOf(directory: string, zpl: 4 | 5): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeFullStream(new DirectorySource(directory), { zpl, snapshot: 'x' }))
    chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function allOf<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}

const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, `../fixtures/zfs/${name}.zfs`))

async function diff(template: string, from: string, to: string): Promise<DiffLine[]> {
  const versions = { from: { template, version: from }, to: { template, version: to } }
  return allOf(diffVersions({ ...versions, facts: true, times: true }, needs))
}

const hygiene = (manifest: Manifest) => checkHygiene({ manifest, exceptions: [], ownNames: ['zone'] }, needs)

test('a tree is the same version however it came', async () => {
  const brand = { brand: 'lx' }
  const tar = await push('web', '1-tar', shell(path.join(work, 'root'), 'tar --format=pax -czf - .'), brand)
  const ways: [string, Uint8Array, VersionFacts][] = [
    ['1-zpl5', await streamOf(path.join(work, 'root'), 5), brand],
    ['1-zpl4', shell('/', 'zstd -qc', await streamOf(path.join(work, 'root'), 4)), brand],
    // its SUNWdetached.xml says the brand
    ['1-zonepath', await streamOf(work, 5), {}],
  ]
  const found = await hygiene(tar)
  expect(found.findings.map(({ rule, path: at }) => `${rule} ${at}`)).toEqual(
    expect.arrayContaining(['authorized-keys root/.ssh/authorized_keys', 'nodename etc/hostname']),
  )
  for (const [version, bytes, facts] of ways) {
    const manifest = await push('web', version, bytes, facts)
    expect(manifest, version).toMatchObject({ brand: 'lx', artifacts: [{ format: 'zfs' }] })
    const lines = await diff('web', '1-tar', version)
    expect(lines.slice(1, -1), version).toEqual([])
    expect(lines.at(-1)).toMatchObject({
      kind: 'total',
      files: { added: 0, removed: 0, changed: 0 },
      times: 0,
    })
    const same = await hygiene(manifest)
    const byPath = (one: object[]) => one.map((finding) => JSON.stringify(finding)).toSorted()
    expect(byPath(same.findings), version).toEqual(byPath(found.findings))
  }
  expect(await catalog.findVersion('web', '1-zonepath')).toMatchObject({
    manifest: { zonecfg: expect.stringContaining('lx') },
  })
})

test('an increment alone is a version whose files are read on its base', async () => {
  await push('old', '1-full', fixture('full'), { brand: 'lx' })
  const origin = { template: 'old', version: '1-full' }
  const manifest = await push('new', '1-increment', shell('/', 'gzip -c', fixture('incremental')), {
    brand: 'lx',
    origin,
  })
  expect(manifest.artifacts).toMatchObject([
    { format: 'zfs-incremental', compression: 'gzip', layout: 'zonepath' },
  ])
  const { findings } = await hygiene(manifest)
  expect(findings).toMatchObject(
    expect.arrayContaining(
      [{ rule: 'logs', path: 'var/log/sparse.dat' }].map((one) => expect.objectContaining(one)),
    ),
  )
  const versions = { from: origin, to: { template: 'new', version: '1-increment' } }
  const lines = await allOf(diffVersions({ ...versions, facts: true, times: false }, needs))
  expect(lines).toContainEqual(
    expect.objectContaining({ change: 'changed', path: 'etc/nodename', what: ['content', 'time'] }),
  )
  expect(lines).toContainEqual(expect.objectContaining({ change: 'added', path: 'opt/app/app.cfg' }))
  expect(lines).toContainEqual(
    expect.objectContaining({ kind: 'setuid', change: 'added', name: 'opt/su-link' }),
  )
})

test('files are listed from an archive, from a stream where that is asked for or all there is', async () => {
  const { manifest } = await catalog.getVersion('web', '1-tar')
  const stream = (await catalog.getVersion('web', '1-zonepath')).manifest.artifacts[0]
  if (stream === undefined) throw new Error('the version has no artifact')
  const both = { ...manifest, version: '1-both', artifacts: [stream, ...manifest.artifacts] }
  await catalog.putVersion({ state: 'ready', manifest: both }, new Map())
  const list = async (version: string, format?: string) =>
    (await allOf(await listFiles({ template: 'web', version, format, prefix: undefined }, needs))).map(
      (entry) => entry.path,
    )
  expect(await list('1-both')).not.toContain('SUNWdetached.xml')
  expect(await list('1-both', 'zfs')).toContain('SUNWdetached.xml')
  expect(await list('1-zonepath')).toContain('root/etc/passwd')
  await expect(list('1-tar', 'zfs')).rejects.toMatchObject({ code: 'NoIndex' })
})
