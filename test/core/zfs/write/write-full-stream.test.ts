import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadStream, treeOf } from '#adapters/zfs/open-tree.ts'
import { ContentHasher } from '#adapters/zfs/content-hasher.ts'
import { createHash } from 'node:crypto'
import { peekFileFacts } from '#core/zfs/attributes/peek.ts'
import { ObjectType, type ObjectSet } from '#core/zfs/object-set.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import type { TreeSource } from '#core/zfs/write/tree-source.ts'
import { writeFullStream, type FullStreamOptions } from '#core/zfs/write/write-full-stream.ts'
import { checkFatZap } from './check-zap.ts'
import { MemorySource, type MemoryEntry } from './memory-source.ts'
import { checkStrictly } from './strict-receiver.ts'

async function write(
  entries: readonly MemoryEntry[],
  options: Partial<FullStreamOptions> = {},
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const settings = { zpl: 5 as const, snapshot: 'snap', ...options }
  for await (const chunk of writeFullStream(new MemorySource(entries), settings)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Through every check: those of receivers, those of our reader, those of the tables. */
async function readBack(stream: Buffer) {
  checkStrictly(stream)
  const hasher = new ContentHasher()
  const { set, info } = await loadStream(
    (async function* () {
      yield stream
    })(),
    { contents: hasher },
  )
  checkTables(set)
  const tree = treeOf(set)
  checkDirectorySizes(set, tree.nodes)
  const digests = new Map(tree.nodes.map(({ path, object }) => [path, hasher.digestOf(object)]))
  return { set, info, tree, digests, byPath: new Map(tree.nodes.map((node) => [node.path, node])) }
}

function checkTables({ objects }: ObjectSet): void {
  for (const { type, blocks, blockSize } of objects.values()) {
    const list = Array.from(blocks ?? [], ([, block]) => block)
    const [header] = list
    if (!header || type === ObjectType.file || list.length === 1) continue
    expect(list.every((block) => block.byteLength === blockSize)).toBe(true)
    checkFatZap(list, new DataView(header.buffer, header.byteOffset).getBigUint64(80, true))
  }
}

/** A directory of another size cannot be removed (zfs-stream.md 10). */
function checkDirectorySizes({ objects }: ObjectSet, nodes: readonly TreeNode[]): void {
  const names = new Map<string, number>()
  for (const { path } of nodes) {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
    if (path !== '.') names.set(parent, (names.get(parent) ?? 0) + 1)
  }
  const sizes = nodes
    .filter(({ type }) => type === 'directory')
    .map(({ path, object }) => {
      const { bonus = new Uint8Array(), bonusType = 0 } = objects.get(object) ?? {}
      return [path, Number(peekFileFacts(bonus, bonusType, true)?.size) - 2]
    })
  expect(sizes).toEqual(sizes.map(([path]) => [path, names.get(`${path}`) ?? 0]))
}

const bytes = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff)
const digest = (contents: Uint8Array) => createHash('sha256').update(contents).digest('hex')

const zone: readonly MemoryEntry[] = [
  { path: '', type: 'directory', mode: 0o755 },
  { path: 'etc', type: 'directory', mode: 0o755, mtime: 1_200_000_000, mtimeNsec: 999_999_999 },
  { path: 'etc/motd', contents: bytes(513), mode: 0o444, uid: 60_001, gid: 60_002 },
  { path: 'etc/empty' },
  { path: 'etc/motd2', type: 'hardlink', linkTo: 'etc/motd' },
  { path: 'bin', type: 'symlink', target: Buffer.from('usr/bin'), mode: 0o777 },
  { path: 'usr', type: 'directory', mode: 0o700 },
  { path: 'usr/pipe', type: 'fifo', mode: 0o600 },
  { path: 'usr/null', type: 'character', device: { major: 13, minor: 2 }, mode: 0o666 },
  { path: 'usr/disk', type: 'block', device: { major: 30, minor: 70_000 } },
  { path: 'usr/large', contents: bytes(400_001) },
]

describe.each([4, 5] as const)('a stream of ZPL %i', (zpl) => {
  test('is read back as the tree it was made of', async () => {
    const { tree, byPath, digests, info, set } = await readBack(await write(zone, { zpl }))
    expect(tree.zplVersion).toBe(zpl)
    expect(set.begin).toMatchObject({
      fromGuid: '0',
      toName: 'zoneflash@snap',
      created: 1_200_000_000,
      littleEndian: true,
    })
    expect(info.isPackage).toBe(false)
    expect(tree.hidden).toEqual({ xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 })
    expect(tree.nodes.map(({ path, type }) => `${path} ${type}`)).toEqual([
      '. directory',
      'bin symlink',
      'etc directory',
      'etc/empty file',
      'etc/motd file',
      'etc/motd2 file',
      'usr directory',
      'usr/disk block',
      'usr/large file',
      'usr/null character',
      'usr/pipe fifo',
    ])
    expect(byPath.get('etc')).toMatchObject({
      mode: 0o755,
      links: 2,
      mtime: 1_200_000_000,
      mtimeNsec: 999_999_999,
    })
    expect(byPath.get('etc/motd')).toMatchObject({
      mode: 0o444,
      uid: 60_001,
      gid: 60_002,
      size: 513,
      links: 2,
    })
    expect(byPath.get('etc/motd2')).toMatchObject({ hardlinkTo: 'etc/motd', links: 2 })
    expect(byPath.get('usr/null')).toMatchObject({ device: '13,2', rawDevice: `${(13n << 32n) | 2n}` })
    expect(byPath.get('usr/disk')).toMatchObject({ device: '30,70000' })
    expect(byPath.get('.')).toMatchObject({ links: 4 })
    expect(digests.get('etc/motd')).toBe(digest(bytes(513)))
    expect(digests.get('usr/large')).toBe(digest(bytes(400_001)))
  })

  test('keeps symlinks of every length around what a bonus holds', async () => {
    const lengths = [1, 7, 8, 55, 56, 57, 58, 143, 144, 145, 146, 300, 511, 512, 513, 1023, 4095]
    const modes = [0o777, 0o027]
    const links = modes.flatMap((mode) =>
      lengths.map((length): MemoryEntry => ({
        path: `${mode}-${length}`,
        type: 'symlink',
        mode,
        target: Buffer.alloc(length, `${length}/`),
      })),
    )
    const { byPath } = await readBack(await write(links, { zpl }))
    for (const { path, target } of links) {
      expect(Buffer.from(byPath.get(path)?.target ?? []).toString()).toBe(
        Buffer.from(target ?? []).toString(),
      )
    }
  })

  test('keeps contents of every size around its blocks, and leaves out blocks of zeros', async () => {
    const sizes = [
      1, 511, 512, 513, 1024, 65_535, 130_560, 130_561, 131_071, 131_072, 131_073, 262_144, 262_145,
    ]
    const files = sizes.map((size): MemoryEntry => ({ path: `${size}`, contents: bytes(size, size) }))
    const sparse = new Uint8Array(1_000_000)
    sparse.set(bytes(10), 500_000)
    const all = [
      ...files,
      { path: 'sparse', contents: sparse },
      { path: 'zeros', contents: new Uint8Array(700) },
    ]
    const stream = await write(all, { zpl })
    const { byPath, digests, set } = await readBack(stream)
    for (const { path, contents = new Uint8Array() } of all) {
      expect(byPath.get(path)?.size).toBe(contents.byteLength)
      expect(digests.get(path)).toBe(digest(contents))
      const blockSize = Math.min(Math.ceil(contents.byteLength / 512) * 512, 131_072)
      expect(set.objects.get(byPath.get(path)?.object ?? 0)?.blockSize).toBe(blockSize)
    }
    const written = checkStrictly(stream).filter(({ name }) => name === 'write')
    const blocksOf = (path: string) =>
      written.filter(({ object }) => object === byPath.get(path)?.object).length
    expect([blocksOf('sparse'), blocksOf('zeros'), blocksOf('262145')]).toEqual([1, 0, 3])
  })

  test('has fat tables for long names and for many', async () => {
    const long = Array.from({ length: 206 }, (_, index) => ({
      path: `long/${index}-${'x'.repeat(50 + index)}`.slice(0, 260),
    }))
    const many = Array.from({ length: 2100 }, (_, index) => ({ path: `many/${index}` }))
    const latin = { path: 'gr\xfc\xdfe', contents: bytes(3) }
    const { tree, byPath } = await readBack(await write([...long, ...many, latin], { zpl }))
    expect(tree.nodes).toHaveLength(1 + 2 + 206 + 2100 + 1)
    expect(byPath.get('gr\\xFC\\xDFe')).toMatchObject({ size: 3 })
    expect(byPath.get('long')).toMatchObject({ mode: 0o755, uid: 0, mtime: 1_000_000_000 })
  })

  test('puts a zone’s root below a directory that only root may enter', async () => {
    const { byPath } = await readBack(await write(zone, { zpl, wrap: 'zonepath' }))
    expect(byPath.get('.')).toMatchObject({ mode: 0o700, uid: 0, gid: 0, links: 3 })
    expect(byPath.get('root')).toMatchObject({ mode: 0o755, links: 4 })
    expect(byPath.get('root/etc/motd')).toMatchObject({ size: 513 })
  })
})

const node = fc.record({
  parent: fc.nat(),
  name: fc.oneof(
    fc.stringMatching(/^[a-z]{1,12}$/),
    fc.uint8Array({ minLength: 1, maxLength: 255 }).map((name) =>
      Buffer.from(name)
        .toString('latin1')
        .replace(/[/\0.]/g, '_'),
    ),
  ),
  type: fc.constantFrom(
    'directory',
    'directory',
    'file',
    'file',
    'file',
    'symlink',
    'fifo',
    'character',
    'hardlink',
  ),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0x7fffffff }),
  gid: fc.integer({ min: 0, max: 0x7fffffff }),
  mtime: fc.integer({ min: 0, max: 2 ** 34 }),
  mtimeNsec: fc.integer({ min: 0, max: 999_999_999 }),
  size: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 300_000 })),
  target: fc.uint8Array({ minLength: 1, maxLength: 400 }).map((target) => target.map((byte) => byte || 1)),
  major: fc.nat({ max: 2000 }),
  minor: fc.nat({ max: 0xffffffff }),
})

/** A tree in which every name is new and every link leads to an earlier file. */
const anyTree = fc.array(node, { maxLength: 40 }).map((nodes) => {
  const directories = ['']
  const files: string[] = []
  const taken = new Set<string>()
  const entries: MemoryEntry[] = []
  for (const { parent, name, type, mode, uid, gid, mtime, mtimeNsec, size, target, major, minor } of nodes) {
    const path = `${directories[parent % directories.length]}/${name}`
    if (taken.has(path)) continue
    taken.add(path)
    const common = { path, mode, uid, gid, mtime, mtimeNsec }
    const link = files[parent % Math.max(files.length, 1)]
    if (type === 'hardlink' && link === undefined) continue
    if (type === 'directory') directories.push(path)
    if (type === 'file') files.push(path)
    if (type === 'file') entries.push({ ...common, ...(size > 0 && { contents: bytes(size, size) }) })
    else if (type === 'symlink') entries.push({ ...common, type, target })
    else if (type === 'character') entries.push({ ...common, type, device: { major: major + 1, minor } })
    else if (type === 'hardlink') entries.push({ ...common, type, linkTo: link ?? '' })
    else entries.push({ ...common, type: type === 'directory' ? 'directory' : 'fifo' })
  }
  return entries
})

test('any tree comes back as it was, in both versions', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, fc.constantFrom(4 as const, 5 as const), async (entries, zpl) => {
      const { tree, digests } = await readBack(await write(entries, { zpl }))
      expect(tree.nodes).toHaveLength(entries.length + 1)
      const nodes = new Map(tree.nodes.map((one) => [latin1Path(one, tree.nodes), one]))
      const objectOf = (path = '') => nodes.get(path.slice(1))?.object
      for (const wanted of entries) {
        const found = nodes.get(wanted.path.slice(1))
        const { type = 'file', mode, uid, gid, mtime, mtimeNsec, contents, target, device } = wanted
        const isLink = type === 'hardlink'
        expect({ ...found, digest: digests.get(found?.path ?? '') }).toMatchObject(
          isLink
            ? { object: objectOf(wanted.linkTo) }
            : {
                type,
                mode,
                uid,
                gid,
                mtime,
                mtimeNsec,
                ...(contents && { digest: digest(contents) }),
                ...(target && { target: Uint8Array.from(target) }),
                ...(device && { device: `${device.major},${device.minor}` }),
              },
        )
      }
    }),
    { numRuns: 30 },
  )
})

function latin1Path({ path, name }: TreeNode, nodes: readonly TreeNode[]): string {
  const slash = path.lastIndexOf('/')
  const parent = slash < 0 ? undefined : nodes.find((one) => one.path === path.slice(0, slash))
  const last = Buffer.from(name).toString('latin1')
  return parent ? `${latin1Path(parent, nodes)}/${last}` : last
}

describe('the bytes', () => {
  test('are the same for the same tree, in whatever pieces its contents come', async () => {
    const once = await write(zone)
    const chunks: Uint8Array[] = []
    const settings = { zpl: 5 as const, snapshot: 'snap' }
    for await (const chunk of writeFullStream(new MemorySource(zone, 13), settings)) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(once)).toBe(true)
  })

  test('have another guid for every change: of a name, an attribute, a byte of contents, the version', async () => {
    const guid = (stream: Buffer) => stream.readBigUInt64LE(40)
    const changed = (change: Partial<MemoryEntry>, index = 2) =>
      write(zone.map((entry, at) => (at === index ? { ...entry, ...change } : entry)))
    const streams = [
      write(zone),
      write(zone, { zpl: 4 }),
      write(zone, { wrap: 'zonepath' }),
      write(zone.toReversed().filter(({ type }) => type !== 'hardlink')),
      changed({ path: 'etc/motd9' }, 3),
      changed({ contents: bytes(513, 2) }),
      changed({ mode: 0o445 }),
      changed({ mtimeNsec: 1 }),
      changed({ uid: 1 }),
      changed({ target: Buffer.from('usr/bim') }, 5),
    ]
    const guids = (await Promise.all(streams)).map(guid)
    expect(new Set(guids).size).toBe(streams.length)
    expect(guids).not.toContain(0n)
  })

  test('come in chunks, not in records', async () => {
    const sizes: number[] = []
    for await (const chunk of writeFullStream(new MemorySource(zone), { zpl: 5, snapshot: 's' }))
      sizes.push(chunk.byteLength)
    expect(sizes.slice(0, -1).every((size) => size === 256 * 1024)).toBe(true)
    expect(sizes.length).toBeGreaterThan(1)
  })
})

describe('whoever takes the stream', () => {
  /** A file of 64 MiB that is made as it is read. */
  function endless(): { source: TreeSource; given: () => number; isClosed: () => boolean } {
    let given = 0
    let isClosed = false
    const size = 64 * 1024 ** 2
    const memory = new MemorySource([{ path: 'large', size, sha256: 'of no matter' }])
    const source: TreeSource = {
      entries: () => memory.entries(),
      contents: async function* () {
        try {
          yield { index: 0, bytes: pieces() }
        } finally {
          isClosed = true
        }
      },
    }
    async function* pieces() {
      for (; given < size; given += 65_536) yield bytes(65_536)
    }
    return { source, given: () => given, isClosed: () => isClosed }
  }

  test('sets the pace: no more is read than goes into the chunks that were taken', async () => {
    const { source, given } = endless()
    const stream = writeFullStream(source, { zpl: 5, snapshot: 's' })
    for (let chunks = 1; chunks <= 4; chunks++) {
      await stream.next()
      expect(given()).toBeLessThanOrEqual((chunks + 1) * 256 * 1024)
    }
    await stream.return(undefined)
  })

  test('and goes before its end lets go of the source', async () => {
    const { source, isClosed } = endless()
    const stream = writeFullStream(source, { zpl: 5, snapshot: 's' })
    await stream.next()
    expect(isClosed()).toBe(false)
    await stream.return(undefined)
    expect(isClosed()).toBe(true)
  })
})

describe('a source', () => {
  test.each([
    ['fewer', bytes(400_000), '400000 bytes'],
    ['more', bytes(400_002), 'more than 400001 bytes'],
  ])('that gives %s bytes than it said is refused by name', async (_case, later, came) => {
    const source = [...zone.slice(0, -1), { path: 'usr/large', contents: bytes(400_001), later }]
    await expect(write(source)).rejects.toMatchObject({
      code: 'SourceChanged',
      message: `"usr/large" came with ${came}, expected the 400001 that it had before: the tree must be at rest`,
    })
  })

  test('that lost a file between the passes is refused by name', async () => {
    const entries = new MemorySource([
      { path: 'a', contents: bytes(1) },
      { path: 'b', contents: bytes(2) },
    ])
    const without = new MemorySource([{ path: 'a', contents: bytes(1) }])
    const source = { entries: () => entries.entries(), contents: () => without.contents() }
    const all = async () => {
      for await (const _chunk of writeFullStream(source, { zpl: 5, snapshot: 's' }));
    }
    await expect(all()).rejects.toMatchObject({
      code: 'SourceChanged',
      message: expect.stringContaining('"b"'),
    })
  })

  test('may name a file twice: the later one counts, links to the earlier keep it', async () => {
    const twice: MemoryEntry[] = [
      { path: 'a', contents: bytes(10) },
      { path: 'gone', contents: bytes(20) },
      { path: 'b', type: 'hardlink', linkTo: 'a' },
      { path: 'a', contents: bytes(30) },
      { path: 'gone', contents: bytes(40) },
    ]
    const { byPath, digests, tree } = await readBack(await write(twice))
    expect(tree.nodes.map(({ path, size, links }) => [path, size, links])).toEqual([
      ['.', 0, 2],
      ['a', 30, 1],
      ['b', 10, 1],
      ['gone', 40, 1],
    ])
    expect(digests.get('b')).toBe(digest(bytes(10)))
    expect(byPath.get('b')?.hardlinkTo).toBeUndefined()
    expect(tree.hidden.others).toBe(0)
  })

  test('may have sockets: they are left out and counted', async () => {
    const counts: number[] = []
    const sockets: MemoryEntry[] = [
      { path: 's', type: 'socket' },
      { path: 'f' },
      { path: 't', type: 'socket' },
    ]
    const { tree } = await readBack(
      await write(sockets, {
        onPlanned: ({ skippedSockets, objects }) => counts.push(skippedSockets, objects),
      }),
    )
    expect(tree.nodes.map(({ path }) => path)).toEqual(['.', 'f'])
    expect(counts).toEqual([2, 2])
  })

  test.each<[code: string, entries: MemoryEntry[]]>([
    ['InvalidName', [{ path: 'a/..' }]],
    ['InvalidName', [{ path: './a' }]],
    ['InvalidName', [{ path: 'a\0b' }]],
    ['NameTooLong', [{ path: 'x'.repeat(256) }]],
    ['TooDeep', [{ path: 'd/'.repeat(1025) }]],
    ['DuplicateEntry', [{ path: 'a' }, { path: 'a/b' }]],
    ['DuplicateEntry', [{ path: 'a' }, { path: 'a', type: 'directory' }]],
    ['DuplicateEntry', [{ path: 'a', type: 'directory' }, { path: 'a' }]],
    ['HardLinkTarget', [{ path: 'a', type: 'hardlink', linkTo: 'b' }]],
    ['HardLinkTarget', [{ path: 'a' }, { path: 'a', type: 'hardlink', linkTo: 'a' }]],
    [
      'HardLinkTarget',
      [
        { path: 'd', type: 'directory' },
        { path: 'a', type: 'hardlink', linkTo: 'd' },
      ],
    ],
    ['UnsupportedEntry', [{ path: 'a', mode: 0o10000 }]],
    ['UnsupportedEntry', [{ path: 'a', uid: -1 }]],
    ['UnsupportedEntry', [{ path: 'a', gid: 2 ** 32 }]],
    ['UnsupportedEntry', [{ path: 'a', mtime: 0.5 }]],
    ['UnsupportedEntry', [{ path: 'a', mtimeNsec: 1e9 }]],
    ['UnsupportedEntry', [{ path: 'a', size: -1 }]],
    ['UnsupportedEntry', [{ path: 'a', size: 1 }]],
    ['UnsupportedEntry', [{ path: 'a', type: 'symlink' }]],
    ['UnsupportedEntry', [{ path: 'a', type: 'symlink', target: new Uint8Array(4096).fill(65) }]],
  ])('is refused with %s', async (code, entries) => {
    await expect(write(entries)).rejects.toMatchObject({ code })
  })

  test('cannot have its snapshot called by what is no name', async () => {
    await expect(write(zone, { snapshot: 'x'.repeat(250) })).rejects.toMatchObject({ code: 'InvalidName' })
  })
})
