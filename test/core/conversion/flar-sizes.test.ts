import { expect, test } from 'vitest'
import { measureFlar } from '#core/conversion/flar-sizes.ts'
import type { Entry } from '#core/entry.ts'

const file = (path: string, size: number, mtime = 0): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size,
  mtime,
})
async function* each(entries: readonly Entry[]) {
  yield* entries
}

test('a file of 2 GiB, or a time that cpio lacks, makes it pax', async () => {
  const archiverOf = async (entry: Entry) => (await measureFlar(each([entry]), 'zoneroot')).archiver
  expect(await archiverOf(file('big', 2 ** 31 - 1))).toBe('cpio')
  expect(await archiverOf(file('big', 2 ** 31))).toBe('pax')
  expect(await archiverOf(file('old', 1, -1))).toBe('pax')
  expect(await archiverOf(file('late', 1, 2 ** 32))).toBe('pax')
})

test('sizes are whole blocks, and 1 at least', async () => {
  expect(await measureFlar(each([]), 'zoneroot')).toEqual({ archiver: 'cpio', archived: 512, unarchived: 1 })
  expect(await measureFlar(each([file('etc/a', 1025)]), 'zoneroot')).toMatchObject({
    archived: 1536,
    unarchived: 2048,
  })
})

test('of a zonepath the zone alone counts', async () => {
  const inside = [file('etc/a', 7)]
  const zonepath = [
    file('SUNWdetached.xml', 9000),
    ...inside.map((one) => ({ ...one, path: `root/${one.path}` })),
  ]
  expect(await measureFlar(each(zonepath), 'zonepath')).toEqual(await measureFlar(each(inside), 'zoneroot'))
})
