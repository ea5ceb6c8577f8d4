import { expect, test } from 'vitest'
import { isSnapshotName, MAX_SNAPSHOT_NAME } from '#core/zfs/write/snapshot-name.ts'

test.each(['zoneflash', '2026-11-21_10:30', 'v1.0', '...', 'x'.repeat(MAX_SNAPSHOT_NAME)])(
  '%j is a name that pools take',
  (name) => expect(isSnapshotName(name)).toBe(true),
)

test.each(['', '.', '..', 'a/b', 'a@b', 'a b', 'a\n', 'é', 'a%b', 'x'.repeat(MAX_SNAPSHOT_NAME + 1)])(
  '%j is none',
  (name) => expect(isSnapshotName(name)).toBe(false),
)
