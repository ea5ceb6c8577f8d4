import { expect, test } from 'vitest'
import { chooseFileSystems, mountOf, parseMounts } from '#core/system-archive/mounts.ts'

const zfsRoot = parseMounts(`rpool/ROOT/s10u8\t/\tzfs\tdev=1\t0
/devices\t/devices\tdevfs\tdev=2\t0
rpool/ROOT/s10u8/var\t/var\tzfs\tdev=3\t0
swap\t/tmp\ttmpfs\txattr\t0
swap\t/var/run\ttmpfs\txattr\t0
rpool/export\t/export\tzfs\tdev=4\t0
rpool/ROOT/old\t/mnt/old\tzfs\tdev=5\t0
rpool2/data\t/data\tzfs\tdev=6\t0
tank\t/tank\tzfs\tdev=7\t0
tank/zones\t/tank/zones\tzfs\tdev=8\t0
tank/zones/web\t/tank/zones/web\tzfs\tdev=9\t0
tank/media\t/tank/media\tzfs\tdev=10\t0
filer:/home\t/home\tnfs\trw\t0
-hosts\t/net\tautofs\trw\t0
`)

test('a ZFS root takes its own pool without other boot environments, and of another pool the way to a zonepath', () => {
  expect(chooseFileSystems(zfsRoot, ['/tank/zones/web'], [])).toEqual({
    taken: ['/', '/export', '/tank', '/tank/zones', '/tank/zones/web', '/var'],
    emptied: ['/data', '/devices', '/home', '/mnt/old', '/net', '/tank/media', '/tmp', '/var/run'],
  })
})

test('other pools stay out where no zone lies on them', () => {
  expect(chooseFileSystems(zfsRoot, [], []).taken).toEqual(['/', '/export', '/var'])
})

test('what is excluded stays out with all that is mounted below it', () => {
  const { taken, emptied } = chooseFileSystems(zfsRoot, ['/tank/zones/web'], ['/export', '/tank/media'])
  expect(taken).not.toContain('/export')
  expect(emptied.slice(0, 2)).toEqual(['/export', '/tank/media'])
  expect(emptied.filter((directory) => directory === '/tank/media')).toHaveLength(1)
})

test('a UFS root takes every local disk, and no pool', () => {
  const mounts = parseMounts(
    '/dev/dsk/c0t0d0s0\t/\tufs\trw\t0\n/dev/dsk/c0t0d0s3\t/var\tufs\trw\t0\ntank\t/tank\tzfs\trw\t0\n',
  )
  expect(chooseFileSystems(mounts, [], [])).toEqual({ taken: ['/', '/var'], emptied: ['/tank'] })
})

test('names of /proc/mounts are unescaped, and the last mount on a directory is the one that is seen', () => {
  const mounts = parseMounts(String.raw`/dev/sda1 / ext4 rw 0 0
tank/my\040zones /my\040zones fuse.zfs rw 0 0
tmpfs /my\040zones tmpfs rw 0 0
none
`)
  expect(mounts).toEqual([
    { special: '/dev/sda1', directory: '/', type: 'ext4' },
    { special: 'tmpfs', directory: '/my zones', type: 'tmpfs' },
  ])
  expect(mountOf('/my zones/web', mounts)?.type).toBe('tmpfs')
  expect(mountOf('/my zonesweb', mounts)?.type).toBe('ext4')
})
