import { expect, test } from 'vitest'
import { featureNames, unreadable } from '#core/zfs/features.ts'

test('features are told by name, unknown ones by bit', () => {
  expect(featureNames(0n)).toEqual([])
  expect(featureNames(0x4b0004n)).toEqual([
    'system attributes',
    'embedded data',
    'lz4',
    'large blocks',
    'compressed',
  ])
  expect(featureNames(1n << 55n)).toEqual(['bit 55'])
})

test('what real senders of file systems set can be read', () => {
  for (const features of [0n, 4n, 0x420004n, 0x4b0004n, 1n, 0x34800004n]) {
    expect(unreadable({ features, objsetType: 2 })).toBeUndefined()
  }
})

test.each([
  ['raw', 1n << 24n, 2, 'raw', /without -w/],
  ['redacted', 1n << 21n, 2, 'redacted', /without --redact/],
  ['resumed', 1n << 20n, 2, 'resumed', /whole stream/],
  ['of Oracle Solaris', 0x24n, 2, 'private to Oracle Solaris (feature bit 5)', /version=4/],
  ['of another private bit', 1n << 15n, 2, 'private to Oracle Solaris (feature bit 15)', /version=4/],
  ['of tomorrow', 1n << 40n, 2, 'newer than this program (feature bit 40)', /an archive/],
  ['of a volume', 4n, 3, 'of a volume', /file system/],
  ['of a meta objset', 4n, 1, 'of object set type 1', /file system/],
])('a stream %s cannot, and what to send instead is said', (_what, features, objsetType, feature, advice) => {
  expect(unreadable({ features, objsetType })).toEqual({ feature, advice: expect.stringMatching(advice) })
})
