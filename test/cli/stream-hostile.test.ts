import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadStream, treeOf } from '#adapters/zfs/open-tree.ts'
import { quoted } from '#core/quoted.ts'
import { RecordType } from '#core/zfs/record.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { writeIncrement } from '#core/zfs/write/write-increment.ts'
import { joinRecords, splitStream } from '#test/fuzz/stream-records.ts'
import { BEGIN, END, tinyStream } from '../core/zfs/tiny-stream.ts'
import { MemorySource, type MemoryEntry } from '../core/zfs/write/memory-source.ts'
import { runStream } from './run-stream.ts'

const isRoot = process.getuid?.() === 0

let work: string
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-stream-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

function saved(name: string, bytes: Uint8Array): string {
  const file = path.join(work, name)
  writeFileSync(file, bytes)
  return file
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

const full = (entries: readonly MemoryEntry[], snapshot = 'full') =>
  gathered(writeFullStream(new MemorySource(entries), { zpl: 4, snapshot }))

/** From the last snapshot of `streams` to these entries. */
async function increment(streams: readonly Uint8Array[], entries: readonly MemoryEntry[], snapshot: string) {
  let base: Awaited<ReturnType<typeof loadStream>>['set'] | undefined
  for (const bytes of streams)
    base = (await loadStream(Readable.from([bytes]), { ...(base && { base }) })).set
  if (base === undefined) throw new Error('no base')
  return gathered(
    writeIncrement(new MemorySource(entries), {
      base,
      tree: treeOf(base),
      digestOf: () => undefined,
      toName: `zoneflash@${snapshot}`,
      clone: false,
      created: 1_000_000_000,
    }),
  )
}

const ZNODE_BYTES = 264
const TYPE_BITS = 0o170000n

/** The stream with the znode of every object of this mode type changed; `created` is that of the snapshot. */
function changed(
  bytes: Uint8Array,
  type: number,
  change: (znode: DataView) => void,
  created?: bigint,
): Buffer {
  const { records, littleEndian } = splitStream(bytes)
  const after = records.map(({ header, payload }) => {
    const record = { header: Uint8Array.from(header), payload: Uint8Array.from(payload) }
    if (header[0] === RecordType.begin && created !== undefined)
      new DataView(record.header.buffer).setBigUint64(24, created, true)
    if (header[0] !== RecordType.object || payload.byteLength < ZNODE_BYTES) return record
    const znode = new DataView(record.payload.buffer)
    if ((znode.getBigUint64(72, true) & TYPE_BITS) === BigInt(type)) change(znode)
    return record
  })
  return Buffer.from(joinRecords({ records: after, littleEndian }))
}

const [FILE, DEVICE] = [0o100000, 0o020000]
const text = (at: string, contents: string): MemoryEntry => ({ path: at, contents: Buffer.from(contents) })

describe('a file of 2^50 bytes in a stream of a few KiB', () => {
  test.each(['ls', 'diff', 'write'])('%s refuses to read its holes', async (command) => {
    const bytes = changed(await full([text('large', 'x')]), FILE, (znode) => {
      znode.setBigUint64(80, 2n ** 50n, true)
    })
    const file = saved(`holes.${command}.zfs`, bytes)
    const args = { ls: ['--digests', file], diff: [file, file], write: [file] }[command] ?? []
    expect((await runStream(command, ...args)).error).toMatchObject({
      code: 'TooManyBytes',
      message: expect.stringContaining('have 1125899906842624 bytes, holes and all'),
    })
    expect((await runStream('ls', '-l', file)).stdout).toContain(' 1125899906842624 ')
  })
})

test('times that no calendar has are shown as numbers', async () => {
  const change = (znode: DataView) => znode.setBigInt64(16, 9_000_000_000_000n, true)
  const bytes = changed(await full([text('late', 'x')]), FILE, change, 9_000_000_000_001n)
  const file = saved('late.zfs', bytes)
  expect((await runStream('ls', '-l', file)).stdout).toMatch(/ @9000000000000 late$/m)
  expect((await runStream('info', file)).stdout).toContain('made @9000000000001,')
  const other = saved('other.zfs', await full([text('late', 'x')]))
  expect((await runStream('diff', other, file, '--times')).stdout).toContain('@9000000000000')
})

describe('names cannot steer the terminal', () => {
  test('in messages', async () => {
    expect(quoted('a\u009b31m\u007f\u001b')).toBe(String.raw`"a\u009b31m\u007f\u001b"`)
    const target = Buffer.from('x\u001b[31m\u009b')
    const link: MemoryEntry = { path: 'link', type: 'symlink', mode: 0o777, target }
    const file = saved('escape.zfs', await full([link]))
    expect((await runStream('cat', file, 'link')).error).toMatchObject({
      message: expect.stringContaining(String.raw`symlink to x\x1b[31m\x9b`),
    })
  })

  test('in what verify says of a name', async () => {
    const bytes = await full([text('a', 'x')])
    const { records, littleEndian } = splitStream(bytes)
    records[0]?.header.set(Buffer.from('pool/a\u001b[31m\u009b@x\0'), 56)
    const file = saved('name.zfs', joinRecords({ records, littleEndian }))
    for (const { stdout } of [await runStream('verify', file), await runStream('info', file)]) {
      expect(stdout).toContain(String.raw`pool/a\x1b[31m\x9b@x`)
      expect(Buffer.from(stdout, 'latin1').toString()).not.toMatch(/[^\n -~\u00a0-\uffff]/)
    }
  })
})

describe('deep and long paths', () => {
  const deep = (depth: number, name: string) => Array.from({ length: depth }, () => name).join('/')
  const directory = (at: string): MemoryEntry => ({ path: at, type: 'directory', mode: 0o755 })

  test.each([
    ['1024 levels', deep(1024, 'd')],
    ['4095 bytes', deep(16, 'n'.repeat(255))],
  ])('of %s are read as they are written', async (_what, at) => {
    const file = saved('deep.zfs', await full([directory(at)]))
    const { stdout, error } = await runStream('verify', file)
    expect(error).toBeUndefined()
    expect(stdout).toContain(`ZPL 4, ${at.split('/').length + 1} names`)
    expect((await runStream('ls', file)).stdout).toContain(at)
  })

  test('beyond that are not written, and no stream that has them is called broken', async () => {
    const [long, levels] = [deep(17, 'n'.repeat(255)), deep(1025, 'd')]
    await expect(full([directory(long)])).rejects.toMatchObject({ code: 'NameTooLong' })
    await expect(full([directory(levels)])).rejects.toMatchObject({ code: 'TooDeep' })
    const base = await full([text('a', 'x')])
    const files = [
      saved('base.zfs', base),
      saved('long.zfs', await increment([base], [directory(long)], 'long')),
      saved('levels.zfs', await increment([base], [directory(levels)], 'levels')),
    ]
    const { stdout, error } = await runStream('verify', ...files)
    expect(error).toBeUndefined()
    expect(stdout).toMatch(/checksums alone: .* has 4351 bytes, expected at most 4096\n/)
    expect(stdout).toMatch(/checksums alone: .* is 1025 levels deep, expected at most 1024\n/)
  })
})

describe.skipIf(!isRoot)('extract as root', () => {
  test('gives files of a domain to nobody, and says so', async () => {
    const bytes = changed(await full([text('theirs', 'x')]), FILE, (znode) => {
      znode.setBigUint64(128, 2n ** 32n + 5n, true)
      znode.setBigUint64(136, 2n ** 32n - 1n, true)
    })
    const back = path.join(work, 'domain')
    const { stderr, error } = await runStream('extract', saved('domain.zfs', bytes), '-C', back)
    expect(error).toBeUndefined()
    expect(stderr).toContain('note: owners or groups of a domain: 1, given to nobody (60001)\n')
    expect(statSync(path.join(back, 'theirs'))).toMatchObject({ uid: 60_001, gid: 60_001 })
    expect(readFileSync(path.join(back, 'theirs'), 'utf8')).toBe('x')
  })

  test('leaves out devices whose numbers no tar has', async () => {
    const device: MemoryEntry = { path: 'device', type: 'character', device: { major: 1, minor: 3 } }
    const bytes = changed(await full([device, text('file', 'x')]), DEVICE, (znode) => {
      znode.setBigUint64(112, (1n << 32n) | 0xffffffffn, true)
    })
    const { stderr, error, stdout } = await runStream(
      'extract',
      saved('device.zfs', bytes),
      '-C',
      path.join(work, 'device'),
    )
    expect(error).toBeUndefined()
    expect(stderr).toContain('note: devices: 1, left out: their numbers are too large\n')
    expect(stdout).toContain('names')
  })
})

describe('an increment on a package of several snapshots', () => {
  /** What `zfs send -R` puts around its streams. */
  const packageOf = (...streams: Uint8Array[]) => {
    const [preamble, end] = [BEGIN({ 16: 2n, 32: 0, 40: 0n, 56: '' }), END({ 40: 0n })]
    const around = tinyStream([preamble, end, end])
    return Buffer.concat([around.subarray(0, 624), ...streams, around.subarray(624)])
  }

  test('is one on the last of them', async () => {
    const first = await full([text('a', 'one')])
    const second = await increment([first], [text('a', 'two')], 'second')
    const third = await increment([first, second], [text('a', 'two'), text('b', 'three')], 'third')
    const files = [saved('package.zfs', packageOf(first, second)), saved('third.zfs', third)]
    const { stdout } = await runStream('diff', ...files)
    expect(stdout).toMatch(/^ {2}\+ b$/m)
    expect(stdout).toMatch(/files +1 added, 0 removed, 0 changed\n/)
    expect((await runStream('verify', ...files)).stdout).toMatch(/ZPL 4, 3 names on .*package\.zfs/)
  })
})
