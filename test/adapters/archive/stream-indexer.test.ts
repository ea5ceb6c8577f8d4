import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { cpioMember, cpioPad, cpioTrailer } from '#core/archive/cpio-writer.ts'
import type { Entry } from '#core/entry.ts'
import { craftTar, shell, withTree, zoneTree } from '#test/archives.ts'

let spool: string
beforeAll(async () => {
  spool = await mkdtemp(path.join(tmpdir(), 'spool-'))
})
afterAll(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(spool, { recursive: true })
})

const limits = { maxEntries: 1000, maxBytes: 2 ** 30, maxUncompressedBytes: 2 ** 30, maxNameBytes: 1023 }

async function index(bytes: Uint8Array, some: Partial<typeof limits> = {}) {
  const taken = await new StreamIndexer(spool, { ...limits, ...some }).index(Readable.from([bytes]))
  const entries: Entry[] = []
  for await (const entry of taken.entries) entries.push(entry)
  const again: Entry[] = []
  for await (const entry of taken.entries) again.push(entry)
  expect(again).toEqual(entries)
  await taken.close()
  return { ...taken, entries }
}

const compressors = { none: 'cat', gzip: 'gzip -c', bzip2: 'bzip2 -c', xz: 'xz -c', zstd: 'zstd -qc' }
const archivers = { tar: 'tar --sort=name -cf - .', cpio: 'find . | sort | cpio --quiet -o -H newc' }
const combinations = Object.entries(archivers).flatMap(([format, archive]) =>
  Object.entries(compressors).map(
    ([compression, compress]) => [format, compression, `${archive} | ${compress}`] as const,
  ),
)

test.each(combinations)('%s with %s gives the same index', async (format, compression, command) => {
  const bytes = withTree(zoneTree, (directory) => shell(directory, command))
  const { facts, entries } = await index(bytes)
  expect(facts).toMatchObject({ format, compression, layout: 'zoneroot', entries: entries.length })
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  expect(byPath.get('etc/shadow')).toMatchObject({
    type: 'file',
    mode: 0o600,
    size: 7,
    sha256: 'b37e50cedcd3e3f1ff64f4afc0422084ae694253cf399326868e07a35f4a45fb',
  })
  expect(byPath.get('etc/hostname')).toMatchObject({
    type: 'file',
    size: 5,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(byPath.get('etc/nodename')).toMatchObject({ type: 'hardlink', link: 'etc/hostname', size: 0 })
  expect(byPath.get('usr/relative')).toMatchObject({ type: 'symlink', link: '../usr/bin' })
  expect(byPath.get('usr/relative')?.sha256).toBeUndefined()
})

test.each(Object.entries(archivers))(
  'a symlink with two names is taken in a %s of GNU',
  async (format, command) => {
    const make = 'mkdir etc usr; ln -s ../usr/x etc/a; ln -P etc/a usr/b'
    const bytes = withTree(make, (directory) => shell(directory, command))
    const { entries } = await index(bytes)
    const second = entries.find((entry) => entry.path === 'usr/b')
    expect(second).toMatchObject(
      format === 'tar' ? { type: 'hardlink', link: 'etc/a' } : { type: 'symlink', link: '../usr/x' },
    )
  },
)

test('hard links of a cpio follow the first name, whichever name carries the data', async () => {
  const name = (path: string, content: string, ino: number) =>
    Buffer.concat([
      cpioMember({ path, mode: 0o100644, uid: 0, gid: 0, mtime: 0, ino, nlink: 3, size: content.length }),
      Buffer.from(content),
      cpioPad(content.length),
    ])
  const contents = [
    ['', '', 'x'],
    ['x', '', ''],
    ['', 'x', ''],
    ['', '', ''],
  ]
  const body = Buffer.concat(
    contents.flatMap((group, ino) =>
      group.map((content, index) => name(`${ino}${'abc'[index]}`, content, ino + 1)),
    ),
  )
  const { entries } = await index(Buffer.concat([body, cpioTrailer(body.length)]))
  const told = entries.map(({ path, type, size, link }) =>
    [path, type, size, ...(link ? [link] : [])].join(' '),
  )
  expect(told).toEqual(
    [1, 1, 1, 0].flatMap((size, ino) => [
      `${ino}a file ${size}`,
      `${ino}b hardlink 0 ${ino}a`,
      `${ino}c hardlink 0 ${ino}a`,
    ]),
  )
})

test('a detached zonepath is recognised and its configuration returned', async () => {
  const bytes = withTree('mkdir -p root/etc; echo "<zone/>" > SUNWdetached.xml', (directory) =>
    shell(directory, 'tar -cf - .'),
  )
  expect(await index(bytes)).toMatchObject({ facts: { layout: 'zonepath' }, detachedXml: '<zone/>\n' })
})

test('a zfs stream, compressed, is described and has an index as an archive has', async () => {
  const stream = readFileSync(path.join(import.meta.dirname, '../../fixtures/zfs/full.zfs'))
  const { facts, entries } = await index(shell('/', 'zstd -qc', stream))
  expect(facts).toEqual({
    format: 'zfs',
    compression: 'zstd',
    snapshot: 'zst/tpl@base',
    guid: '18371808795736188155',
    uncompressedSize: stream.length,
    layout: 'zonepath',
    entries: entries.length,
    zfs: {
      zplVersion: 4,
      features: [],
      pool: 15,
      isPackage: false,
      byteOrder: 'little',
      objects: 79,
      hidden: { xattrs: 0, unlinked: 0, sockets: 0, devices: 1 },
      notices: ['device nodes: 2, the first "root/dev/dsk0"; a zone has devices of its own'],
    },
  })
  expect(entries.map(({ path: at }) => at)).toContain('root/etc/passwd')
})

test.each([
  [
    'more entries than allowed',
    'TooManyEntries',
    craftTar([{ name: 'a' }, { name: 'b' }]),
    { maxEntries: 1 },
  ],
  [
    'more bytes than allowed',
    'TooManyBytes',
    craftTar([{ name: 'a', content: 'x'.repeat(9000) }]),
    { maxUncompressedBytes: 5000 },
  ],
  [
    'a symlink that escapes',
    'ThroughSymlink',
    craftTar([{ name: 'x', typeflag: '2', linkname: '/tmp' }, { name: 'x/y' }]),
    {},
  ],
  [
    'a zonepath whose root is a symlink',
    'RootNoDirectory',
    craftTar([
      { name: 'root', typeflag: '2', linkname: '/' },
      { name: 'SUNWdetached.xml', content: '<zone/>' },
    ]),
    {},
  ],
  ['a zonepath whose root is a file', 'RootNoDirectory', craftTar([{ name: 'root', content: 'x' }]), {}],
  [
    'a detached configuration that is too large',
    'DetachedXmlRefused',
    craftTar([
      { name: 'SUNWdetached.xml', content: '<'.repeat(4 * 1024 * 1024 + 1) },
      { name: 'root/etc/x' },
    ]),
    {},
  ],
  [
    'a detached configuration that is a symlink',
    'DetachedXmlRefused',
    craftTar([{ name: 'SUNWdetached.xml', typeflag: '2', linkname: 'root/x' }, { name: 'root/etc/x' }]),
    {},
  ],
  ['a disk', 'DeviceRefused', craftTar([{ name: 'dev/sda', typeflag: '4', device: [8, 0] }]), {}],
  ['something else', 'UnknownFormat', Buffer.from('hello'), {}],
  ['nothing', 'UnknownFormat', Buffer.alloc(0), {}],
  ['gzip twice', 'UnknownFormat', shell('/', 'gzip -c | gzip -c', Buffer.from('x')), {}],
])('%s is %s', async (_what, code, bytes, some) => {
  await expect(index(bytes, some)).rejects.toMatchObject({ code })
})

describe('memory', () => {
  /** Runs the indexer in a process of its own on what `command` writes; returns the outcome and the peak of its memory. */
  async function measured(command: string, some: Partial<typeof limits>) {
    const script = `
      import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
      const [spool, limits] = process.argv.slice(1)
      const before = process.memoryUsage().rss
      let code = 'taken'
      try {
        const taken = await new StreamIndexer(spool, JSON.parse(limits)).index(process.stdin)
        await taken.close()
      } catch (error) { code = error.code ?? String(error) }
      console.log(JSON.stringify({ code, grown: process.resourceUsage().maxRSS * 1024 - before }))
      process.exit()`
    const source = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, spool, JSON.stringify({ ...limits, ...some })],
      { stdio: [source.stdout, 'pipe', 'inherit'] },
    )
    let output = ''
    child.stdout?.on('data', (text: Buffer) => (output += String(text)))
    await once(child, 'close')
    source.stdout.destroy()
    return JSON.parse(output) as { code: string; grown: number }
  }

  const MIB = 2 ** 20

  test('1 GB of zeros in a gzipped tar is taken with less than 150 MB', async () => {
    const command = 'cd $(mktemp -d) && truncate -s 1G zeros && tar -cf - zeros | gzip -1; rm -rf $PWD'
    const { code, grown } = await measured(command, { maxUncompressedBytes: 2 ** 31 })
    expect(code).toBe('taken')
    expect(grown).toBeLessThan(150 * MIB)
  }, 60_000)

  test('a bomb of 1 GB is refused at its limit with less than 150 MB', async () => {
    const command = 'cd $(mktemp -d) && truncate -s 1G zeros && tar -cf - zeros | zstd -q; rm -rf $PWD'
    const { code, grown } = await measured(command, { maxUncompressedBytes: 2 ** 28 })
    expect(code).toBe('TooManyBytes')
    expect(grown).toBeLessThan(150 * MIB)
  }, 60_000)

  test('300 000 entries are indexed with less than 150 MB', async () => {
    const command = `cd $(mktemp -d) && mkdir etc && python3 -c "
import tarfile, sys
t = tarfile.open(fileobj=sys.stdout.buffer, mode='w|')
for i in range(300000): t.addfile(tarfile.TarInfo('usr/share/doc/p%d/some/long/name/file%d.txt' % (i % 997, i)))
t.close()"`
    const { code, grown } = await measured(command, { maxEntries: 2_000_000 })
    expect(code).toBe('taken')
    expect(grown).toBeLessThan(150 * MIB)
  }, 60_000)
})
