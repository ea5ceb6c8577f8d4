import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { flarOf } from '#test/adapters/archive/flar.ts'
import { craftTar, shell } from '#test/archives.ts'
import { main, isRoot, work, at, flar, refusal, saved, zoneroot } from './flar-desk.ts'

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
    expect(stderr).toMatch(/error: files_archived_method is pax, but the archive section is a plain cpio/)
    const plain = saved('plain.flar', flarOf(payload, { keys: { files_compressed_method: 'compress' } }))
    expect((await flar('extract', plain, '-C', at('plain-out'))).stderr).toMatch(
      /error: files_compressed_method is compress, but the archive section is a plain cpio/,
    )
  })

  test('a size that a file cannot have is told by info, with what it may be at most', async () => {
    const payload = cpio('sized', 'find . | cpio --quiet -o -H newc')
    const whole = flarOf(payload, { keys: { files_archived_size: String(payload.length) } })
    expect((await flar('info', saved('whole.flar', whole))).stderr).not.toContain('error')
    const longer = Buffer.concat([whole, Buffer.alloc(7000)])
    for (const [bytes, found] of [
      [whole.subarray(0, -600), payload.length - 600],
      [longer, payload.length + 7000],
    ] as const)
      expect((await flar('info', saved('other.flar', bytes))).stderr).toContain(
        `error: files_archived_size is ${payload.length}, but the archive section has ${found} bytes`,
      )
    const keys = { files_unarchived_size: '99999999999999999' }
    expect((await flar('info', saved('huge.flar', flarOf(payload, { keys })))).stderr).toContain(
      'expected a number of bytes, 1 or more, at most 9007199254740991',
    )
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
