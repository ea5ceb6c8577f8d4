// The two layouts of streams: a zonepath, and the zone's root alone.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { convertVersion } from '#app/convert/convert-version.ts'
import { findConverted, type ConversionTarget } from '#core/conversion/target.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout, Artifact } from '#core/manifest.ts'
import { shell, withTree } from '#test/archives.ts'
import { openConversionSite, type ConversionSite } from './conversion-site.ts'

const ROOT = `
mkdir -p etc usr/bin var/tmp zz
echo root:x:0:0::/root:/bin/sh >etc/passwd; : >etc/empty
head -c 300000 /dev/urandom >usr/bin/vi; ln usr/bin/vi usr/bin/ex; ln usr/bin/vi zz/view
chmod 4755 usr/bin/vi; ln -s ../../etc/passwd usr/bin/link; mkfifo var/fifo`
const archived = (directory: string) =>
  shell(directory, 'tar --sort=name --numeric-owner --owner=0 --group=3 -cf - ./*')
const zoneroot = withTree(`${ROOT}\nfind . -exec touch -h -d @1000000000 {} +`, archived)
const zonepath = withTree(
  `mkdir -p cores root zlater; cd root; ${ROOT}
cd ..; echo core >cores/core.1; echo x >zlater/file; chmod 700 .
find . -exec touch -h -d @1000000000 {} +`,
  archived,
)
const straddling = withTree(
  `mkdir -p beside root; cd root; ${ROOT}\ncd ..; echo both >beside/file; ln beside/file root/etc/both`,
  archived,
)

let site: ConversionSite
beforeEach(async () => {
  site = await openConversionSite()
})
afterEach(() => site.close())

async function convert(version: string, to: ConversionTarget, layout: ArchiveLayout): Promise<Artifact> {
  const job = { template: 'web', version, to, layout, actor: 'ci' }
  await convertVersion(job, new AbortController().signal, async () => {}, site.needs)
  const { manifest } = await site.catalog.getVersion('web', version)
  const made = findConverted(manifest.artifacts, to, undefined, layout)
  if (!made) throw new Error(`no ${to} of a ${layout}`)
  return made
}

/** Path, type, mode and contents of what lies below. */
async function treeOf(artifact: Artifact): Promise<string[]> {
  const below = artifact.layout === 'zonepath' ? 'root/' : ''
  const entries: Entry[] = await site.entries(artifact)
  const firstOf = ({ type, path, link }: Entry) =>
    entries.find((one) => one.path === (type === 'hardlink' ? link : path))
  return entries
    .filter(({ path }) => path.startsWith(below) && path !== '.')
    .map((entry) => {
      const { type = entry.type, sha256 = '', mode = 0 } = firstOf(entry) ?? {}
      return `${entry.path.slice(below.length)} ${type} ${type === 'symlink' ? '' : mode.toString(8)} ${sha256}`
    })
    .toSorted()
}

test.each([
  ['a zoneroot', zoneroot],
  ['a zonepath', zonepath],
])('an archive of %s becomes a stream of either layout', async (_what, bytes) => {
  const source = await site.push('1', bytes)
  const expected = await treeOf(source)
  expect(expected.length).toBe(13)
  for (const layout of ['zoneroot', 'zonepath'] as const) {
    const made = await convert('1', 'zfs', layout)
    expect(made.layout).toBe(layout)
    expect(await treeOf(made)).toEqual(expected)
  }
})

test('a stream of one layout becomes one of the other, and back, compressed', async () => {
  await site.push('1', zoneroot)
  const first = await convert('1', 'zfs', 'zonepath')
  await site.push('2', await site.bytes(first))
  const other = await convert('2', 'zfs.gz', 'zoneroot')
  expect(await treeOf(other)).toEqual(await treeOf(first))
  const again = await convert('2', 'zfs.gz', 'zonepath')
  expect([again.layout, again.compression]).toEqual(['zonepath', 'gzip'])
  expect(await treeOf(again)).toEqual(await treeOf(first))
  const { manifest } = await site.catalog.getVersion('web', '2')
  expect(manifest.artifacts).toHaveLength(3)
})

test('a stream that is there in the layout is only compressed', async () => {
  await site.push('1', zoneroot)
  const plain = await convert('1', 'zfs', 'zoneroot')
  const packed = await convert('1', 'zfs.gz', 'zoneroot')
  expect(packed.guid).toBe(plain.guid)
  expect(await convert('1', 'zfs.gz', 'zoneroot')).toEqual(packed)
})

test('a zone that shares a file with what is beside its root does not go alone', async () => {
  await site.push('1', straddling)
  await expect(convert('1', 'zfs', 'zoneroot')).rejects.toMatchObject({
    code: 'CannotConvert',
    message: expect.stringContaining('"root/etc/both"'),
  })
})
