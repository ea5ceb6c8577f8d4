import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { registerFlar } from '#cli/commands/flar.ts'
import { flarOf } from '#test/adapters/archive/flar.ts'
import { craftTar, shell } from '#test/archives.ts'
import { runLocal } from './run-local.ts'

const main = path.join(import.meta.dirname, '../../cli/main.ts')
const hasCompress = spawnSync('compress', ['-V']).error === undefined
const isRoot = process.getuid?.() === 0

let work: string
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-flar-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

const at = (name: string) => path.join(work, name)
const flar = (...args: string[]) => runLocal(registerFlar, ['flar', ...args])
const refusal = (code: string, said: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(said) })

function saved(name: string, bytes: Uint8Array | string): string {
  writeFileSync(at(name), bytes)
  return at(name)
}

/** A small zoneroot with one of everything. */
function zoneroot(name: string): string {
  const root = at(name)
  rmSync(root, { recursive: true, force: true })
  for (const directory of ['etc', 'usr/bin', 'tmp', 'proc', 'var/run', 'var/tmp'])
    mkdirSync(path.join(root, directory), { recursive: true })
  const file = (relative: string, text: string, mode = 0o644) => {
    const full = path.join(root, relative)
    writeFileSync(full, text)
    chmodSync(full, mode)
    utimesSync(full, 1_700_000_000, 1_700_000_000)
  }
  file('etc/hosts', '127.0.0.1 localhost\n')
  file('etc/shadow', 'root:x\n', 0o400)
  file('usr/bin/su', '#!/bin/sh\n', 0o4755)
  file('usr/bin/größe', '')
  file('tmp/leftover', 'x')
  file('var/run/pid', '1')
  file('var/tmp/a', 'a')
  linkSync(path.join(root, 'etc/hosts'), path.join(root, 'etc/inet-hosts'))
  symlinkSync('./usr/bin', path.join(root, 'bin'))
  execFileSync('mkfifo', [path.join(root, 'var/pipe')])
  // trees that are made in different seconds are the same
  utimesSync(path.join(root, 'var/pipe'), 1_700_000_000, 1_700_000_000)
  return root
}

const listed = async (...args: string[]) => (await flar('info', '-l', ...args)).stdout.trimEnd().split('\n')
const treeOf = (directory: string) =>
  String(
    shell(
      directory,
      'find . -printf "%P %y %m %n %l " \\( -type f -printf "%s %T@ " -exec sha256sum {} \\; \\) -o -printf "\\n" | sort',
    ),
  )

describe('flar create', () => {
  test('makes an archive that unpacks to the same tree, without what every system makes anew', async () => {
    const root = zoneroot('same')
    for (const archiver of ['cpio', 'pax']) {
      const archive = at(`same-${archiver}.flar`)
      expect((await flar('create', '-n', 'web', '-R', root, '-L', archiver, archive)).error).toBeUndefined()
      const out = at(`same-${archiver}`)
      expect((await flar('extract', archive, '-C', out)).error).toBeUndefined()
      const expected = zoneroot('expected')
      for (const left of ['tmp/leftover', 'var/run/pid']) unlinkSync(path.join(expected, left))
      expect(treeOf(out)).toBe(treeOf(expected))
    }
  })

  test('writes sizes that are true, and sections in their order', async () => {
    const root = zoneroot('sizes')
    saved('X-site', 'of our own\n')
    const args = [
      '-n',
      'web',
      '-R',
      root,
      '-a',
      'me',
      '-e',
      'one\ntwo',
      '-i',
      '20260301120000',
      '-m',
      'golden1',
    ]
    const more = [
      '-T',
      'server',
      '-U',
      'X-a=b',
      '--arch',
      'i86pc,sun4v',
      '-u',
      'X-site',
      '-d',
      work,
      '-H',
      '-I',
    ]
    const archive = at('sizes.flar')
    const { stderr, error } = await flar('create', ...args, ...more, '-o', archive)
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/sizes\.flar: \d/)
    const info = await flar('info', archive)
    expect(info.stderr).toBe('section X-site, 11 bytes\n')
    await expect(info.stdout).toMatchFileSnapshot('../fixtures/flar/info.txt')
    const { identification, payloadOffset } = JSON.parse((await flar('info', '--json', archive)).stdout) as {
      identification: Record<string, string>
      payloadOffset: number
    }
    expect(Number(identification['files_archived_size'])).toBe(statSync(archive).size - payloadOffset)
    await flar('create', '-n', 'web', '-R', root, '-L', 'pax', at('sized-pax.flar'))
    const listing = await flar('info', '-l', at('sized-pax.flar'))
    expect(listing.stderr, 'the size of a pax is true too').toBe('')
    expect((await flar('info', '-k', 'files_archived_size', at('sized-pax.flar'))).stdout).toBe('20480\n')
    expect((await flar('create', '-n', 'web', '-R', root, '-S', at('unsized.flar'))).error).toBeUndefined()
    expect((await flar('info', at('unsized.flar'))).stdout).not.toMatch(/size/)
  })

  test('GNU cpio reads its payload, hard links with their data on the last name', async () => {
    const root = zoneroot('gnu')
    await flar('create', '-n', 'web', '-R', root, at('gnu.flar'))
    mkdirSync(at('gnu-parts'))
    await flar('split', '-d', at('gnu-parts'), at('gnu.flar'))
    const lines = String(shell(work, 'cpio --quiet -itv < gnu-parts/archive')).split('\n')
    expect(lines.find((line) => line.endsWith(' etc/hosts'))).toMatch(/ 2 .* 0 /)
    expect(lines.find((line) => line.endsWith(' etc/inet-hosts'))).toMatch(/ 2 .* 20 /)
    mkdirSync(at('gnu-out'))
    shell(at('gnu-out'), 'cpio --quiet -idum < ../gnu-parts/archive')
    expect(statSync(at('gnu-out/etc/hosts')).ino).toBe(statSync(at('gnu-out/etc/inet-hosts')).ino)
    expect(readFileSync(at('gnu-out/etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n')
  })

  test.skipIf(!hasCompress)('compresses the payload, which comes back', async () => {
    const root = zoneroot('z')
    await flar('create', '-n', 'web', '-R', root, '-c', at('z.flar'))
    expect((await flar('info', '-k', 'files_compressed_method', at('z.flar'))).stdout).toBe('compress\n')
    expect((await flar('info', '-k', 'FILES_ARCHIVED_SIZE', at('z.flar'))).error).toEqual(
      refusal('KeyNotFound', /FILES_ARCHIVED_SIZE/),
    )
    expect(await listed(at('z.flar'))).toContain('etc/shadow')
    shell(work, 'rm -rf zp && mkdir zp')
    await flar('split', '-d', at('zp'), at('z.flar'))
    expect(String(shell(work, 'uncompress -c < zp/archive | cpio --quiet -it'))).toContain('etc/shadow\n')
  })

  test('says so when there is no compress', async () => {
    const root = zoneroot('nocompress')
    vi.stubEnv('PATH', '/nowhere')
    const { error } = await flar('create', '-n', 'web', '-R', root, '-c', at('nocompress.flar'))
    vi.unstubAllEnvs()
    expect(error).toEqual(refusal('ProgramMissing', /compress is not installed here/))
    expect(readdirSync(work).filter((name) => name.startsWith('nocompress.flar'))).toEqual([])
  })

  test('takes what the filters let through: the longer path wins', async () => {
    const root = zoneroot('filters')
    saved('list', '- /var\n+ /var/tmp\n')
    saved('without', '/etc/shadow\n')
    const args = [
      '-x',
      'usr',
      '-y',
      '/usr/bin/su',
      '-z',
      at('list'),
      '-X',
      at('without'),
      '-y',
      '/tmp/leftover',
    ]
    await flar('create', '-n', 'web', '-R', root, ...args, at('filters.flar'))
    expect(await listed(at('filters.flar'))).toEqual([
      '.',
      'bin',
      'etc',
      'etc/hosts',
      'etc/inet-hosts',
      'proc',
      'tmp',
      'tmp/leftover',
      'usr',
      'usr/bin',
      'usr/bin/su',
      'var',
      'var/tmp',
      'var/tmp/a',
    ])
    saved('only', '/etc/hosts\nbin\n')
    await flar('create', '-n', 'web', '-R', root, '-F', '-f', at('only'), at('only.flar'))
    expect(await listed(at('only.flar'))).toEqual(['bin', 'etc', 'etc/hosts'])
  })

  test('uses pax for a file that cpio cannot hold, or refuses it by name', async () => {
    const root = zoneroot('large')
    writeFileSync(path.join(root, 'large'), '')
    truncateSync(path.join(root, 'large'), 2 ** 32)
    const refused = await flar('create', '-n', 'web', '-R', root, '-L', 'cpio', at('large.flar'))
    expect(refused.error).toEqual(refusal('CpioCannotHold', /"\/large" has 4294967296 bytes/))
    truncateSync(path.join(root, 'large'), 0)
    execFileSync('touch', ['-d', '@-5', path.join(root, 'large')])
    const { stderr } = await flar('create', '-n', 'web', '-R', root, at('large.flar'))
    expect(stderr).toMatch(/note: pax, not cpio: "\/large" has the time -5/)
    expect((await flar('info', '-k', 'files_archived_method', at('large.flar'))).stdout).toBe('pax\n')
  })

  test('leaves itself out when it lies in the tree', async () => {
    const root = zoneroot('inside')
    expect((await flar('create', '-n', 'web', '-R', root, path.join(root, 'web.flar'))).error).toBeUndefined()
    expect(await listed(path.join(root, 'web.flar'))).not.toContain('web.flar.part')
  })

  test.skipIf(!hasCompress)(
    'carries the scripts of the master, with the program that a stage needs',
    async () => {
      const root = zoneroot('scripts')
      mkdirSync(path.join(root, 'etc/flash/predeployment'), { recursive: true })
      writeFileSync(path.join(root, 'etc/flash/predeployment/10-disks'), '#!/bin/sh\n', { mode: 0o755 })
      await flar('create', '-n', 'web', '-R', root, at('scripts.flar'))
      expect((await flar('info', at('scripts.flar'))).stderr).toMatch(
        /section predeployment, \d+ bytes: predeployment\/10-disks, predeployment_processing\n$/,
      )
      await flar('create', '-n', 'web', '-R', root, '-L', 'pax', at('scripts-pax.flar'))
      const pax = await flar('info', at('scripts-pax.flar'))
      expect(pax.stderr).toMatch(/section predeployment, \d+ bytes: \S+, predeployment_processing\n$/)
      expect(readFileSync(at('scripts-pax.flar'), 'latin1')).toContain('begin 644 predeployment.pax.Z\n')
      const text = readFileSync(at('scripts.flar'), 'latin1').replace(/method=cpio/, 'method=pax')
      const mixed = await flar('info', saved('scripts-mixed.flar', Buffer.from(text, 'latin1')))
      expect(mixed.stderr).toMatch(/error: the section predeployment .* looks for predeployment\.pax\.Z\n$/)
      const { error } = await flar('create', '-n', 'a', '-R', root, '--deployment', work, at('none.flar'))
      expect(error).toEqual(refusal('NoScripts', /no deployment scripts/))
    },
  )

  test.each([
    [['-R', '.'], /no name/],
    [['-n', 'web'], /-R DIR or --template/],
    [['-n', 'web', '-R', '.', '-i', 'today'], /-i is "today"/],
    [['-n', 'web', '-R', '.', '-U', 'type=FULL'], /X-KEY=VALUE/],
    [['-n', 'web', '-R', '.', '-F'], /-f FILE/],
    [['-n', 'web', '-R', '.', '-u', 'summary'], /begins with X/],
    [['--template', 'web', '-x', '/var'], /without -R/],
  ])('%j is wrong usage', async (args, said) => {
    const { error } = await flar('create', ...args, at('never.flar'))
    expect(error).toEqual(expect.objectContaining({ exit: 2, message: expect.stringMatching(said) }))
    expect(existsSync(at('never.flar'))).toBe(false)
  })

  test('that is interrupted leaves no file', async () => {
    mkdirSync(at('endless'))
    writeFileSync(at('endless/sparse'), '')
    truncateSync(at('endless/sparse'), 2 ** 31)
    const args = ['flar', 'create', '-n', 'web', '-R', at('endless'), at('endless.flar')]
    const child = spawn(process.execPath, [main, ...args])
    let told = ''
    child.stderr.on('data', (chunk) => (told += String(chunk)))
    const closed = once(child, 'close') as Promise<[number | null]>
    await vi.waitFor(() => statSync(at('endless.flar.part')), { timeout: 20_000 })
    child.kill('SIGTERM')
    expect(await closed).toEqual([130, null])
    expect(told).toMatch(/note: pax, not cpio: "\/sparse" has 2147483648 bytes, old programs of cpio/)
    expect(readdirSync(work).filter((name) => name.startsWith('endless.'))).toEqual([])
  })

  test('a file that is there is kept, unless by force', async () => {
    const root = zoneroot('kept')
    const file = saved('kept.flar', 'mine')
    expect((await flar('create', '-n', 'web', '-R', root, file)).error).toEqual(
      refusal('FileExists', /kept\.flar/),
    )
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect((await flar('create', '-n', 'web', '-R', root, '--force', file)).error).toBeUndefined()
  })
})

describe('differential archives', () => {
  const make = async (name: string) => {
    const [before, now] = [zoneroot(`${name}-old`), zoneroot(`${name}-new`)]
    const set = (relative: string, text: string) => writeFileSync(path.join(now, relative), text)
    set('etc/motd', 'new\n')
    set('usr/bin/su', '#!/bin/ksh\n')
    unlinkSync(path.join(now, 'etc/shadow'))
    const archive = at(`${name}.flar`)
    const { error } = await flar('create', '-n', 'patch', '-R', now, '-A', before, archive)
    expect(error).toBeUndefined()
    return { before, now, archive }
  }

  test('hold what changed, and say what must go', async () => {
    const { archive } = await make('diff')
    expect((await flar('info', '-k', 'type', archive)).stdout).toBe('DIFFERENTIAL\n')
    expect(await listed(archive)).toEqual(['etc/motd', 'usr/bin/su'])
    const client = zoneroot('diff-client')
    writeFileSync(path.join(client, 'tmp/new'), 'is nobody’s')
    const compared = await flar('compare', archive, client)
    expect(compared).toMatchObject({ stdout: '- /etc/shadow\n' })
    expect(compared.error).toBeUndefined()
  })

  test('are refused on a client that differs, file by file, and forced', async () => {
    const { archive } = await make('differs')
    const client = zoneroot('differs-client')
    writeFileSync(path.join(client, 'etc/mine'), '')
    chmodSync(path.join(client, 'etc/hosts'), 0o600)
    unlinkSync(path.join(client, 'bin'))
    const { stdout, error } = await flar('compare', archive, client)
    expect(error).toEqual(refusal('TreeDiffers', /in 4 of its files/))
    expect(stdout).toBe(
      [
        '! /bin: it is missing here, the old image had it',
        '! /etc/hosts: its mode is 100600, it was 100644',
        '! /etc/inet-hosts: its mode is 100600, it was 100644',
        '! /etc/mine: it is new here: the old image had no such file',
        '- /etc/shadow\n',
      ].join('\n'),
    )
    const forced = await flar('compare', '--forced', '--json', archive, client)
    expect(JSON.parse(forced.stdout)).toMatchObject({ deletions: ['/etc/mine', '/etc/shadow'] })
    expect(forced.error).toEqual(refusal('TreeDiffers', /in 4 of its files/))
    saved('exclusions', '/etc/mine\n')
    expect((await flar('compare', '-X', at('exclusions'), archive, client)).stdout).not.toContain('/etc/mine')
  })

  test('leave on clients what an installer could not be told to delete, which is said', async () => {
    const { before, now, archive } = await make('staying')
    writeFileSync(path.join(before, 'etc/My App'), 'x')
    const args = [
      '-n',
      'patch',
      '-R',
      now,
      '-A',
      before,
      '-x',
      '/usr',
      '-y',
      '/usr/bin/su',
      '--force',
      archive,
    ]
    const { stderr, error } = await flar('create', ...args)
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/note: "\/etc\/My App" stays on clients: .* shell/)
    expect(await flar('compare', archive, before)).toMatchObject({ stdout: '- /etc/shadow\n' })
  })

  test('without a manifest compare nothing, which is said', async () => {
    const { before, now } = await make('bare')
    await flar('create', '-n', 'patch', '-R', now, '-A', before, '-M', '--force', at('bare.flar'))
    expect((await flar('info', at('bare.flar'))).stderr).toMatch(/warning: .*no manifest/)
    expect((await flar('compare', at('bare.flar'), before)).error).toEqual(
      refusal('NoManifest', /no manifest/),
    )
  })
})

describe('flar split and combine', () => {
  test('give the same archive again', async () => {
    const payload = shell(zoneroot('parts-root'), 'find . | cpio --quiet -o -H newc')
    const archive = saved(
      'parts.flar',
      flarOf(payload, {
        sections: [
          ['summary', 'a\n'],
          ['X-site', 'b\n'],
        ],
      }),
    )
    await flar('split', '-d', at('parts'), archive)
    expect(readdirSync(at('parts')).toSorted()).toEqual([
      'X-site',
      'archive',
      'cookie',
      'identification',
      'summary',
    ])
    const { error, stderr } = await flar('combine', '-d', at('parts'), '-u', 'X-site', at('again.flar'))
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/^\S+again\.flar: /)
    expect(Buffer.compare(readFileSync(at('again.flar')), readFileSync(archive))).toBe(0)
  })

  test('split writes single sections, and files instead of an archive', async () => {
    const payload = shell(zoneroot('single-root'), 'find . | cpio --quiet -o -H newc')
    const archive = saved(
      'single.flar',
      flarOf(payload, {
        sections: [
          ['X-a', ''],
          ['X-b', 'b\n'],
        ],
      }),
    )
    await flar('split', '-d', at('single'), '-S', 'identification', archive)
    expect(readdirSync(at('single'))).toEqual(['identification'])
    await flar('split', '-d', at('some'), '-u', 'X-b', '-f', archive)
    expect(readdirSync(at('some')).toSorted()).toEqual(['X-b', 'archive', 'cookie', 'identification'])
    expect(readlinkSync(at('some/archive/bin'))).toMatch(/^(\.\/)?usr\/bin$/)
    expect((await flar('split', '-d', at('some'), '-S', 'X-c', archive)).error).toEqual(
      refusal('SectionNotFound', /X-c/),
    )
    expect((await flar('split', '-d', at('some'), archive)).error).toEqual(refusal('FileExists', /cookie/))
  })

  test('combine checks nothing, but says what an installer would stumble over', async () => {
    mkdirSync(at('wrong'))
    const part = (name: string, text: string) => saved(`wrong/${name}`, text)
    part('cookie', 'FlAsH-aRcHiVe-2.0\n')
    part('identification', 'content_name=a\nfiles_archived_size=5\nhello\n')
    part('archive', '070701')
    const { error, stderr } = await flar('combine', '-d', at('wrong'), at('wrong.flar'))
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/error: .*hello/)
    expect(stderr).toMatch(/error: .*no type/)
    expect(stderr).toMatch(/error: files_archived_size is 5, but .* 6 bytes/)
    part('X-a', 'section_begin=X-b\n')
    const garbage = await flar('combine', '-d', at('wrong'), '-u', 'X-a', at('garbage.flar'))
    expect(garbage.error).toEqual(refusal('FlarInvalid', /X-a has a line/))
    part('cookie', 'FLASH\n')
    expect((await flar('combine', '-d', at('wrong'), at('garbage.flar'))).error).toEqual(
      refusal('CorruptStream', /FLASH/),
    )
    rmSync(at('wrong/cookie'))
    expect((await flar('combine', '-d', at('wrong'), at('garbage.flar'))).error).toEqual(
      refusal('CannotRead', /cookie/),
    )
  })
})

describe('flar extract', () => {
  const cpio = (name: string, command: string) => shell(zoneroot(name), command)

  test.each([
    ['an absolute name', craftTar([{ name: '/etc/passwd', content: 'x' }]), 'AbsoluteName'],
    ['a name that climbs', craftTar([{ name: 'a/../../etc/passwd', content: 'x' }]), 'ParentReference'],
    [
      'a file below a symlink',
      craftTar([
        { name: 'a', typeflag: '2', linkname: '/etc' },
        { name: 'a/passwd', content: 'x' },
      ]),
      'ThroughSymlink',
    ],
    [
      'a hard link to outside',
      craftTar([{ name: 'a', typeflag: '1', linkname: '/etc/passwd' }]),
      'LinkOutside',
    ],
    [
      'a tar that is cut',
      craftTar([{ name: 'a', content: 'x'.repeat(600) }]).subarray(0, 900),
      'TruncatedStream',
    ],
    ['no archive', Buffer.from('hello'), 'FlarInvalid'],
  ])('refuses %s, and leaves nothing', async (_what, payload, code) => {
    const archive = saved('hostile.flar', flarOf(payload, { keys: { files_archived_method: 'pax' } }))
    expect((await flar('extract', archive, '-C', at('hostile'))).error).toEqual(refusal(code, /./))
    expect(readdirSync(work).filter((name) => /^\.?hostile($|\.[^f])/.test(name))).toEqual([])
  })

  test('leaves devices out, which a zone has of its own', async () => {
    const tar = craftTar([
      { name: 'dev/', typeflag: '5', mode: 0o755 },
      { name: 'dev/dsk', typeflag: '4', device: [8, 0] },
      { name: 'dev/null', typeflag: '3', device: [1, 3] },
    ])
    const archive = saved('devices.flar', flarOf(tar, { keys: { files_archived_method: 'pax' } }))
    const { stderr, error } = await flar('extract', archive, '-C', at('devices'))
    expect(error).toBeUndefined()
    expect(stderr).toContain('note: devices: 2, left out\n')
    expect(readdirSync(at('devices/dev'))).toEqual([])
  })

  test('keeps the targets of symlinks, also of one that leads above the root', async () => {
    const tar = craftTar([
      { name: 'a', typeflag: '2', linkname: '../../etc' },
      { name: 'b', typeflag: '2', linkname: './a//c' },
    ])
    const archive = saved('symlinks.flar', flarOf(tar, { keys: { files_archived_method: 'pax' } }))
    expect((await flar('extract', archive, '-C', at('symlinks'))).error).toBeUndefined()
    expect(readlinkSync(at('symlinks/a'))).toBe('../../etc')
    expect(readlinkSync(at('symlinks/b'))).toBe('./a//c')
  })

  test('reads odc with the data on every name, and crc', async () => {
    for (const form of ['odc', 'crc']) {
      const archive = saved(`${form}.flar`, flarOf(cpio(form, `find . | sort | cpio --quiet -o -H ${form}`)))
      expect((await flar('extract', archive, '-C', at(`${form}-out`))).error).toBeUndefined()
      const out = at(`${form}-out/etc`)
      expect(readFileSync(path.join(out, 'hosts'), 'utf8')).toBe('127.0.0.1 localhost\n')
      expect(statSync(path.join(out, 'hosts')).ino).toBe(statSync(path.join(out, 'inet-hosts')).ino)
    }
  })

  test('warns of keys that are not true, and unpacks what is there', async () => {
    const payload = cpio('lies', 'find . | cpio --quiet -o -H newc')
    const keys = { files_archived_method: 'pax', files_archived_size: '7' }
    const archive = saved('lies.flar', flarOf(payload, { keys }))
    const { stderr, error } = await flar('extract', archive, '-C', at('lies-out'))
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/error: files_archived_size is 7, but/)
  })

  test('refuses one that is cut short, a root pool, and a directory that is not empty', async () => {
    const payload = cpio('cut', 'find . | cpio --quiet -o -H newc')
    const keys = { files_archived_size: String(payload.byteLength) }
    const cut = saved('cut.flar', flarOf(payload, { keys }).subarray(0, -1000))
    expect((await flar('extract', cut, '-C', at('cut-out'))).error).toEqual(refusal('TruncatedStream', /./))
    const pool = saved('pool.flar', flarOf(payload, { keys: { rootpool: 'rpool' } }))
    expect((await flar('extract', pool, '-C', at('pool-out'))).error).toEqual(
      refusal('FlarInvalid', /root pool/),
    )
    expect((await flar('extract', pool, '-C', at('cut'))).error).toEqual(refusal('DirectoryNotEmpty', /cut/))
  })

  test.skipIf(!isRoot)('as root keeps owners', async () => {
    const root = zoneroot('owners')
    execFileSync('chown', ['123:45', path.join(root, 'etc/hosts')])
    await flar('create', '-n', 'web', '-R', root, at('owners.flar'))
    await flar('extract', at('owners.flar'), '-C', at('owners-out'))
    expect(statSync(at('owners-out/etc/hosts'))).toMatchObject({ uid: 123, gid: 45 })
  })

  test('that is interrupted says so, and leaves nothing', async () => {
    const child = spawn(process.execPath, [main, 'flar', 'extract', '-', '-C', at('interrupted')])
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += String(text)))
    const closed = once(child, 'close') as Promise<[number | null]>
    // more than its pipe holds: when it is taken, somebody reads
    const preamble = flarOf(Buffer.alloc(0), { sections: [['X-long', `${'x'.repeat(300_000)}\n`]] })
    await new Promise((resolve) => child.stdin.write(preamble, resolve))
    child.kill('SIGINT')
    const [status] = await closed
    expect({ status, said }).toEqual({
      status: 130,
      said: 'zoneflash: interrupted, nothing is extracted (Interrupted)\n',
    })
    expect(readdirSync(work).filter((name) => name.includes('interrupted'))).toEqual([])
  })

  test('goes from stdin to stdout through pipes', async () => {
    const root = zoneroot('pipes')
    const create = spawn(process.execPath, [main, 'flar', 'create', '-n', 'web', '-R', root, '-'])
    const info = spawn(process.execPath, [main, 'flar', 'info', '-l', '-'])
    create.stdout.pipe(info.stdin)
    let names = ''
    info.stdout.on('data', (text: Buffer) => (names += String(text)))
    const [status] = (await once(info, 'close')) as [number]
    expect({ status, names: names.split('\n') }).toEqual({
      status: 0,
      names: expect.arrayContaining(['etc/hosts']),
    })
  })
})

describe('flar create --template', () => {
  let server: Server | undefined
  afterEach(() => {
    vi.unstubAllEnvs()
    server?.close()
  })

  const manifest = {
    template: 'web',
    version: '1.0',
    brand: 'native',
    osFamily: 'solaris10',
    arch: 'i386',
    zonecfg: 'create -b\n',
    madeBy: 'upload',
    createdBy: 'admin',
    createdAt: '2026-03-01T12:00:00.000Z',
  }

  const described = (bytes: Buffer, artifact: Record<string, unknown>) => ({
    compression: 'none',
    layout: 'zoneroot',
    entries: 1,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sha1: '0'.repeat(40),
    size: bytes.length,
    uncompressedSize: bytes.length,
    ...artifact,
  })

  interface Served {
    artifact: Record<string, unknown>
    /** instead of the bytes of the artifact */
    sent?: Buffer
    /** what the server makes when it is asked for a flash archive */
    converted?: Buffer
  }

  /** A server that has one version with one artifact. Returns the conversions that it was asked for. */
  async function serve(bytes: Buffer, { artifact, sent = bytes, converted }: Served): Promise<string[]> {
    const asked: string[] = []
    const artifacts = [described(bytes, artifact)]
    const blobs = new Map([[artifacts[0]?.sha256, sent]])
    server = createServer((request, response) => {
      const blob = blobs.get(request.url?.replace('/blobs/sha256/', ''))
      if (blob) return void response.end(blob)
      response.setHeader('content-type', 'application/json')
      if (request.method !== 'POST')
        return void response.end(JSON.stringify({ state: 'ready', manifest: { ...manifest, artifacts } }))
      asked.push(request.url ?? '')
      const flash = converted && described(converted, { format: 'flar' })
      if (flash) artifacts.push(flash)
      if (flash) blobs.set(flash.sha256, converted)
      response.end(JSON.stringify({ version: '1.0', to: 'flar', artifact: flash }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    vi.stubEnv('ZONEFLASH_SERVER', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    vi.stubEnv('ZONEFLASH_TOKEN', 'token')
    return asked
  }

  test('wraps an archive of the server as it comes, with its sizes', async () => {
    const cpio = shell(zoneroot('template'), 'find . | cpio --quiet -o -H newc')
    await serve(gzipSync(cpio), {
      artifact: { format: 'cpio', compression: 'gzip', uncompressedSize: cpio.length },
    })
    const { error } = await flar('create', '--template', 'web', '-o', at('template.flar'))
    expect(error).toBeUndefined()
    const { identification } = JSON.parse((await flar('info', '--json', at('template.flar'))).stdout) as {
      identification: Record<string, string>
    }
    expect(identification).toMatchObject({
      content_name: 'web-1.0',
      files_archived_method: 'cpio',
      files_compressed_method: 'none',
      files_archived_size: String(cpio.length),
      content_architectures: 'i86pc',
      creation_date: '20260301120000',
      type: 'FULL',
    })
    expect((await flar('extract', at('template.flar'), '-C', at('template-out'))).stderr).not.toContain(
      'error',
    )
    expect(readFileSync(at('template-out/etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n')
  })

  test('wraps a flash archive of the server anew, with another name', async () => {
    const cpio = shell(zoneroot('rewrap'), 'find . | cpio --quiet -o -H newc')
    await serve(flarOf(cpio), { artifact: { format: 'flar' } })
    expect((await flar('create', '--template', 'web', '-n', 'mine', at('rewrap.flar'))).error).toBeUndefined()
    expect((await flar('info', '-k', 'content_name', at('rewrap.flar'))).stdout).toBe('mine\n')
    expect((await flar('info', '-k', 'files_archived_size', at('rewrap.flar'))).stdout).toBe(
      `${cpio.length}\n`,
    )
  })

  test('asks the server for a flash archive when installers could not read what there is', async () => {
    const gnu = shell(zoneroot('gnutar'), 'tar --format=gnu -cf - .')
    const converted = flarOf(shell(zoneroot('converted'), 'find . | cpio --quiet -o -H newc'))
    const asked = await serve(gnu, { artifact: { format: 'tar' }, converted })
    const { error } = await flar('create', '--template', 'web', at('gnutar.flar'))
    expect(error).toBeUndefined()
    expect(asked).toEqual(['/api/v1/templates/web/versions/1.0/conversions'])
    expect((await flar('info', '-k', 'files_archived_method', at('gnutar.flar'))).stdout).toBe('cpio\n')
  })

  test('refuses bytes that are not those of the version', async () => {
    const cpio = shell(zoneroot('changed'), 'find . | cpio --quiet -o -H newc')
    const other = Buffer.from(cpio)
    other[other.length - 1] = 1
    await serve(cpio, { artifact: { format: 'cpio' }, sent: other })
    expect((await flar('create', '--template', 'web', at('changed.flar'))).error).toEqual(
      refusal('DigestMismatch', /sha256/),
    )
    expect(existsSync(at('changed.flar'))).toBe(false)
  })
})
