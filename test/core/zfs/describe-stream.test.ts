import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeZfsStream } from '#core/zfs/describe-stream.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'

function read(name: string) {
  const reader = new RecordReader()
  reader.push(readFileSync(path.join(import.meta.dirname, '../../fixtures/zfs', `${name}.zfs`)))
  reader.finish()
  return reader.info()
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
  expect(describeZfsStream(read(name))).toEqual(facts)
})

describe('streams that are no template', () => {
  const [info] = [read('full')]
  const [snapshot] = info.snapshots
  if (snapshot === undefined) throw new Error('the fixture has a snapshot')
  test.each([
    ['a volume', [{ ...snapshot, objsetType: 3 }], /is of a volume/],
    ['the rest of a send', [{ ...snapshot, features: 1n << 20n }], /is resumed/],
    ['a raw stream', [{ ...snapshot, features: 1n << 24n }], /is raw, expected a send without -w/],
    ['two file systems', [snapshot, { ...snapshot, toName: 'zst/other@base' }], /zst\/other/],
    ['an empty package', [], /no snapshot/],
  ])('%s is refused', (_what, snapshots, said) => {
    expect(() => describeZfsStream({ ...info, snapshots })).toThrow(said)
  })
})
