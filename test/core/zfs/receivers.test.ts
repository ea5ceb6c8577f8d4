import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import type { ZfsFacts } from '#core/manifest.ts'
import { poolNeeded, receiverOf, whyNotReceived } from '#core/zfs/receivers.ts'

const facts = (zplVersion: number, ...features: string[]): ZfsFacts => ({
  zplVersion,
  features: zplVersion === 5 ? ['system attributes', ...features] : features,
  pool: poolNeeded({ zplVersion, features }),
  isPackage: false,
  byteOrder: 'little',
  notices: [],
})
const host = (release: string, zpool?: string) =>
  receiverOf(Host.parse({ name: 'h', release, facts: { zfs: 'true', ...(zpool && { zpool }) } }))

describe('the pool that a stream needs', () => {
  test.each([
    [1, facts(1)],
    [9, facts(3)],
    [15, facts(4)],
    [21, facts(4, 'dedup')],
    [24, facts(5)],
    [24, facts(5, 'holds', 'dedup properties')],
    ['features', facts(5, 'large blocks')],
    ['features', facts(4, 'compressed', 'lz4')],
    // an increment whose base nobody has: only its header tells
    [24, { ...facts(5), zplVersion: undefined }],
    [1, { ...facts(4), zplVersion: undefined }],
  ] as const)('%s', (pool, { zplVersion, features }) => {
    expect(poolNeeded({ zplVersion, features })).toBe(pool)
  })
})

describe('whether a host receives it', () => {
  test.each([
    [
      's10u3',
      undefined,
      facts(3),
      'the stream has ZPL 3, which needs pool version 9, s10u3 makes pools of version 3',
    ],
    [
      's10u7',
      undefined,
      facts(4),
      'the stream has ZPL 4, which needs pool version 15, s10u7 makes pools of version 10',
    ],
    ['s10u8', undefined, facts(4), undefined],
    [
      's10u9',
      undefined,
      facts(5),
      'the stream has ZPL 5, which needs pool version 24, s10u9 makes pools of version 22',
    ],
    ['s10u10', undefined, facts(5), undefined],
    [
      's10u11',
      undefined,
      facts(5, 'embedded data', 'lz4'),
      'the stream has embedded data and lz4, s10u11 makes pools of version 32, without feature flags',
    ],
    [
      'illumos',
      undefined,
      facts(5, 'embedded data', 'lz4', 'large blocks', 'compressed', 'large dnodes'),
      undefined,
    ],
    [
      'illumos',
      undefined,
      facts(5, 'compressed', 'zstd'),
      'the stream has zstd, which illumos does not receive',
    ],
    [
      'illumos',
      undefined,
      facts(5, 'long names', 'large micro ZAPs'),
      'the stream has long names and large micro ZAPs, which illumos does not receive',
    ],
    // what a host's own fact says wins over its release
    [
      'illumos',
      '23',
      facts(5),
      "the stream has ZPL 5, which needs pool version 24, the host's pool has version 23",
    ],
    ['illumos', '23', facts(4), undefined],
    ['s10u8', 'features', facts(5, 'large blocks'), undefined],
    ['s10u9', '24', facts(5), undefined],
    // by which pools with feature flags say that they have no version
    ['s10u8', '5000', facts(5, 'large blocks'), undefined],
    // deduplicated streams came with pool 21 and are gone from current software
    [
      's10u10',
      undefined,
      facts(4, 'dedup'),
      'the stream is deduplicated, which current software does not receive',
    ],
    [
      'illumos',
      'features',
      facts(4, 'dedup'),
      'the stream is deduplicated, which current software does not receive',
    ],
    ['illumos', '23', facts(4, 'dedup'), undefined],
    [
      'illumos',
      '20',
      facts(4, 'dedup'),
      'the stream is deduplicated, which current software does not receive',
    ],
  ])('%s with zpool=%s', (release, zpool, stream, why) => {
    expect(whyNotReceived(host(release, zpool), stream)).toBe(why)
  })
})

test('a sandbox host has the pool of zfs-fuse, whatever it acts as, unless a fact says otherwise', () => {
  const sandbox = (facts: Record<string, string>) =>
    receiverOf(Host.parse({ name: 'h', release: 's10u11', transport: 'sandbox:h', facts }))
  expect(sandbox({ zfs: 'true' })).toEqual({ pool: 23 })
  expect(sandbox({ zfs: 'true', zpool: '28' })).toEqual({ pool: 28 })
})
