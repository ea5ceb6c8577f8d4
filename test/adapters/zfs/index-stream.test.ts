import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { indexZfsStream } from '#adapters/zfs/index-stream.ts'
import { loadStream, treeOf } from '#adapters/zfs/open-tree.ts'
import { StreamMemory } from '#adapters/zfs/stream-memory.ts'
import type { FindBase, StoredBytes } from '#app/ports/archives.ts'
import type { Entry } from '#core/entry.ts'
import { writeIncrement } from '#core/zfs/write/write-increment.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { shell } from '#test/archives.ts'
import { BEGIN, END, tinyStream, WRITE } from '../../core/zfs/tiny-stream.ts'
import { MemorySource, type MemoryEntry } from '../../core/zfs/write/memory-source.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/zfs')
const streamOf = (name: string) => readFileSync(path.join(fixtures, `${name}.zfs`))
const names = globSync('!(broken-*).zfs', { cwd: fixtures }).map((file) => path.basename(file, '.zfs'))
const baseOf: Readonly<Record<string, string>> = {
  incremental: 'full',
  'modern-incremental': 'modern-default',
}

let spool: string
beforeAll(async () => {
  spool = await mkdtemp(path.join(tmpdir(), 'spool-'))
})
afterAll(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(spool, { recursive: true })
})

const limits = { maxEntries: 1000, maxBytes: 2 ** 30, maxUncompressedBytes: 2 ** 30, maxNameBytes: 1023 }

const stored = (bytes: Uint8Array): StoredBytes => ({ read: async () => Readable.from([bytes]) })

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

async function index(
  bytes: Uint8Array,
  { findBase, ...some }: Partial<typeof limits> & { findBase?: FindBase } = {},
  pieceBytes = 100_000,
) {
  const indexer = new StreamIndexer(spool, { ...limits, ...some })
  const taken = await indexer.index(Readable.from(pieces(bytes, pieceBytes)), findBase)
  const entries: Entry[] = []
  for await (const entry of taken.entries) entries.push(entry)
  await taken.close()
  return { ...taken, entries }
}

const indexFixture = (name: string, pieceBytes?: number) => {
  const base = baseOf[name]
  const findBase: FindBase = async () => (base === undefined ? undefined : [stored(streamOf(base))])
  return index(streamOf(name), { findBase }, pieceBytes)
}

interface Listed {
  path: string
  type: string
  mode: string
  uid: number
  gid: number
  size?: number
  mtime: number
  sha256?: string
  target?: string
  hardlinkTo?: string
}

/** What an index has of what a listing of the mounted file system had. */
function expectedOf(name: string): object[] {
  const listed = JSON.parse(readFileSync(path.join(fixtures, `${name}.json`), 'utf8')) as Listed[]
  return listed
    .filter(({ type }) => type !== 'block' && type !== 'socket')
    .map(({ path: at, type, mode, uid, gid, size, mtime, sha256, target, hardlinkTo }) => ({
      path: at,
      type: hardlinkTo === undefined ? type : 'hardlink',
      mode: parseInt(mode, 8),
      uid,
      gid,
      mtime,
      size: type === 'file' && hardlinkTo === undefined ? (size ?? 0) : 0,
      ...(type === 'file' && hardlinkTo === undefined && sha256 !== undefined && { sha256 }),
      ...(target !== undefined && { link: target }),
      ...(hardlinkTo !== undefined && { link: hardlinkTo }),
    }))
}

const withoutDevice = ({ device: _device, ...entry }: Entry) => entry

describe('each stream gives the index of the tree that it was made of', () => {
  test.each(names)('%s', async (name) => {
    const { facts, entries } = await indexFixture(name)
    expect(entries.map(withoutDevice)).toEqual(expectedOf(name))
    expect(facts.entries).toBe(entries.length)
    expect(facts.uncompressedSize).toBe(streamOf(name).length)
  })
})

test('it does not matter in which pieces the bytes come', async () => {
  const whole = await indexFixture('full')
  expect((await indexFixture('full', 1000)).entries).toEqual(whole.entries)
})

test('what is recorded beside the index', async () => {
  const { facts } = await indexFixture('modern-package')
  expect(facts).toMatchObject({
    format: 'zfs',
    compression: 'none',
    layout: 'zoneroot',
    zfs: {
      zplVersion: 5,
      features: ['system attributes', 'embedded data', 'lz4', 'large blocks', 'compressed'],
      pool: 'features',
      isPackage: true,
      byteOrder: 'little',
    },
  })
  expect((await indexFixture('bigendian-zpl4')).facts.zfs).toMatchObject({ byteOrder: 'big', pool: 15 })
  expect((await indexFixture('modern-default')).facts.zfs).toMatchObject({ pool: 24, hidden: { xattrs: 1 } })
  expect((await indexFixture('modern-incremental')).facts).toMatchObject({
    format: 'zfs-incremental',
    fromGuid: expect.stringMatching(/^[0-9]+$/),
    zfs: { zplVersion: 5, pool: 24 },
  })
})

test('an increment whose base is not here is verified, and has no index', async () => {
  const { facts, entries, detachedXml } = await index(streamOf('incremental'))
  expect(entries).toEqual([])
  expect(detachedXml).toBeUndefined()
  expect(facts).not.toHaveProperty('entries')
  expect(facts.zfs?.notices).toEqual(['the snapshot that it starts from is not here: it has no index'])
  const damaged = Buffer.from(streamOf('incremental'))
  damaged[damaged.length - 5000] = (damaged[damaged.length - 5000] ?? 0) ^ 1
  await expect(index(damaged)).rejects.toMatchObject({ code: 'CorruptStream' })
})

test('a base that is not the one is refused, one that is compressed is unpacked', async () => {
  const wrong: FindBase = async () => [stored(streamOf('modern-default'))]
  await expect(index(streamOf('incremental'), { findBase: wrong })).rejects.toMatchObject({
    code: 'OriginMismatch',
  })
  const packed: FindBase = async () => [stored(shell('/', 'zstd -qc', streamOf('full')))]
  const { entries } = await index(streamOf('incremental'), { findBase: packed })
  expect(entries.map(withoutDevice)).toEqual(expectedOf('incremental'))
})

test('a stream takes its memory from what all streams have, and gives it back', async () => {
  const indexIn = async (memory: StreamMemory, name: string) => {
    const base = baseOf[name]
    const findBase: FindBase = async () => (base === undefined ? undefined : [stored(streamOf(base))])
    let taken = 0
    await indexZfsStream(Readable.from(pieces(streamOf(name), 10_000)), {
      limits,
      spool: { directory: spool, maxBytes: 2 ** 30 },
      findBase,
      memory,
      emit: async () => {
        taken = memory.taken
      },
    }).finally(() => expect(memory.taken).toBe(0))
    return taken
  }
  for (const name of ['full', 'incremental']) {
    expect(await indexIn(new StreamMemory(2 ** 24), name)).toBeGreaterThan(10 * 2048)
    await expect(indexIn(new StreamMemory(10 * 2048), name)).rejects.toMatchObject({ code: 'TooManyEntries' })
  }
})

describe('no stream is taken that is not whole', () => {
  test.each(['full', 'modern-embedded', 'modern-package', 'dedup', 'incremental'])(
    '%s, cut anywhere',
    async (name) => {
      const whole = streamOf(name)
      const base = baseOf[name]
      const findBase: FindBase = async () => (base === undefined ? undefined : [stored(streamOf(base))])
      for (let cut = 1000; cut < whole.length; cut += Math.floor(whole.length / 8)) {
        const bytes = whole.subarray(0, cut)
        await expect(index(bytes, { findBase }), `cut at ${cut}`).rejects.toMatchObject({
          code: 'TruncatedStream',
        })
      }
      await expect(index(whole.subarray(0, -1), { findBase })).rejects.toMatchObject({
        code: 'TruncatedStream',
      })
    },
  )
})

const FEATURE = 4n
const withFeature = (bit: bigint) => BEGIN({ 16: 1n + (1n << bit) * FEATURE })

test.each([
  [
    'raw',
    [withFeature(24n), END()],
    /"pool\/tiny@snap" is raw \(record 1 at byte 0\), expected a send without -w/,
  ],
  ['redacted', [withFeature(21n), END()], /is redacted .*without --redact/],
  ['the rest of another', [withFeature(20n), END()], /is resumed .*the whole stream/],
  [
    'private to Oracle',
    [withFeature(5n), END()],
    /is private to Oracle Solaris \(feature bit 5\).*version=4/,
  ],
  ['of a volume', [BEGIN({ 32: 3 }), END()], /is of a volume .*the file system/],
])('a stream that is %s is refused with what to send instead', async (_what, records, message) => {
  await expect(index(tinyStream(records))).rejects.toMatchObject({
    code: 'UnsupportedZfsStream',
    message: expect.stringMatching(message),
  })
})

test('a package of two file systems is refused where the second begins', async () => {
  const package2 = tinyStream([
    BEGIN({ 16: 2n, 32: 0, 40: 0n, 56: '' }),
    END({ 40: 0n }),
    BEGIN({ 56: 'pool/a@snap' }),
    END(),
    BEGIN({ 40: 78n, 56: 'pool/b@snap' }),
    END({ 40: 78n }),
    END({ 40: 0n }),
  ])
  // the first has no tree, but that is found at the end
  await expect(index(package2)).rejects.toMatchObject({
    code: 'UnsupportedZfsStream',
    message: expect.stringMatching(/holds "pool\/a" and, in record 5 .*"pool\/b", expected one file system/),
  })
})

/** What `zfs send -p` or `-R` puts around its streams. */
function packageOf(...streams: Uint8Array[]): Buffer {
  const [preamble, end] = [BEGIN({ 16: 2n, 32: 0, 40: 0n, 56: '' }), END({ 40: 0n })]
  const around = tinyStream([preamble, end, end])
  return Buffer.concat([around.subarray(0, 624), ...streams, around.subarray(624)])
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A stream of this tree, as our own writer makes it. */
async function written(entries: readonly MemoryEntry[], zpl: 4 | 5 = 5): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeFullStream(new MemorySource(entries), { zpl, snapshot: 'x' }))
    chunks.push(chunk)
  return Buffer.concat(chunks)
}
const directory = (at: string): MemoryEntry => ({ path: at, type: 'directory', mode: 0o755 })
const symlink = (at: string, target: string): MemoryEntry => ({
  path: at,
  type: 'symlink',
  mode: 0o777,
  target: Buffer.from(target),
})
const text = (at: string, contents: string): MemoryEntry => ({ path: at, contents: Buffer.from(contents) })
const device = (at: string, type: 'block' | 'character', major: number, minor: number): MemoryEntry => ({
  path: at,
  type,
  device: { major, minor },
})

describe('the policy of archives holds for trees of streams', () => {
  test.each<[string, string, MemoryEntry[], RegExp]>([
    ['a link that climbs', 'LinkOutside', [directory('etc'), symlink('etc/x', '../../x')], /"etc\/x"/],
    [
      'a disk',
      'DeviceRefused',
      [directory('etc'), device('etc/sda', 'block', 8, 0)],
      /"etc\/sda" is the block device 8,0/,
    ],
    ['a root that is a link', 'RootNoDirectory', [symlink('root', '/')], /root is a symlink/],
    [
      'a zonepath in a directory',
      'UnknownLayout',
      [directory('web'), directory('web/root')],
      /inside the directory "web"/,
    ],
    [
      'a configuration that is a link',
      'DetachedXmlRefused',
      [directory('root'), symlink('SUNWdetached.xml', 'x')],
      /is a symlink/,
    ],
  ])('%s is refused: %s', async (_what, code, entries, message) => {
    await expect(index(await written(entries))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('more entries, longer names and more bytes than allowed', async () => {
    const stream = await written([directory('etc'), text('etc/long-name', 'x'.repeat(3000))])
    await expect(index(stream, { maxEntries: 2 })).rejects.toMatchObject({ code: 'TooManyEntries' })
    await expect(index(stream, { maxNameBytes: 8 })).rejects.toMatchObject({ code: 'NameTooLong' })
    const sparse = await written([
      directory('etc'),
      { path: 'etc/sparse', size: 5_000_000, contents: new Uint8Array(5_000_000) },
    ])
    expect(sparse.length).toBeLessThan(1_000_000)
    await expect(index(sparse, { maxUncompressedBytes: 4_000_000 })).rejects.toMatchObject({
      code: 'TooManyBytes',
      message: expect.stringContaining('holes and all'),
    })
    expect((await index(sparse)).entries).toHaveLength(3)
  })

  test('devices of a host below dev are left out and counted, those of every zone are not', async () => {
    const { entries, facts } = await index(
      await written([
        directory('root'),
        directory('root/dev'),
        device('root/dev/null', 'character', 13, 2),
        device('root/dev/sd0', 'block', 32, 0),
        directory('dev'),
        device('dev/kmem', 'character', 13, 1),
      ]),
    )
    expect(entries.map(({ path: at }) => at)).toEqual(['.', 'dev', 'root', 'root/dev', 'root/dev/null'])
    expect(facts.zfs?.hidden).toMatchObject({ devices: 2 })
  })
})

describe('SUNWdetached.xml of a zonepath', () => {
  const zonepath = (xml: string) => [
    directory('root'),
    text('SUNWdetached.xml', xml),
    directory('root/etc'),
    text('root/SUNWdetached.xml', 'no'),
  ]

  test.each([4, 5] as const)('comes with the pass in ZPL %i', async (zpl) => {
    const xml = `<zone name="web"/>${' '.repeat(300_000)}`
    expect((await index(await written(zonepath(xml), zpl), {}, 9_999)).detachedXml).toBe(xml)
    expect((await index(await written(zonepath(''), zpl))).detachedXml).toBe('')
  })

  test('is not taken from anywhere else', async () => {
    const { detachedXml } = await index(
      await written([directory('root'), text('root/SUNWdetached.xml', 'no')]),
    )
    expect(detachedXml).toBeUndefined()
  })

  test('of more than 4 MiB is refused', async () => {
    await expect(index(await written(zonepath('x'.repeat(4 * 2 ** 20 + 1))))).rejects.toMatchObject({
      code: 'DetachedXmlRefused',
    })
  })
})

describe('a package of several snapshots', () => {
  const entries = [directory('root'), { path: 'root/large', contents: Buffer.alloc(400_000, 'old') }]
  const xml = '<zone name="web"/>'

  test('a file that a later one changes in its middle has the digest of what is left', async () => {
    const full = await written(entries)
    const { set } = await loadStream(Readable.from([full]))
    const large = treeOf(set).nodes.find(({ path: at }) => at === 'root/large')
    const changed = Buffer.alloc(131_072, 'new')
    const later = tinyStream([
      BEGIN({ 40: 99n, 48: BigInt(set.begin.toGuid), 56: 'zoneflash@later' }),
      WRITE(BigInt(large?.object ?? 0), { 24: 131_072n, 40: 99n }, changed),
      END({ 40: 99n }),
    ])
    const { entries: indexed } = await index(packageOf(full, later))
    const left = Buffer.alloc(400_000, 'old')
    left.set(changed, 131_072)
    expect(indexed.find(({ path: at }) => at === 'root/large')?.sha256).toBe(sha256(left))
  })

  test('SUNWdetached.xml may come with a later one', async () => {
    const full = await written(entries)
    const { set } = await loadStream(Readable.from([full]))
    const later: Uint8Array[] = []
    const source = new MemorySource([...entries, text('SUNWdetached.xml', xml)])
    const options = { base: set, tree: treeOf(set), digestOf: () => undefined, clone: false, created: 1 }
    for await (const chunk of writeIncrement(source, { ...options, toName: 'zoneflash@later' }))
      later.push(chunk)
    expect((await index(packageOf(full, Buffer.concat(later)))).detachedXml).toBe(xml)
  })
})
