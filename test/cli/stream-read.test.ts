import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RecordType } from '#core/zfs/record.ts'
import { joinRecords, splitStream } from '#test/fuzz/stream-records.ts'
import { runStream } from './run-stream.ts'

const fixtures = path.join(import.meta.dirname, '../fixtures/zfs')
const fixture = (name: string) => path.join(fixtures, `${name}.zfs`)
const main = path.join(import.meta.dirname, '../../cli/main.ts')

let work: string
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-stream-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

/** What a fixture needs before it. */
const bases: Record<string, string> = { incremental: 'full', 'modern-incremental': 'modern-default' }
const chain = (name: string) => [...(bases[name] === undefined ? [] : [fixture(bases[name])]), fixture(name)]
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('ls --json --digests', () => {
  test.each(globSync('!(broken-*).zfs', { cwd: fixtures }).map((file) => file.replace(/\.zfs$/, '')))(
    'of %s is the tree that was sent',
    async (name) => {
      const wanted = JSON.parse(readFileSync(path.join(fixtures, `${name}.json`), 'utf8')) as Record<
        string,
        unknown
      >[]
      const { stdout, error } = await runStream('ls', '--json', '--digests', ...chain(name))
      expect(error).toBeUndefined()
      const byPath = (list: Record<string, unknown>[]) => new Map(list.map((node) => [node['path'], node]))
      const listed = byPath(lines(stdout))
      const compared = Array.from(byPath(wanted), ([key, node]) => [
        key,
        asFixture(listed.get(key) ?? {}, node),
      ])
      expect(Object.fromEntries(compared)).toEqual(Object.fromEntries(byPath(wanted)))
      expect(new Set(listed.keys())).toEqual(new Set(wanted.map((node) => node['path'])))
    },
  )
})

/** A listed node in the words of the fixtures, with the keys that the fixture has. */
function asFixture(node: Record<string, unknown>, wanted: Record<string, unknown>): Record<string, unknown> {
  const words: Record<string, unknown> = {
    ...node,
    mode: Number(node['mode']).toString(8).padStart(4, '0'),
    target: node['link'],
    rdev: `0x${Number(node['rawDevice']).toString(16)}`,
  }
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, words[key]]))
}

describe('ls', () => {
  test('-l shows what ls -l shows, hard links and targets behind their names', async () => {
    const { stdout } = await runStream('ls', '-l', fixture('full'))
    expect(stdout).toMatch(/^drwxr-xr-x +11 0\/3 +0 2023-11-18 01:22 root$/m)
    expect(stdout).toMatch(/^lrwxrwxrwx +1 0\/0 +9 2023-11-17 15:20 root\/bin -> \.\/usr\/bin$/m)
    expect(stdout).toMatch(/^crw-rw-rw- +1 0\/0 +13,2 .* root\/dev\/null$/m)
    expect(stdout).toMatch(/^-\S+ +\d+ .* link to root\//m)
  })

  test('--path takes a path as people write it, and what is below', async () => {
    const { stdout } = await runStream('ls', fixture('full'), '--path', '/root/etc/gone-dir/')
    expect(stdout).toBe('root/etc/gone-dir\nroot/etc/gone-dir/a\nroot/etc/gone-dir/b\n')
    const { error } = await runStream('ls', fixture('full'), '--path', 'nowhere')
    expect(error).toMatchObject({ code: 'PathNotFound' })
  })

  test('a package of two file systems is refused with both names, verify reads its records', async () => {
    const { records, littleEndian } = splitStream(readFileSync(fixture('replication')))
    const begins = records.filter(({ header }) => header[0] === RecordType.begin)
    begins.at(-1)?.header.set(Buffer.from('zst/other@s2'), 56)
    const file = path.join(work, 'two.zfs')
    writeFileSync(file, joinRecords({ records, littleEndian }))
    const said = /"zst\/rp" and, in record \d+ at byte \d+, "zst\/other", expected one file system/
    expect((await runStream('ls', file)).error).toMatchObject({ message: expect.stringMatching(said) })
    expect((await runStream('verify', file)).stdout).toMatch(said)
  })

  test('an increment alone has no tree', async () => {
    const { error } = await runStream('ls', fixture('incremental'))
    expect(error).toMatchObject({ code: 'OriginMismatch' })
  })

  test('head, which reads the first lines alone, is no failure', () => {
    const script = `"$1" "$2" stream ls -l --json "$3" | head -n 1`
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', script, '-', process.execPath, main, fixture('modern-fatzap')],
      {
        encoding: 'utf8',
      },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(lines(stdout)).toHaveLength(1)
  })
})

describe('cat', () => {
  test('writes a file, as the increment left it', async () => {
    expect((await runStream('cat', fixture('full'), 'root/etc/becomes-dir')).stdout).toBe(
      'I will be a directory\n',
    )
    const { stdout } = await runStream('cat', fixture('full'), fixture('incremental'), './root/etc/grow')
    expect(stdout).toHaveLength(40_010)
  })

  test('is for files', async () => {
    expect((await runStream('cat', fixture('full'), 'root/bin')).error).toMatchObject({
      code: 'NoFile',
      message: expect.stringContaining('symlink to ./usr/bin'),
    })
    expect((await runStream('cat', 'root/bin')).error).toMatchObject({ code: 'Usage' })
  })

  test.each([
    ['root/etc/passwd', fixture('full')],
    [fixture('full'), 'root/etc/passwd', 'root/etc/group'],
  ])('takes one path, behind the streams: %s %s', async (...words) => {
    expect((await runStream('cat', ...words)).error).toMatchObject({
      code: 'CannotRead',
      message: expect.stringMatching(/root\/etc\/passwd cannot be read.*one path in them comes last$/),
    })
  })
})

describe('verify', () => {
  test('names each stream with its features, and the tree of an increment whose base came before', async () => {
    const { stdout, error } = await runStream(
      'verify',
      fixture('full'),
      fixture('incremental'),
      fixture('modern-embedded'),
    )
    expect(error).toBeUndefined()
    expect(stdout).toMatch(/full\.zfs: good\n {2}full zst\/tpl@base {2}guid 18371808795736188155\n/)
    expect(stdout).toContain(
      'increment zst/app@flash  guid 7289900294212603153 from guid 18371808795736188155',
    )
    expect(stdout).toMatch(/ZPL 4, 77 names on .*full\.zfs, 23 files/)
    expect(stdout).toContain(
      'features: system attributes, embedded data, lz4, large blocks, compressed; for pools with feature flags',
    )
  })

  test.each([
    ['broken-cut', 'ends at byte 60000, in or after record 34, without its END record (TruncatedStream)'],
    ['broken-bit', 'checksum of record 36 at byte 52072 is '],
    ['broken-old-bit', 'checksum of the stream up to record 54 at byte 94672 is '],
  ])(
    '%s is named with its record and offset, and the next stream is looked at all the same',
    async (name, said) => {
      const { stdout, error } = await runStream('verify', fixture(name), fixture('full'))
      expect(error).toMatchObject({ code: 'StreamBroken' })
      expect(stdout).toContain(`${name}.zfs: BROKEN: zfs stream`)
      expect(stdout).toContain(said)
      expect(stdout).toContain('full.zfs: good')
    },
  )

  test('an increment alone has checksums alone, and that is said', async () => {
    const { stdout, error } = await runStream('verify', fixture('incremental'))
    expect(error).toBeUndefined()
    expect(stdout).toContain(
      'checksums alone: its base, the snapshot of guid 18371808795736188155, was not given before it',
    )
    expect(stdout).not.toContain('pools')
  })

  test('zstd is for a newer OpenZFS alone', async () => {
    expect((await runStream('verify', fixture('modern-zstd'))).stdout).toContain('; for a newer OpenZFS\n')
  })

  test('what cannot be read is not called broken', async () => {
    const { stdout, error } = await runStream('verify', fixtures, fixture('full'))
    expect(stdout).toMatch(/^\S+ cannot be read: EISDIR.*\(CannotRead\)\n/)
    expect(error).toMatchObject({ code: 'CannotRead', exit: 1, message: expect.stringMatching(/^1 of 2 /) })
  })

  test('--json has record and offset, in an old stream with what they are worth', async () => {
    const { stdout } = await runStream('verify', '--json', fixture('broken-bit'), fixture('broken-old-bit'))
    expect(lines(stdout)).toMatchObject([
      { ok: false, code: 'CorruptStream', record: 36, offset: 52072 },
      { record: 54, offset: 94672, message: expect.stringContaining('so the damage is anywhere before') },
    ])
  })

  test('goes on behind a broken one, and ends with a failure', async () => {
    const damaged = readFileSync(fixture('modern-default'))
    damaged[5000] = (damaged[5000] ?? 0) ^ 1
    const [broken, cut] = [path.join(work, 'broken.zfs'), path.join(work, 'cut.zfs')]
    writeFileSync(broken, damaged)
    writeFileSync(cut, readFileSync(fixture('modern-default')).subarray(0, 9000))
    const { stdout, error } = await runStream(
      'verify',
      broken,
      cut,
      path.join(work, 'none.zfs'),
      fixture('modern-zle'),
    )
    expect(stdout).toMatch(/broken\.zfs: BROKEN: .*record \d+ at byte \d+.*\(CorruptStream\)\n/)
    expect(stdout).toMatch(
      /cut\.zfs: BROKEN: .*ends at byte 9000, in or after record \d+.*\(TruncatedStream\)\n/,
    )
    expect(stdout).toMatch(/none\.zfs cannot be read: ENOENT.*\(CannotRead\)\n/)
    expect(stdout).toContain('modern-zle.zfs: good')
    expect(error).toMatchObject({
      code: 'StreamBroken',
      exit: 1,
      message: expect.stringMatching(/^2 of 4 .* 1 cannot be read/),
    })
  })

  test('a block that its compression does not allow is found behind checksums that are right', async () => {
    const { records, littleEndian } = splitStream(readFileSync(fixture('modern-lzjb')))
    const changed = records.map(({ header, payload }) => {
      const isCompressed = header[0] === RecordType.write && header[50] !== 0
      return { header, payload: isCompressed ? payload.map((byte, at) => (at < 2 ? 255 : byte)) : payload }
    })
    const file = path.join(work, 'block.zfs')
    writeFileSync(file, joinRecords({ records: changed, littleEndian }))
    const { stdout } = await runStream('verify', file)
    expect(stdout).toMatch(/BROKEN: .*damaged \w+ block.*record \d+ at byte \d+/)
  })

  test('of a stream that cannot be read says which feature it is and what to send', async () => {
    const { BEGIN, END, tinyStream } = await import('../core/zfs/tiny-stream.ts')
    const raw = path.join(work, 'raw.zfs')
    writeFileSync(raw, tinyStream([BEGIN({ 16: 1n | (1n << 26n) }), END()]))
    const { stdout, error } = await runStream('verify', raw)
    expect(error).toBeUndefined()
    expect(stdout).toMatch(/features: raw\n[\s\S]*checksums alone: .*is raw.*expected a send without -w/)
  })

  test('--json gives a line for each, whatever the compression', async () => {
    const [gz, zst] = [path.join(work, 'full.zfs.gz'), path.join(work, 'incremental.zst')]
    writeFileSync(gz, gzipSync(readFileSync(fixture('full'))))
    writeFileSync(zst, zstdCompressSync(readFileSync(fixture('incremental'))))
    const { stdout } = await runStream('verify', '--json', gz, zst)
    expect(lines(stdout)).toMatchObject([
      { ok: true, kind: 'full', zplVersion: 4, names: 78, pool: 15, records: 255 },
      { ok: true, kind: 'increment', base: gz, names: 77, fromGuid: '18371808795736188155' },
    ])
  })

  test('what is no stream is said by what it is', async () => {
    expect((await runStream('verify', main)).stdout).toMatch(
      /begins with bytes .*expected a zfs stream \(UnknownFormat\)/,
    )
  })
})

describe('info', () => {
  test('shows the snapshots, the counts of records and the properties of a package', async () => {
    const { stdout } = await runStream('info', fixture('modern-package'))
    expect(stdout).toContain(
      'features 0x4b0004: system attributes, embedded data, lz4, large blocks, compressed',
    )
    expect(stdout).toContain('begin 2, end 3, object 13')
    expect(stdout).toContain('"recordsize": "1048576"')
  })

  test('--records lists every record with its place', async () => {
    const { stdout } = await runStream('info', '--records', fixture('full'))
    expect(stdout).toMatch(/^ +4 +936 free +object=1 offset=512 length=end$/m)
    expect(stdout.match(/^ +\d+ +\d+ \w+/gm)).toHaveLength(255)
    const json = await runStream('info', '--records', '--json', fixture('full'))
    expect(lines(json.stdout)).toHaveLength(256)
  })
})

describe('diff', () => {
  test('of a stream and its increment is what the increment changes', async () => {
    const { stdout } = await runStream('diff', fixture('modern-default'), fixture('modern-incremental'))
    expect(stdout).toContain('  ~ root/etc/hosts  link ./inet/hosts -> ./inet/ipnodes\n')
    expect(stdout).toContain('  - root/etc/gone-dir/  and 2 below it\n')
    expect(stdout).toMatch(/files +8 added, 9 removed, 8 changed\n/)
  })

  test('of two full streams compares their trees; the same data sent in two ways are the same', async () => {
    const { stdout } = await runStream(
      'diff',
      fixture('modern-default'),
      fixture('modern-compressed'),
      '--times',
    )
    expect(stdout).toBe('files         0 added, 0 removed, 0 changed\n')
  })

  test('--json has every line; an increment on something else is refused', async () => {
    const { stdout } = await runStream('diff', '--json', fixture('full'), fixture('incremental'))
    expect(lines(stdout).at(-1)).toMatchObject({ kind: 'total' })
    const { error } = await runStream('diff', fixture('modern-default'), fixture('incremental'))
    expect(error).toMatchObject({ code: 'OriginMismatch' })
  })
})
