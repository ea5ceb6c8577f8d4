// What becomes of the streams that a host sends of a zone.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { commandFailed } from '#adapters/host-shell/command-failed.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import { sendZoneDataset } from '#app/send-zone-dataset.ts'
import { parseConfig } from '#core/config.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { MemorySource, type MemoryEntry } from '../core/zfs/write/memory-source.ts'

let spool: string
beforeEach(async () => {
  spool = await mkdtemp(path.join(tmpdir(), 'send-zone-'))
})
afterEach(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(spool, { recursive: true })
})

/** A host with one dataset, of which ZFS sends these bytes. */
class SendingShell implements HostShell {
  readonly #sent: Uint8Array

  constructor(sent: Uint8Array) {
    this.#sent = sent
  }

  async run(argv: readonly [string, ...string[]]): Promise<string> {
    const command = argv.join(' ')
    if (command.includes('-t filesystem')) return 'tank/web\t/zones/web\n'
    if (command === '/usr/sbin/zfs snapshot tank/web@zoneflash-1') return ''
    throw commandFailed(argv, 1, 'no')
  }

  stream(): Readable {
    return Readable.from([this.#sent])
  }
}

async function send(entries: readonly MemoryEntry[], damage = false) {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeFullStream(new MemorySource(entries), { zpl: 4, snapshot: 'x' }))
    chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (damage) bytes[bytes.length - 400] = 1
  const refused: string[] = []
  const needs = {
    catalog: new MemoryTemplateCatalog(),
    blobs: new MemoryBlobStore(),
    indexer: new StreamIndexer(spool, parseConfig({}).limits),
  }
  const zone = {
    name: 'web',
    zonepath: '/zones/web',
    zoneroot: '/zones/web/root',
    brand: 'lx',
    osRelease: 'debian-12',
    detachedXml: '<zone/>',
  }
  const taken = await sendZoneDataset(
    {
      shell: new SendingShell(bytes),
      zone,
      version: '1',
      origin: undefined,
      signal: new AbortController().signal,
      onProgress: () => {},
      onRefused: (why) => refused.push(why),
    },
    needs,
  )
  const artifacts = taken.map(({ artifact }) => artifact)
  await Promise.all(taken.map((one) => one.close()))
  return { artifacts, refused, needs }
}

const root: MemoryEntry = { path: 'root', type: 'directory', mode: 0o755 }

test('a stream is kept with its index', async () => {
  const { artifacts, refused } = await send([root, { path: 'root/x', contents: Buffer.from('x') }])
  expect(artifacts).toMatchObject([{ format: 'zfs', layout: 'zonepath', entries: 3 }])
  expect(refused).toEqual([])
})

test.each([
  [
    'a device',
    { path: 'root/disk', type: 'block' as const, device: { major: 8, minor: 0 } },
    /"root\/disk" is the block device 8,0/,
  ],
  [
    'a link that climbs out',
    { path: 'root/up', type: 'symlink' as const, target: Buffer.from('../../x') },
    /climbs above/,
  ],
])(
  'one with %s, which archives leave out or mend, is not kept, and that is said',
  async (_what, entry, why) => {
    const { artifacts, refused, needs } = await send([root, entry])
    expect(artifacts).toEqual([])
    expect(refused).toEqual([expect.stringMatching(why)])
    for await (const blob of needs.blobs.list()) expect.unreachable(blob)
  },
)

test('one that is damaged fails', async () => {
  await expect(send([root, { path: 'root/x', contents: Buffer.from('x') }], true)).rejects.toMatchObject({
    code: 'CorruptStream',
  })
})
