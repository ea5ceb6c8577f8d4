import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeZfsStream } from '#core/zfs/describe-stream.ts'
import { Fletcher4 } from '#core/zfs/fletcher4.ts'
import { ZfsStreamWalker } from '#core/zfs/stream-walker.ts'

const fixture = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/zfs', `${name}.zfs`))

function walk(bytes: Uint8Array, step = 65_536) {
  const walker = new ZfsStreamWalker()
  for (let at = 0; at < bytes.length; at += step) walker.push(bytes.subarray(at, at + step))
  walker.finish()
  return walker.info()
}

test.each([
  ['full', { format: 'zfs', snapshot: 'zst/tpl@base', guid: '18371808795736188155' }],
  [
    'incremental',
    {
      format: 'zfs-incremental',
      snapshot: 'zst/app@flash',
      guid: '7289900294212603153',
      fromGuid: '18371808795736188155',
    },
  ],
  ['modern-default', { format: 'zfs', snapshot: 'mp/tpl@base', guid: '17225479948052521965' }],
  [
    'modern-incremental',
    {
      format: 'zfs-incremental',
      snapshot: 'mp/app@flash',
      guid: '14210016115506157072',
      fromGuid: '17225479948052521965',
    },
  ],
  ['modern-package', { format: 'zfs', snapshot: 'mp/big@s', guid: '16045649286400469426' }],
  ['modern-zstd', { format: 'zfs', snapshot: 'mp/zstd@s', guid: '16965160602880616418' }],
  ['replication', { format: 'zfs', snapshot: 'zst/rp@s2', guid: '15664466398972677238' }],
  ['bigendian-zpl5', { format: 'zfs', snapshot: 'tpl@be5', guid: '7839852214571071613' }],
])('%s verifies and is described', (name, facts) => {
  expect(describeZfsStream(walk(fixture(name)))).toEqual(facts)
})

test('the pieces in which a stream comes make no difference', () => {
  const bytes = fixture('modern-default')
  for (const step of [1, 311, 313, 8191]) expect(walk(bytes, step)).toEqual(walk(bytes))
})

describe.each(['full', 'modern-default', 'modern-package', 'bigendian-zpl5'])('%s damaged', (name) => {
  const bytes = fixture(name)

  test('a cut at every 512th byte is truncated', () => {
    for (let length = 512; length < bytes.length; length += 512) {
      expect(() => walk(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'TruncatedStream' }),
      )
    }
  }, 60_000)

  test('a flipped bit is found, wherever it is', () => {
    for (let at = 16; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(() => walk(damaged), `byte ${at}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(CorruptStream|TruncatedStream)$/) }),
      )
    }
  })

  test('data behind the end is corrupt', () => {
    expect(() => walk(Buffer.concat([bytes, bytes]))).toThrow(
      expect.objectContaining({ code: 'CorruptStream' }),
    )
  })
})

test('a refusal names the record and its offset', () => {
  const damaged = Buffer.from(fixture('modern-default'))
  damaged[5000] = (damaged[5000] ?? 0) ^ 1
  expect(() => walk(damaged)).toThrow(/record \d+ at byte \d+/)
})

describe('streams that are no template', () => {
  const [info] = [walk(fixture('full'))]
  const [snapshot] = info.snapshots
  if (snapshot === undefined) throw new Error('the fixture has a snapshot')
  test.each([
    ['a volume', [{ ...snapshot, objsetType: 3 }], /no file system/],
    ['the rest of a send', [{ ...snapshot, features: 1n << 20n }], /interrupted/],
    ['a raw stream', [{ ...snapshot, features: 1n << 24n }], /raw/],
    ['two file systems', [snapshot, { ...snapshot, toName: 'zst/other@base' }], /zst\/other/],
    ['an empty package', [], /no snapshot/],
  ])('%s is refused', (_what, snapshots, said) => {
    expect(() => describeZfsStream({ ...info, snapshots })).toThrow(said)
  })
})

test('fletcher-4 equals the definition, word by word, in both byte orders', () => {
  const bytes = Uint8Array.from({ length: 4 * 1003 }, (_, index) => (index * 7919 + 13) & 0xff)
  for (const littleEndian of [true, false]) {
    const view = new DataView(bytes.buffer)
    let [a, b, c, d] = [0n, 0n, 0n, 0n]
    for (let at = 0; at < bytes.length; at += 4) {
      a = BigInt.asUintN(64, a + BigInt(view.getUint32(at, littleEndian)))
      b = BigInt.asUintN(64, b + a)
      c = BigInt.asUintN(64, c + b)
      d = BigInt.asUintN(64, d + c)
    }
    const sum = new Fletcher4(littleEndian)
    for (let at = 0; at < bytes.length; at += 101) sum.update(bytes.subarray(at, at + 101))
    expect(sum.value()).toEqual([a, b, c, d])
  }
})
