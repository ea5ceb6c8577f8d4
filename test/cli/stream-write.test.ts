import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cannotRead } from '#cli/file-failures.ts'
import { runStream } from './run-stream.ts'

const fixtures = path.join(import.meta.dirname, '../fixtures/zfs')
const fixture = (name: string) => path.join(fixtures, `${name}.zfs`)
const main = path.join(import.meta.dirname, '../../cli/main.ts')
const isRoot = process.getuid?.() === 0

let work: string
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-stream-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

const at = (name: string) => path.join(work, name)
const listing = async (...args: string[]) => (await runStream('ls', '--json', '--digests', ...args)).stdout
/** What find and sha256sum say of a tree: types, modes, owners, times to the nanosecond, sizes, links, contents. */
const treeOf = (directory: string) =>
  execFileSync(
    'sh',
    [
      '-c',
      'find . -printf "%P %y %m %U %G %T@ %n %l " \\( -type f -printf "%s " -exec sha256sum {} \\; \\) -o -printf "\\n"',
    ],
    { cwd: directory, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  )
    .split('\n')
    .toSorted()
    .join('\n')

async function endOf(
  child: ChildProcessWithoutNullStreams,
): Promise<{ status: number | null; stderr: string }> {
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr += String(text)))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stderr }
}

/** A small zoneroot with one of everything. */
function zoneroot(name: string): string {
  const root = at(name)
  mkdirSync(path.join(root, 'etc'), { recursive: true })
  writeFileSync(path.join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n')
  writeFileSync(path.join(root, 'empty'), '')
  writeFileSync(path.join(root, 'large'), Buffer.alloc(300_001, 'zone'))
  writeFileSync(path.join(root, 'spärlich'), 'begin')
  truncateSync(path.join(root, 'spärlich'), 40 * 1024 * 1024)
  linkSync(path.join(root, 'etc/passwd'), path.join(root, 'etc/also'))
  symlinkSync('etc/passwd', path.join(root, 'link'))
  execFileSync('mkfifo', [path.join(root, 'pipe')])
  chmodSync(path.join(root, 'large'), 0o4711)
  mkdirSync(path.join(root, 'tmp'))
  chmodSync(path.join(root, 'tmp'), 0o1777)
  execFileSync('touch', ['-d', '@-5.25', 'etc/passwd'], { cwd: root })
  execFileSync('touch', ['-h', '-d', '@1690000000.123456789', 'link', 'empty', 'pipe'], { cwd: root })
  return root
}

describe('write and extract', () => {
  test.each(['4', '5'])('a directory comes back the same through a stream of ZPL %s', async (zpl) => {
    const [root, file, back] = [zoneroot(`root${zpl}`), at(`root${zpl}.zfs`), at(`back${zpl}`)]
    const written = await runStream('write', root, '--zpl', zpl, '-o', file)
    expect(written.error).toBeUndefined()
    expect((await runStream('verify', file)).stdout).toContain(`ZPL ${zpl}, 10 names, 4 files of 40.3 MiB`)
    const { error, stdout } = await runStream('extract', file, '-C', back)
    expect(error).toBeUndefined()
    expect(stdout).toContain('10 names')
    expect(treeOf(back)).toBe(treeOf(root))
    expect(statSync(path.join(back, 'spärlich')).blocks * 512).toBeLessThan(1024 * 1024)
    const again = at(`again${zpl}.zfs`)
    await runStream('write', back, '--zpl', zpl, '-o', again)
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
  })

  test('a tar from stdin gives the tree of the directory that it was made of', async () => {
    const root = zoneroot('tarred')
    const [fromTar, fromRoot] = [at('tar.zfs'), at('dir.zfs')]
    const script = `tar -C "$1" -czf - . | "$2" "$3" stream write --wrap zonepath --snapshot base - > "$4"`
    const { status, stderr } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', script, '-', root, process.execPath, main, fromTar],
      { encoding: 'utf8' },
    )
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/objects, guid \d+; ZPL 4, for pools of version 15 and later\n$/),
    })
    await runStream('write', root, '--wrap', 'zonepath', '-o', fromRoot)
    const { stdout: verified } = await runStream('verify', fromTar)
    expect(verified).toContain('zoneflash@base')
    expect(verified).toContain('ZPL 4')
    expect((await runStream('diff', fromTar, fromRoot)).stdout).toMatch(
      /files +0 added, 0 removed, 0 changed\n/,
    )
    expect((await runStream('ls', fromTar)).stdout).toMatch(/^\.\nroot\nroot\/empty\n/)
  })

  test.each(['modern-embedded', 'modern-gzip-dnode', 'bigendian-zpl5'])(
    '%s, written anew for an old receiver, is the same tree',
    async (name) => {
      const file = at(`${name}.zpl4.zfs`)
      expect((await runStream('write', fixture(name), '--zpl', '4', '-o', file)).error).toBeUndefined()
      expect((await runStream('verify', file)).stdout).toContain(
        'features: none; for pools of version 15 and later',
      )
      expect((await runStream('diff', fixture(name), file, '--times')).stdout).toBe(
        'files         0 added, 0 removed, 0 changed\n',
      )
    },
  )

  test.each([
    [[], 32n],
    [['--devices', 'linux'], 20n],
    [['--devices', 'zfs-fuse'], 8n],
  ])('device numbers are for who will read them: %j', async (devices, shift) => {
    const file = at(`devices${shift}.zfs`)
    await runStream('write', fixture('bigendian-zpl4'), ...devices, '-o', file)
    const { stdout } = await runStream('ls', '--json', file)
    const [major = 0, minor = 0] = /"device":"(\d+),(\d+)"/.exec(stdout)?.slice(1) ?? []
    expect(stdout).toContain(`"rawDevice":"${(BigInt(major) << shift) | BigInt(minor)}"`)
  })

  test('increments are applied before a tree is extracted', async () => {
    const back = at('applied')
    const { error, stderr } = await runStream('extract', fixture('full'), fixture('incremental'), '-C', back)
    expect(error).toBeUndefined()
    expect(await readdir(path.join(back, 'root/etc/becomes-dir'))).toEqual(['child'])
    expect(stderr.includes('devices: 2, left out')).toBe(!isRoot)
    const file = at('applied.zfs')
    await runStream('write', back, '-o', file)
    const names = (text: string) => text.split('\n').filter((line) => !line.includes('"socket"')).length
    expect(names(await listing(file))).toBe(
      names(await listing(fixture('full'), fixture('incremental'))) - (isRoot ? 0 : 2),
    )
  })
})

describe('refusals leave nothing', () => {
  test('of a broken stream no directory appears', async () => {
    const damaged = at('damaged.zfs')
    writeFileSync(damaged, readFileSync(fixture('full')).subarray(0, 200_000))
    const { error } = await runStream('extract', damaged, '-C', at('nothing'))
    expect(error).toMatchObject({ code: 'TruncatedStream' })
    expect((await readdir(work)).filter((name) => name.includes('nothing'))).toEqual([])
  })

  test('what is there already is not touched', async () => {
    mkdirSync(at('full/of'), { recursive: true })
    expect((await runStream('extract', fixture('full'), '-C', at('full'))).error).toMatchObject({
      code: 'DirectoryNotEmpty',
    })
    symlinkSync(at('elsewhere'), at('pointer'))
    expect((await runStream('extract', fixture('full'), '-C', at('pointer'))).error).toMatchObject({
      code: 'DirectoryNotEmpty',
    })
    writeFileSync(at('taken.zfs'), 'mine')
    expect((await runStream('write', at('full'), '-o', at('taken.zfs'))).error).toMatchObject({
      code: 'FileExists',
    })
    expect(readFileSync(at('taken.zfs'), 'utf8')).toBe('mine')
  })

  test('a source that is nothing of the kind is refused, and the file is not there', async () => {
    expect((await runStream('write', main, '-o', at('none.zfs'))).error).toMatchObject({
      code: 'UnknownFormat',
    })
    expect((await readdir(work)).filter((name) => name.startsWith('none'))).toEqual([])
  })

  test('nothing is said to be whole that could not be written', async () => {
    const full = (...args: string[]) =>
      spawnSync('sh', ['-c', '"$@" > /dev/full', '-', process.execPath, main, 'stream', ...args], {
        encoding: 'utf8',
      })
    const { status, stderr } = full('write', fixture('full'))
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^zoneflash: stdout cannot be written: ENOSPC.*\(NoSpace\)\n$/),
    })
    expect((await runStream('write', fixture('full'), '-o', at('no/such.zfs'))).error).toMatchObject({
      code: 'CannotWrite',
    })
  })

  test('a file that cannot be read is named', async () => {
    const root = at('unreadable')
    mkdirSync(root)
    writeFileSync(path.join(root, 'secret'), 'mine')
    const denied = (file: string) =>
      Object.assign(new Error(`EACCES: permission denied, open '${file}'`), {
        errno: -13,
        syscall: 'open',
        path: file,
      })
    expect(() => cannotRead(root)(denied(path.join(root, 'secret')))).toThrow(
      expect.objectContaining({
        code: 'CannotRead',
        message: expect.stringContaining('secret cannot be read'),
      }),
    )
    if (isRoot) return
    chmodSync(path.join(root, 'secret'), 0)
    expect((await runStream('write', root, '-o', at('unreadable.zfs'))).error).toMatchObject({
      code: 'CannotRead',
      message: expect.stringContaining('unreadable/secret cannot be read: EACCES'),
    })
  })

  test.each(['', 'a/b@c', 'with space', '..', 'x'.repeat(246)])(
    'no pool takes the snapshot %j',
    async (name) => {
      const { error } = await runStream('write', fixture('full'), '--snapshot', name, '-o', at('named.zfs'))
      expect(error).toMatchObject({
        code: 'Usage',
        exit: 2,
        message: expect.stringContaining('letters, digits'),
      })
    },
  )

  test('extract that is interrupted says so', async () => {
    const child = spawn(process.execPath, [main, 'stream', 'extract', '-', '-C', at('interrupted')])
    const ended = endOf(child)
    // more than its pipe holds: when it is taken, somebody reads
    const bytes = readFileSync(fixture('full'))
    await new Promise((resolve) => child.stdin.write(bytes.subarray(0, -400), resolve))
    child.kill('SIGINT')
    expect(await ended).toEqual({
      status: 130,
      stderr: 'zoneflash: interrupted, nothing is extracted (Interrupted)\n',
    })
    expect((await readdir(work)).filter((name) => name.includes('interrupted'))).toEqual([])
  })

  test('write that is interrupted says so, and its file is gone', async () => {
    mkdirSync(at('endless/zone'), { recursive: true })
    writeFileSync(at('endless/zone/sparse'), '')
    truncateSync(at('endless/zone/sparse'), 2 ** 40)
    const [root, file] = [at('endless/zone'), at('endless/zone.zfs')]
    const child = spawn(process.execPath, [main, 'stream', 'write', root, '-o', file])
    const ended = endOf(child)
    await vi.waitFor(() => statSync(`${file}.part`), { timeout: 20_000 })
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('zoneflash: interrupted, nothing is written (Interrupted)\n'),
    })
    expect(await readdir(at('endless'))).toEqual(['zone'])
  })

  test('a stream is not written to a terminal', async () => {
    const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
    Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true })
    try {
      expect((await runStream('write', fixture('full'))).error).toMatchObject({ code: 'Usage', exit: 2 })
    } finally {
      if (before) Object.defineProperty(process.stdout, 'isTTY', before)
      else Reflect.deleteProperty(process.stdout, 'isTTY')
    }
  })
})
