import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFileReader } from '#adapters/archive/read-files.ts'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { cpioMember, cpioPad, cpioTrailer } from '#core/archive/cpio-writer.ts'
import { parseConfig } from '#core/config.ts'
import type { Entry } from '#core/entry.ts'
import { shell, withTree, zoneTree } from '#test/archives.ts'
import { cpioOf, flarOf, paxOf } from './flar.ts'

let spool: string
beforeAll(async () => {
  spool = await mkdtemp(path.join(tmpdir(), 'spool-'))
})
afterAll(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(spool, { recursive: true })
})

const limits = { maxEntries: 1000, maxBytes: 2 ** 30, maxUncompressedBytes: 2 ** 30, maxNameBytes: 1023 }

async function index(source: AsyncIterable<Uint8Array>, some: Partial<typeof limits> = {}) {
  const taken = await new StreamIndexer(spool, { ...limits, ...some }).index(source)
  const entries: Entry[] = []
  for await (const entry of taken.entries) entries.push(entry)
  await taken.close()
  return { ...taken, entries }
}
const indexOf = (bytes: Uint8Array, some?: Partial<typeof limits>) => index(Readable.from([bytes]), some)

const payloads = withTree(zoneTree, (directory) => {
  const cpio = cpioOf(directory)
  return {
    cpio,
    crc: shell(directory, 'find . ! -name . | LC_ALL=C sort | cpio --quiet -o -H crc -R 0:3'),
    odc: shell(directory, 'find . ! -name . | LC_ALL=C sort | cpio --quiet -o -H odc -R 0:3'),
    pax: paxOf(directory),
    compressed: shell(directory, 'compress -cf || [ $? = 2 ]', cpio),
  }
})
const { cpio, pax, compressed } = payloads
const size = String(cpio.length)

test.each([
  ['cpio', {}],
  ['crc', {}],
  ['odc', {}],
  ['pax', { files_archived_method: 'pax' }],
  ['compressed', { files_compressed_method: 'compress' }],
] as const)('a flash archive of %s has the index of what is in it', async (kind, keys) => {
  const plain = await indexOf(payloads[kind === 'compressed' ? 'cpio' : kind])
  const bytes = flarOf(payloads[kind], { keys })
  const { facts, entries, said } = await indexOf(bytes)
  expect(entries).toEqual(plain.entries)
  expect(facts).toEqual({
    format: 'flar',
    compression: 'none',
    layout: 'zoneroot',
    entries: entries.length,
    uncompressedSize: (kind === 'compressed' ? cpio : payloads[kind]).length,
    flar: {
      contentName: 'web',
      archiver: kind === 'pax' ? 'pax' : 'cpio',
      payloadCompression: kind === 'compressed' ? 'compress' : 'none',
      type: 'FULL',
      creationMaster: 'golden1',
      architectures: ['i86pc'],
    },
  })
  expect(said).toEqual({ arch: 'i86pc' })
  const everyByte = async function* () {
    for (const byte of bytes) yield Uint8Array.of(byte)
  }
  expect((await index(everyByte())).facts).toEqual(facts)
})

test('what it says of itself is told: the machine, the release, what it is', async () => {
  const sun = { creation_os_name: 'SunOS', content_description: 'from the rack' }
  const saidOf = async (keys: Record<string, string | undefined>) =>
    (await indexOf(flarOf(cpio, { keys }))).said
  expect(
    await saidOf({
      ...sun,
      creation_release: '5.10',
      content_architectures: 'sun4u,sun4v',
      creation_processor: 'sparc',
    }),
  ).toEqual({
    brand: 'native',
    osFamily: 'solaris10',
    arch: 'sparc',
    notes: 'from the rack',
  })
  expect(await saidOf({ ...sun, creation_release: '5.9' })).toMatchObject({ brand: 'solaris9' })
  expect(await saidOf({ ...sun, creation_release: '5.11' })).toEqual({
    arch: 'i86pc',
    notes: 'from the rack',
  })
  expect(await saidOf({ 'X-zoneflash-brand': '../etc', content_architectures: 'x'.repeat(40) })).toEqual({})
})

test('a full archive of version 1 needs no type', async () => {
  const keys = { type: undefined }
  const { facts } = await indexOf(flarOf(cpio, { cookie: 'FlAsH-aRcHiVe-1.0', keys }))
  expect(facts.flar?.type).toBe('FULL')
})

test('what an installer would stumble over is told, and no refusal', async () => {
  const keys = { files_unarchived_size: '10', colour: 'blue', files_compressed_method: undefined }
  const { facts } = await indexOf(flarOf(cpio, { keys }))
  expect(facts.flar?.notices).toEqual([
    expect.stringContaining('"colour"'),
    expect.stringContaining('no files_compressed_method'),
    expect.stringMatching(/^files_unarchived_size is 10, but its files alone have \d+ bytes$/),
  ])
})

test.skipIf(process.getuid?.() !== 0)(
  'device nodes that each host makes anew are left out and told, other ones are refused',
  async () => {
    const fill = `${zoneTree}
    mkdir -p devices/pci@0 dev/dsk; mknod devices/pci@0/sd@0:a b 32 0; mknod dev/null c 13 2; mknod dev/dsk/c0 b 1 1
    ln -s ../../devices/pci@0/sd@0:a dev/dsk/c0t0d0s0`
    const bytes = flarOf(withTree(fill, cpioOf))
    const { facts, entries } = await indexOf(bytes)
    const paths = entries.map(({ path: name }) => name)
    expect(paths).toEqual(expect.arrayContaining(['dev/null', 'dev/dsk/c0t0d0s0', 'devices/pci@0']))
    expect(paths).not.toContain('devices/pci@0/sd@0:a')
    expect(facts.flar?.notices).toEqual([expect.stringMatching(/^2 device nodes below dev or devices/)])
    const elsewhere = flarOf(withTree('mkdir etc; mknod etc/disk b 32 0', cpioOf))
    await expect(indexOf(elsewhere)).rejects.toMatchObject({ code: 'DeviceRefused' })
  },
)

test('its sections of scripts and those of the user are passed over', async () => {
  const sections = [
    ['predeployment', 'begin 644 predeployment.cpio.Z\nend\n'],
    ['reboot', 'begin 644 reboot.cpio.Z\nend\n'],
    ['summary', 'anything\n'],
    ['X-site', 'section_endless\n'],
  ] as const
  expect((await indexOf(flarOf(cpio, { sections }))).facts.format).toBe('flar')
})

describe('refused', () => {
  const inCase: [what: string, bytes: () => Uint8Array, code: string, said: RegExp][] = [
    [
      'a cookie in another case',
      () => flarOf(cpio, { cookie: 'FLASH-ARCHIVE-2.0' }),
      'UnknownFormat',
      /first line is not FlAsH/,
    ],
    [
      'a cookie of version 3',
      () => flarOf(cpio, { cookie: 'FlAsH-aRcHiVe-3.0' }),
      'CorruptStream',
      /version 3.0/,
    ],
    [
      'a cookie without a version',
      () => flarOf(cpio, { cookie: 'FlAsH-aRcHiVe-two' }),
      'CorruptStream',
      /expected FlAsH-aRcHiVe-2.0/,
    ],
    [
      'a cookie with a CR',
      () => flarOf(cpio, { cookie: 'FlAsH-aRcHiVe-2.0\r' }),
      'CorruptStream',
      /first line/,
    ],
    [
      'a differential archive',
      () => flarOf(cpio, { keys: { type: 'DIFFERENTIAL' }, sections: [['manifest', 'checklist\n']] }),
      'FlarInvalid',
      /differential.*expected a full one/,
    ],
    [
      'streams of a root pool',
      () => flarOf(cpio, { keys: { rootpool: 'rpool' } }),
      'FlarInvalid',
      /root pool.*-L cpio/,
    ],
    ['no type', () => flarOf(cpio, { keys: { type: undefined } }), 'FlarInvalid', /no type/],
    ['a type in lower case', () => flarOf(cpio, { keys: { type: 'full' } }), 'FlarInvalid', /expected FULL/],
    [
      'sections out of order',
      () =>
        flarOf(cpio, {
          sections: [
            ['X-site', 'a\n'],
            ['reboot', 'b\n'],
          ],
        }),
      'FlarInvalid',
      /reboot stands behind X-site/,
    ],
    [
      'a section in a section',
      () => flarOf(cpio, { sections: [['X-a', 'section_begin=X-b\n']] }),
      'CorruptStream',
      /section_end=X-a first/,
    ],
    [
      'a section before the identification',
      () => Buffer.from(`FlAsH-aRcHiVe-2.0\nsection_begin=archive\n${'x'.repeat(600)}`),
      'CorruptStream',
      /expected identification/,
    ],
    [
      'nothing behind its cookie',
      () => Buffer.from('FlAsH-aRcHiVe-2.0\n'),
      'TruncatedStream',
      /without an archive section/,
    ],
    ['no payload', () => flarOf(Buffer.alloc(0)), 'TruncatedStream', /empty/],
    [
      'an archived size of 0',
      () => flarOf(cpio, { keys: { files_archived_size: '0' } }),
      'FlarInvalid',
      /1 or more/,
    ],
    [
      'an archived size that is no number',
      () => flarOf(cpio, { keys: { files_archived_size: '1e9' } }),
      'FlarInvalid',
      /1 or more/,
    ],
    [
      'an archived size that is too large',
      () => flarOf(cpio, { keys: { files_archived_size: `${size}0` } }),
      'TruncatedStream',
      /expected the whole archive/,
    ],
    [
      'an archived size that is too small',
      () => flarOf(cpio, { keys: { files_archived_size: '512' } }),
      'FlarInvalid',
      /files_archived_size is 512/,
    ],
    [
      'an unarchived size of -1',
      () => flarOf(cpio, { keys: { files_unarchived_size: '-1' } }),
      'FlarInvalid',
      /1 or more/,
    ],
    ['a payload that is pax and not cpio', () => flarOf(pax), 'FlarInvalid', /plain pax/],
    ['a payload that is compressed and should not be', () => flarOf(compressed), 'FlarInvalid', /compressed/],
    [
      'a payload that should be compressed',
      () => flarOf(cpio, { keys: { files_compressed_method: 'compress' } }),
      'FlarInvalid',
      /plain cpio/,
    ],
    [
      'a compressed payload of something else',
      () =>
        flarOf(shell('/', 'compress -cf || [ $? = 2 ]', Buffer.from('x'.repeat(5000))), {
          keys: { files_compressed_method: 'compress' },
        }),
      'FlarInvalid',
      /expected cpio/,
    ],
    [
      'a payload that is no archive',
      () => flarOf(Buffer.alloc(5000, 7)),
      'FlarInvalid',
      /begins with bytes 07/,
    ],
    ['a flar in a flar', () => flarOf(flarOf(cpio)), 'FlarInvalid', /archive section is/],
    [
      'a payload that ends early',
      () => flarOf(cpio.subarray(0, cpio.length / 2)),
      'TruncatedStream',
      /trailer/,
    ],
    [
      'a compressed payload that ends early',
      () =>
        flarOf(compressed.subarray(0, compressed.length / 2), {
          keys: { files_compressed_method: 'compress' },
        }),
      'TruncatedStream',
      /./,
    ],
    ['an absolute name', () => flarOf(craft('/etc/passwd')), 'AbsoluteName', /etc\/passwd/],
    ['a name that leaves', () => flarOf(craft('../etc/passwd')), 'ParentReference', /\.\./],
    [
      'a header that lies about its size',
      () => flarOf(craft('etc/passwd', 0xffff_fff0)),
      'TruncatedStream',
      /trailer/,
    ],
    [
      'an archive compressed by gzip',
      () => shell('/', 'gzip -c', flarOf(cpio)),
      'UnknownFormat',
      /compressed by gzip/,
    ],
  ]
  test.each(inCase)('%s', async (_what, bytes, code, said) => {
    await expect(indexOf(bytes())).rejects.toMatchObject({ code, message: expect.stringMatching(said) })
  })

  test('more text in front than anybody writes, as soon as it is too much', async () => {
    const line = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(1024))
    let sent = 0
    const endless = async function* () {
      yield flarOf(Buffer.alloc(0)).subarray(0, -'section_begin=archive\n'.length)
      yield Buffer.from('section_begin=X-site\n')
      for (; sent < 200; sent++) yield line
    }
    await expect(index(endless())).rejects.toMatchObject({ code: 'TooManyBytes' })
    expect(sent).toBeLessThan(70)
  })

  test('a payload that grows beyond its limit, before it has grown', async () => {
    const bomb = withTree('mkdir etc; truncate -s 64M etc/zeros', (directory) =>
      shell(directory, 'find . ! -name . | cpio --quiet -o -H newc | compress -c'),
    )
    expect(bomb.length).toBeLessThan(600_000)
    const keys = { files_compressed_method: 'compress' }
    await expect(indexOf(flarOf(bomb, { keys }), { maxUncompressedBytes: 2 ** 24 })).rejects.toMatchObject({
      code: 'TooManyBytes',
    })
  })
})

function craft(name: string, claimed?: number): Buffer {
  const data = Buffer.from('root')
  const member = { path: name, mode: 0o100644, uid: 0, gid: 0, mtime: 0, ino: 1, nlink: 1 }
  const body = [cpioMember({ ...member, size: claimed ?? data.length }), data, cpioPad(data.length)]
  return Buffer.concat([...body, cpioTrailer(0)])
}

test('chosen files are read out of it, also where its payload is compressed', async () => {
  const read = openFileReader(parseConfig({ ZONEFLASH_DATA: spool }))
  const wanted = new Map([
    ['etc/hostname', 100],
    ['etc/shadow', 3],
  ])
  for (const bytes of [flarOf(cpio), flarOf(compressed, { keys: { files_compressed_method: 'compress' } })]) {
    const files: Record<string, string> = {}
    const source = { read: async () => Readable.from([bytes]) }
    for await (const file of read([source], { format: 'flar', compression: 'none' }, wanted))
      files[file.path] = Buffer.from(file.contents).toString()
    expect(files).toEqual({ 'etc/hostname': 'zone\n', 'etc/shadow': 'sec' })
  }
})
