import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { convertVersion } from '#app/convert/convert-version.ts'
import type { Entry } from '#core/entry.ts'
import { shell, withTree } from '#test/archives.ts'
import { openConversionSite, type ConversionSite } from './conversion-site.ts'

/** Names, links, holes, modes and owners that are hard to carry over. */
const FILL = `
mkdir -p etc usr/bin var/tmp zz dev
echo root:x:0:0::/root:/bin/sh >etc/passwd
: >etc/empty
head -c 300000 /dev/urandom >usr/bin/vi; ln usr/bin/vi usr/bin/ex; ln usr/bin/vi zz/view
chmod 4755 usr/bin/vi; chmod 1777 var/tmp
ln etc/empty zz/empty
ln -s ../../etc/passwd usr/bin/link; ln -s /$(printf t%.0s $(seq 150)) etc/long
printf latin >"$(printf 'zz/gr\\374\\337')"; echo utf8 >'zz/žlutý'
truncate -s 3000000 var/sparse; printf middle | dd of=var/sparse bs=1 seek=1000000 conv=notrunc status=none
echo far >zz/$(printf n%.0s $(seq 200))
mkfifo var/fifo
find . -exec touch -h -d @1000000000 {} +
`
const tree = withTree(FILL, (directory) => ({
  tar: shell(directory, 'tar --sort=name --numeric-owner --owner=0 --group=3 -cf - ./*'),
  cpio: shell(directory, 'find . ! -name . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:3'),
}))
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/zfs/${name}.zfs`, import.meta.url))

let site: ConversionSite
beforeEach(async () => {
  site = await openConversionSite()
})
afterEach(() => site.close())

/** By path, without what is beside the zone's root, with the time to the second; hard links by their names. */
function comparable(entries: readonly Entry[], below: string): string[] {
  const groups = new Map<string, string[]>()
  for (const { path, type, link } of entries)
    if (type === 'hardlink' && link !== undefined) groups.set(link, [...(groups.get(link) ?? [link]), path])
  const bare = (path: string) => path.slice(below.length)
  return entries
    .filter(({ path }) => path.startsWith(below) && path !== '.')
    .map((entry) => {
      const first = entries.find(({ path }) => path === (entry.type === 'hardlink' ? entry.link : entry.path))
      const names = (groups.get(first?.path ?? '') ?? []).map(bare).toSorted()
      const { mode, uid, gid, mtime } = entry
      const { type, size, sha256 = '' } = first ?? entry
      const link = type === 'symlink' ? entry.link : ''
      return JSON.stringify([
        bare(entry.path),
        type,
        type === 'symlink' ? 0 : mode,
        uid,
        gid,
        size,
        mtime,
        sha256,
        link,
        names,
      ])
    })
    .toSorted()
}

test.each(['tar', 'cpio'] as const)(
  'a %s becomes every other form, each with the same tree',
  async (from) => {
    const source = await site.push('1', tree[from])
    const expected = comparable(await site.entries(source), '')
    expect(expected.length).toBe(20)
    const targets = ['tar', 'tar.gz', 'cpio.zst', 'cpio', 'zfs', 'zfs.gz'] as const
    for (const to of targets) {
      if (to === from) continue
      await site.convert('1', to)
      const made = await site.form('1', to)
      expect(made.derivedFrom).toMatch(/^[0-9a-f]{64}$/)
      const isStream = made.format === 'zfs'
      expect(made).toMatchObject({ layout: isStream ? 'zonepath' : 'zoneroot' })
      expect(comparable(await site.entries(made), isStream ? 'root/' : ''), to).toEqual(expected)
    }
  },
)

test('what was converted there and back is what it was, byte for byte where only its compression changed', async () => {
  await site.push('1', tree.cpio)
  for (const to of ['tar', 'zfs'] as const) await site.convert('1', to)
  const zfs = await site.form('1', 'zfs')
  await site.push('2', await site.bytes(zfs), { zonecfg: 'create -b' })
  await site.convert('2', 'tar')
  const [first, second] = [await site.form('1', 'tar'), await site.form('2', 'tar')]
  expect(comparable(await site.entries(second), '')).toEqual(comparable(await site.entries(first), ''))
  await site.convert('1', 'tar.zst')
  await site.push('3', await site.bytes(await site.form('1', 'tar.zst')))
  await site.convert('3', 'tar')
  expect((await site.form('3', 'tar')).sha256).toBe(first.sha256)
})

test('the same archive gives the same stream, in ZPL 4 unless 5 is asked for, and both may be there', async () => {
  await site.push('1', tree.tar)
  await site.convert('1', 'zfs')
  const four = await site.form('1', 'zfs')
  expect(four.zfs).toMatchObject({ zplVersion: 4, pool: 15 })
  expect(four.snapshot).toMatch(/@zoneflash-1$/)
  await site.convert('1', 'zfs', 5)
  const five = await site.form('1', 'zfs')
  expect(five).toMatchObject({ derivedFrom: four.sha256, zfs: { zplVersion: 5 } })
  expect(five.guid).not.toBe(four.guid)
  expect(comparable(await site.entries(five), '')).toEqual(comparable(await site.entries(four), ''))
  const again = await openConversionSite()
  try {
    await again.push('1', tree.tar)
    await again.convert('1', 'zfs')
    expect((await again.form('1', 'zfs')).sha256).toBe(four.sha256)
  } finally {
    await again.close()
  }
})

test('a stream with compressed, embedded and large blocks becomes one that every receiver takes', async () => {
  const source = await site.push('1', fixture('modern-large'))
  const ofTar = await site.convert('1', 'tar')
  const told = await site.convert('1', 'zfs', 4)
  const made = await site.form('1', 'zfs')
  expect(made.zfs).toMatchObject({ zplVersion: 4, pool: 15, features: [] })
  const notices = [expect.stringMatching(/^extended attributes: \d+, left out$/)]
  expect(made.zfs?.notices).toEqual(expect.arrayContaining(notices))
  expect(told.at(-1)).toEqual({ step: 'done', bytes: 0, notices })
  expect(await site.audit.list(1)).toMatchObject([{ details: { lost: notices } }])
  expect(ofTar.at(-1)).toEqual({ step: 'done', bytes: 0, notices })
  expect(made.derivedFrom).toBe(source.sha256)
  const below = source.layout === 'zonepath' ? '' : 'root/'
  expect(comparable(await site.entries(made), below)).toEqual(comparable(await site.entries(source), ''))
})

test('a conversion is one line of the audit log, and asked for again changes nothing', async () => {
  await site.push('1', tree.tar)
  const told = await site.convert('1', 'tar.gz')
  expect(told).toMatchObject([{ step: 'convert' }, { step: 'verify' }])
  await site.convert('1', 'tar.gz')
  expect(await site.forms('1')).toEqual(['tar', 'tar.gz'])
  const lines = (await site.audit.list(9)).filter(({ action }) => action === 'version.convert')
  expect(lines).toMatchObject([{ actor: 'ci', subject: 'web@1', details: { from: 'tar', to: ['tar.gz'] } }])
})

test('a conversion that dies before its end leaves the version as it was, and is done again', async () => {
  await site.push('1', tree.tar)
  const dead = () => Promise.reject(new Error('killed'))
  const dying = { ...site.needs.indexer, index: dead }
  await expect(site.convert('1', 'cpio.gz', undefined, { indexer: dying })).rejects.toThrow('killed')
  expect(await site.forms('1')).toEqual(['tar'])
  await site.convert('1', 'cpio.gz')
  expect(await site.forms('1')).toEqual(['tar', 'cpio.gz'])
})

test('a conversion that is stopped while it reads back publishes nothing', async () => {
  await site.push('1', tree.tar)
  const stop = new AbortController()
  const index: typeof site.needs.indexer.index = (bytes, base) => {
    stop.abort(new Error('stopped'))
    return site.needs.indexer.index(bytes, base)
  }
  const job = { template: 'web', version: '1', to: 'cpio.gz' as const, actor: 'ci' }
  const needs = { ...site.needs, indexer: { index } }
  await expect(convertVersion(job, stop.signal, async () => {}, needs)).rejects.toThrow('stopped')
  expect(await site.forms('1')).toEqual(['tar'])
})

test('a job that finds nothing to convert says so in its last word', async () => {
  await site.push('1', tree.tar)
  const { state, manifest } = await site.catalog.getVersion('web', '1')
  const bare = manifest.artifacts.map(({ entries: _entries, ...artifact }) => artifact)
  const catalog = Object.create(site.catalog) as typeof site.catalog
  catalog.getVersion = async () => ({ state, manifest: { ...manifest, artifacts: bare } })
  const told: object[] = []
  const job = { template: 'web', version: '1', to: 'zfs' as const, actor: 'ci' }
  const report = async (progress: object) => void told.push(progress)
  const done = convertVersion(job, new AbortController().signal, report, { ...site.needs, catalog })
  await expect(done).rejects.toMatchObject({ code: 'NothingToConvert' })
  expect(told).toEqual([{ step: 'failed', bytes: 0, code: 'NothingToConvert' }])
})

test('what does not read back as its source is refused and not published', async () => {
  await site.push('1', tree.tar)
  const other = withTree(
    'mkdir etc; echo other >etc/passwd; touch -d @1000000000 etc/passwd etc',
    (directory) => shell(directory, 'tar --numeric-owner --owner=0 --group=3 -cf - etc'),
  )
  const wrong = await site.blobs.put(
    (async function* () {
      yield other
    })(),
  )
  const convert = async () => [{ format: 'tar' as const, blob: wrong, layout: 'zoneroot' as const }]
  const refused = site.convert('1', 'tar.gz', undefined, { convert })
  await expect(refused).rejects.toMatchObject({ code: 'ConversionDiffers', kind: 'conflict' })
  expect(await site.forms('1')).toEqual(['tar'])
})

test('a file from before 1970 comes through as tar, and is a reason to make no cpio', async () => {
  const old = withTree('echo old >old; touch -d @-7 old', (directory) =>
    shell(directory, 'tar --format=pax --numeric-owner --owner=0 --group=3 -cf - old'),
  )
  await site.push('1', old)
  await site.convert('1', 'zfs')
  await site.push('2', await site.bytes(await site.form('1', 'zfs')))
  await site.convert('2', 'tar')
  expect(await site.entries(await site.form('2', 'tar'))).toMatchObject([{ path: 'old', mtime: -7 }])
  for (const version of ['1', '2'])
    await expect(site.convert(version, 'cpio.gz')).rejects.toMatchObject({
      code: 'CannotConvert',
      message: expect.stringContaining('old" has the time -7, cpio has 0 (1970) to 4294967295 (2106)'),
    })
})

test('a revoked version is not converted, also when it is revoked meanwhile', async () => {
  await site.push('1', tree.tar)
  const meanwhile: typeof site.needs.convert = async (request) => {
    const forms = await site.needs.convert(request)
    await site.catalog.setState('web', '1', 'revoked')
    return forms
  }
  const late = site.convert('1', 'tar.gz', undefined, { convert: meanwhile })
  await expect(late).rejects.toMatchObject({ code: 'WrongState' })
  await expect(site.convert('1', 'tar.gz')).rejects.toMatchObject({ code: 'WrongState' })
  await site.catalog.setState('web', '1', 'ready')
  expect(await site.forms('1')).toEqual(['tar'])
})

test('without anything to read there is nothing to convert, and no increment without an origin', async () => {
  await site.push('1', fixture('full'))
  await site.push('2', fixture('incremental'), { origin: { template: 'web', version: '1' } })
  await expect(site.convert('1', 'izfs')).rejects.toMatchObject({ code: 'NoOriginStream' })
  await site.convert('2', 'tar.gz')
  expect((await site.form('2', 'tar.gz')).entries).toBeGreaterThan(10)
})

/** What a version changed: a file, a mode, links, names that went and came, a directory that became a file. */
const CHANGE = `
echo web:x:80:80::/:/bin/sh >>etc/passwd; chmod 600 etc/empty; rm usr/bin/ex; ln usr/bin/vi usr/bin/ed
rm -r dev; echo now a file >dev; mkdir -p srv/www; echo hello >srv/www/index.html; ln -sf other usr/bin/link
touch -d @1100000000 etc/passwd srv srv/www srv/www/index.html dev usr/bin/link; touch -h -d @1100000000 usr/bin/link
`
const child = withTree(FILL, (directory) => {
  // the random bytes of the origin
  shell(directory, 'tar -xf -', tree.tar)
  shell(directory, CHANGE)
  return shell(directory, 'tar --sort=name --numeric-owner --owner=0 --group=3 -cf - ./*')
})

test('a version on an origin becomes an increment and a full stream of one snapshot', async () => {
  await site.push('1', tree.tar)
  await site.convert('1', 'zfs')
  const base = await site.form('1', 'zfs')
  const source = await site.push('2', child, { origin: { template: 'web', version: '1' } })
  await site.convert('2', 'zfs')
  expect(await site.forms('2')).toEqual(['tar', 'zfs', 'izfs'])
  const [full, increment] = [await site.form('2', 'zfs'), await site.form('2', 'izfs')]
  expect(increment).toMatchObject({ fromGuid: base.guid, guid: full.guid, layout: 'zonepath' })
  expect(increment.size).toBeLessThan(30_000)
  const expected = comparable(await site.entries(source), '')
  for (const made of [full, increment])
    expect(comparable(await site.entries(made), 'root/')).toEqual(expected)
})

test('an increment is made by itself where the origin got its stream later', async () => {
  await site.push('1', tree.tar)
  const source = await site.push('2', child, { origin: { template: 'web', version: '1' } })
  await site.convert('2', 'zfs')
  expect(await site.forms('2')).toEqual(['tar', 'zfs'])
  await expect(site.convert('2', 'izfs')).rejects.toMatchObject({ code: 'NoOriginStream' })
  await site.convert('1', 'zfs', 5)
  await site.convert('2', 'izfs')
  const increment = await site.form('2', 'izfs')
  expect(increment).toMatchObject({ zfs: { zplVersion: 5 }, derivedFrom: source.sha256 })
  expect(comparable(await site.entries(increment), 'root/')).toEqual(
    comparable(await site.entries(source), ''),
  )
})

test('of several streams of the origin the one of the wanted ZPL version is built on, and 4 when none is wanted', async () => {
  const origin = { template: 'web', version: '1' }
  await site.push('1', tree.tar)
  await site.convert('1', 'zfs', 5)
  const five = await site.form('1', 'zfs')
  await site.convert('1', 'zfs', 4)
  const four = await site.form('1', 'zfs')
  await site.push('2', child, { origin })
  await site.convert('2', 'izfs', 4)
  expect(await site.form('2', 'izfs')).toMatchObject({ fromGuid: four.guid, zfs: { zplVersion: 4 } })
  await site.convert('2', 'izfs', 5)
  expect(await site.form('2', 'izfs')).toMatchObject({ fromGuid: five.guid, zfs: { zplVersion: 5 } })
  await site.push('3', child, { origin })
  await site.convert('3', 'zfs')
  expect(await site.form('3', 'izfs')).toMatchObject({ fromGuid: four.guid, zfs: { zplVersion: 4 } })
})

test('a version on a stream that a pool sent is an increment from there', async () => {
  const origin = await site.push('1', fixture('modern-default'))
  expect(origin.layout).toBeDefined()
  const zonepath = origin.layout === 'zonepath'
  await site.convert('1', 'tar')
  const copy = await site.push('2', await site.bytes(await site.form('1', 'tar')), {
    origin: { template: 'web', version: '1' },
  })
  await site.convert('2', 'zfs')
  expect(await site.forms('2')).toEqual(zonepath ? ['tar', 'zfs', 'izfs'] : ['tar', 'zfs'])
  expect(comparable(await site.entries(await site.form('2', 'zfs')), 'root/')).toEqual(
    comparable(await site.entries(copy), ''),
  )
})

/** A name with a byte that is no UTF-8, and one with the characters by which that is shown. */
const latin = (fill: string) =>
  withTree(fill, (directory) => ({
    tar: shell(directory, 'tar --sort=name --numeric-owner --owner=0 --group=3 -cf - ./*'),
    cpio: shell(directory, 'find . ! -name . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:3'),
  }))
const BYTE = String.raw`"$(printf 'etc/caf\351')"`
const CHARACTERS = String.raw`'etc/caf\xE9'`

/** Names of all files in an archive, one character for each byte. */
const unpackedNames = (tar: Buffer) =>
  withTree('', (directory) => {
    shell(directory, 'tar -xf -', tar)
    return shell(directory, "find . -type f | sed 's,^./,,' | LC_ALL=C sort")
      .toString('latin1')
      .trim()
      .split('\n')
  })

test.each(['tar', 'cpio'] as const)(
  'a name with the characters of an escaped byte keeps them, from a %s to a stream and back',
  async (form) => {
    const archives = latin(
      `mkdir etc; echo 1 >${CHARACTERS}; ln ${CHARACTERS} etc/linked; ln etc/linked ${BYTE}.txt`,
    )
    await site.push('1', archives[form])
    const names = ['etc/caf\\xE9', 'etc/caf\xE9.txt', 'etc/linked']
    await site.convert('1', 'zfs')
    await site.push('2', await site.bytes(await site.form('1', 'zfs')), { zonecfg: 'create -b' })
    await site.convert('2', 'tar')
    expect(unpackedNames(await site.bytes(await site.form('2', 'tar')))).toEqual(names)
    const other = form === 'tar' ? 'cpio' : 'tar'
    await site.convert('1', other)
    const made = await site.form('1', other)
    await site.push('3', await site.bytes(made))
    if (other !== 'tar') await site.convert('3', 'tar')
    expect(unpackedNames(await site.bytes(await site.form('3', 'tar')))).toEqual(names)
  },
)

test('a name that is not UTF-8 below one that is comes through, there and back', async () => {
  const { tar } = latin(`mkdir -p etc/žlutý; echo 1 >"$(printf 'etc/žlutý/caf\\351')"; echo 2 >etc/žlutý/kůň`)
  await site.push('1', tar)
  const names = unpackedNames(tar)
  await site.convert('1', 'zfs')
  await site.push('2', await site.bytes(await site.form('1', 'zfs')), { zonecfg: 'create -b' })
  await site.convert('2', 'tar')
  expect(unpackedNames(await site.bytes(await site.form('2', 'tar')))).toEqual(names)
})

test('two names that are shown alike stay two files, and are refused where they would become one', async () => {
  const { tar } = latin(`mkdir etc; echo byte >${BYTE}; echo characters >${CHARACTERS}`)
  await site.push('1', tar)
  await site.convert('1', 'cpio')
  await site.push('2', await site.bytes(await site.form('1', 'cpio')))
  await site.convert('2', 'tar')
  expect(unpackedNames(await site.bytes(await site.form('2', 'tar')))).toHaveLength(2)
  await expect(site.convert('1', 'zfs')).rejects.toMatchObject({ code: 'DuplicateEntry' })
  await site.push('0', tree.tar)
  await site.convert('0', 'zfs')
  await site.push('3', tar, { origin: { template: 'web', version: '0' } })
  await expect(site.convert('3', 'zfs')).rejects.toMatchObject({ code: 'DuplicateEntry' })
  expect(await site.forms('3')).toEqual(['tar'])
})

test('an increment does not take a name for another that is shown alike', async () => {
  await site.push('1', latin(`mkdir etc; echo same >${BYTE}`).tar)
  await site.convert('1', 'zfs')
  await site.push('2', latin(`mkdir etc; echo same >${CHARACTERS}`).tar, {
    origin: { template: 'web', version: '1' },
  })
  await expect(site.convert('2', 'zfs')).rejects.toMatchObject({ code: 'DuplicateEntry' })
})
