import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStreamTree, type OpenTree } from '#adapters/zfs/open-tree.ts'
import { spoolStream } from '#adapters/zfs/stream-source.ts'
import { ArchiveSource } from '#adapters/zfs/sources/archive.ts'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { StreamTreeSource } from '#adapters/zfs/sources/stream.ts'
import type { SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { craftTar, shell } from '#test/archives.ts'
import { nastyTree } from '#test/nasty-tree.ts'

let scratch: string
let tree: string
const isRoot = process.getuid?.() === 0

beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'zoneflash-sources-'))
  tree = path.join(scratch, 'tree')
  mkdirSync(tree)
  if (isRoot) shell(tree, nastyTree)
})
afterAll(() => rmSync(scratch, { recursive: true }))

const fixture = (name: string) => path.resolve(import.meta.dirname, '../../../fixtures/zfs', `${name}.zfs`)

async function open(chunks: AsyncIterable<Uint8Array>): Promise<OpenTree> {
  return openStreamTree([await spoolStream(chunks, { directory: scratch, maxBytes: 1e9 })])
}

const written = (source: TreeSource, zpl: 4 | 5 = 5) => open(writeFullStream(source, { zpl, snapshot: 's' }))

async function bytesOf(contents: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of contents) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const text = (names: readonly Uint8Array[] = []) =>
  names.map((name) => Buffer.from(name).toString('latin1')).join('/')

/** All that an entry says, by path, without the order: hard links under the first of their names. */
async function entriesOf(source: TreeSource): Promise<Map<string, object>> {
  const all: SourceEntry[] = []
  for await (const entry of source.entries()) all.push(entry)
  const firsts = new Map<string, string>()
  for (const { path: names, linkTo } of all) {
    const first = text(linkTo ?? names)
    const lowest =
      [first, firsts.get(first), text(names)].filter((name) => name !== undefined).toSorted()[0] ?? ''
    firsts.set(first, lowest)
  }
  const byPath = new Map(all.map((entry) => [text(entry.path), entry]))
  return new Map(
    all
      .map(
        ({ path: names, linkTo, type: _type, size: _size, sha256: _sha256, target: _target, ...entry }) => {
          const { type, size, sha256, target } = byPath.get(text(linkTo ?? names)) ?? {}
          const same = firsts.get(text(linkTo ?? names))
          return [
            text(names),
            { ...entry, type, size, sha256, target: target && text([target]), same },
          ] as const
        },
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

describe.skipIf(!isRoot)('the nasty tree', () => {
  test.each([
    ['pax', 'tar --format=posix -cf - .'],
    ['pax, sparse, zstd', 'tar --format=posix --sparse --sparse-version=1.0 -cf - . | zstd -q -1'],
    ['pax, sorted, xz', 'tar --format=posix --sort=name -cf - . | xz -0 -T1'],
  ])('in a tar (%s) has the same entries as in its directory', async (_name, pack) => {
    const archive = shell(tree, pack)
    const source = new ArchiveSource(async function* () {
      yield archive
    })
    expect(await entriesOf(source)).toEqual(await entriesOf(new DirectorySource(tree)))
  })

  test('in a tar of GNU’s old format has them without nanoseconds', async () => {
    const archive = shell(tree, 'tar --format=gnu -cf - .')
    const source = new ArchiveSource(async function* () {
      yield archive
    })
    const whole = (entries: Map<string, object>) =>
      new Map(Array.from(entries, ([name, entry]) => [name, { ...entry, mtimeNsec: 0 }]))
    expect(await entriesOf(source)).toEqual(whole(await entriesOf(new DirectorySource(tree))))
  })

  test('in a cpio has its files under all their names, one of them with contents', async () => {
    const archive = shell(tree, 'find . ! -name "symlink*" -print0 | cpio --quiet -0 -o -H newc | gzip -1')
    const source = new ArchiveSource(async function* () {
      yield archive
    })
    const directory = await entriesOf(new DirectorySource(tree))
    const comparable = (entries: Map<string, object>) =>
      new Map(
        Array.from(entries, ([name, entry]) => [name, { ...entry, mtimeNsec: 0 }] as const).filter(
          ([name]) => !name.includes('/symlink'),
        ),
      )
    expect(comparable(await entriesOf(source))).toEqual(comparable(directory))
    const stream = await written(source)
    const byPath = new Map(stream.tree.nodes.map((node) => [node.path, node]))
    expect(byPath.get('links/below/deep/third')).toMatchObject({ links: 3, size: 4 })
    expect(byPath.get('links/first')).toMatchObject({ hardlinkTo: 'links/below/deep/third' })
    await stream.close()
  })

  test('goes through ZPL 5 and back to ZPL 4 without a change', async () => {
    const modern = await written(new DirectorySource(tree), 5)
    const old = await written(new StreamTreeSource(modern), 4)
    expect(old.tree.zplVersion).toBe(4)
    const strip = ({ tree: { nodes } }: OpenTree) =>
      nodes.map(({ object: _object, ...node }) => ({ ...node, name: text([node.name]) }))
    expect(strip(old)).toEqual(strip(modern))
    expect(await entriesOf(new StreamTreeSource(old))).toEqual(await entriesOf(new DirectorySource(tree)))
    await Promise.all([modern.close(), old.close()])
  })

  test('gives the same stream twice', async () => {
    const stream = () => bytesOf(writeFullStream(new DirectorySource(tree), { zpl: 4, snapshot: 's' }))
    expect((await stream()).equals(await stream())).toBe(true)
  })
})

describe('a stream of real ZFS', () => {
  test.each([
    'full',
    'modern-default',
    'modern-large',
    'modern-embedded',
    'modern-package',
    'modern-gzip-dnode',
    'modern-zstd',
    'modern-lzjb',
    'modern-23-embedded-dirs',
    'modern-fatzap',
    'dedup',
    'replication',
    'bigendian-zpl4',
    'bigendian-zpl5',
  ])('%s is rewritten plain for ZPL 4 with the same tree', async (name) => {
    const real = await open(createReadStream(fixture(name)))
    const plain = await written(new StreamTreeSource(real), 4)
    expect(plain.infos[0]?.snapshots[0]).toMatchObject({ features: 0n, flags: 0, littleEndian: true })
    const comparable = ({ tree: { nodes } }: OpenTree) =>
      nodes.map(
        ({ object: _object, generation: _generation, rawDevice: _raw, xattrs: _xattrs, ...node }) => ({
          ...node,
          name: text([node.name]),
          target: node.target && text([node.target]),
        }),
      )
    expect(comparable(plain)).toEqual(comparable(real))
    for (const [index, node] of real.tree.nodes.entries()) {
      const copy = plain.tree.nodes[index]
      if (node.type !== 'file' || !copy) continue
      expect(
        (await bytesOf(plain.contents(copy))).equals(await bytesOf(real.contents(node))),
        node.path,
      ).toBe(true)
    }
    await Promise.all([real.close(), plain.close()])
  })

  test('loses its extended attributes, and says how many', async () => {
    const real = await open(createReadStream(fixture('modern-large')))
    expect(real.tree.hidden.xattrs).toBeGreaterThan(0)
    expect(new StreamTreeSource(real).lost).toEqual([
      `extended attributes: ${real.tree.hidden.xattrs}, left out`,
    ])
    await real.close()
  })

  test('has the digests of its index, and reads the files that this does not show', async () => {
    const real = await open(createReadStream(fixture('full')))
    const shown = real.tree.nodes.find(({ type, size, links }) => type === 'file' && size > 0 && links === 1)
    const { path: name = '', size = 0 } = shown ?? {}
    const index = async function* () {
      const owned = { mode: 0o644, uid: 0, gid: 0, mtime: 0 }
      yield { path: name, type: 'file' as const, size, ...owned, sha256: 'of the index' }
    }
    const wanted = await entriesOf(new StreamTreeSource(real))
    wanted.set(name, { ...wanted.get(name), sha256: 'of the index' })
    expect(await entriesOf(new StreamTreeSource(real, { index }))).toEqual(wanted)
    await real.close()
  })

  test('with a name of more than 255 bytes is refused', async () => {
    const real = await open(createReadStream(fixture('modern-longname')))
    await expect(written(new StreamTreeSource(real))).rejects.toMatchObject({ code: 'NameTooLong' })
    await real.close()
  })
})

describe('a directory', () => {
  const make = () => mkdtempSync(path.join(scratch, 'changing-'))
  const firstChunk = async (directory: string, change: () => void) => {
    const onPlanned = () => change()
    await bytesOf(writeFullStream(new DirectorySource(directory), { zpl: 5, snapshot: 's', onPlanned }))
  }

  test.each<[what: string, change: (directory: string) => void, named: string]>([
    ['a file grows', (directory) => appendFileSync(path.join(directory, 'file'), 'more'), 'file'],
    ['a file is replaced by another of its size', replace, 'file'],
    ['a name comes', (directory) => writeFileSync(path.join(directory, 'new'), ''), 'changing-'],
  ])('in which %s between the passes is refused', async (_what, change, named) => {
    const directory = make()
    writeFileSync(path.join(directory, 'file'), 'contents')
    await expect(firstChunk(directory, () => change(directory))).rejects.toMatchObject({
      code: 'SourceChanged',
      message: expect.stringContaining(named),
    })
  })

  function replace(directory: string): void {
    writeFileSync(path.join(directory, '..', 'other'), 'CONTENTS')
    renameSync(path.join(directory, '..', 'other'), path.join(directory, 'file'))
  }

  test('with a socket is written without it', async () => {
    const directory = make()
    const server = createServer().listen(path.join(directory, 'socket'))
    await once(server, 'listening')
    writeFileSync(path.join(directory, 'file'), 'x')
    let skipped = 0
    const onPlanned = ({ skippedSockets }: { skippedSockets: number }) => (skipped = skippedSockets)
    const stream = await open(
      writeFullStream(new DirectorySource(directory), { zpl: 5, snapshot: 's', onPlanned }),
    )
    server.close()
    expect(stream.tree.nodes.map((node) => node.path)).toEqual(['.', 'file'])
    expect(skipped).toBe(1)
    await stream.close()
  })

  test('that is none is refused by the file system', async () => {
    await expect(written(new DirectorySource(path.join(scratch, 'nothing')))).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})

describe('an archive', () => {
  const from = (bytes: Uint8Array) =>
    new ArchiveSource(async function* () {
      yield bytes
    })

  test.each([
    ['AbsoluteName', craftTar([{ name: '/etc/passwd' }])],
    ['ParentReference', craftTar([{ name: 'a/../../b' }])],
    ['HardLinkTarget', craftTar([{ name: 'a', typeflag: '1', linkname: 'b' }])],
    ['DuplicateEntry', craftTar([{ name: 'a', typeflag: '2', linkname: '/etc' }, { name: 'a/passwd' }])],
    ['TruncatedStream', craftTar([{ name: 'a', content: 'x' }]).subarray(0, 1024)],
    ['UnknownFormat', Buffer.from('nothing that anybody knows')],
    ['UnknownFormat', readFileSync(fixture('full'))],
  ])('is refused with %s', async (code, bytes) => {
    await expect(written(from(bytes))).rejects.toMatchObject({ code })
  })

  test('in which a file comes twice has the later one', async () => {
    const stream = await written(
      from(craftTar([{ name: './a', content: 'first' }, { name: 'b' }, { name: 'a', content: 'second' }])),
    )
    const [, a] = stream.tree.nodes
    expect((await bytesOf(stream.contents(a ?? { object: 0, size: 0 }))).toString()).toBe('second')
    await stream.close()
  })
})
