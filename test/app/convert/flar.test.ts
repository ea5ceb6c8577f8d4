import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createConverter } from '#adapters/conversion/convert.ts'
import type { BlobStore } from '#app/ports/blobs.ts'
import { parseConfig } from '#core/config.ts'
import type { Entry } from '#core/entry.ts'
import { cpioOf, flarOf, paxOf, splitFlar } from '#test/adapters/archive/flar.ts'
import { shell, withTree } from '#test/archives.ts'
import { openConversionSite, type ConversionSite } from './conversion-site.ts'

const FILL = `
mkdir -p etc usr/bin var/tmp zz
echo root:x:0:0::/root:/bin/sh >etc/passwd; : >etc/empty; ln etc/empty zz/empty
head -c 300000 /dev/urandom >usr/bin/vi; ln usr/bin/vi usr/bin/ex; ln usr/bin/vi zz/view
chmod 4755 usr/bin/vi; chmod 1777 var/tmp; mkfifo var/fifo
ln -s ../../etc/passwd usr/bin/link; ln -s /$(printf t%.0s $(seq 150)) etc/long
printf latin >"$(printf 'zz/gr\\374\\337')"; echo utf8 >'zz/žlutý'; echo far >zz/$(printf n%.0s $(seq 200))
find . -exec touch -h -d @1000000000 {} +
`
const forms = withTree(FILL, (directory) => ({
  tar: paxOf(directory),
  cpio: cpioOf(directory),
  compressed: shell(directory, 'compress -cf || [ $? = 2 ]', cpioOf(directory)),
}))

let site: ConversionSite
beforeEach(async () => {
  site = await openConversionSite()
})
afterEach(() => site.close())

/** Every name with what it has, hard links by all of their names. */
function comparable(entries: readonly Entry[], below = ''): string[] {
  const firsts = new Map(entries.map((entry) => [entry.path, entry]))
  const namesOf = (first: string) =>
    entries.filter(({ path: name, link, type }) => name === first || (type === 'hardlink' && link === first))
  return entries
    .filter(({ path: name }) => name.startsWith(below))
    .map((entry) => {
      const first = entry.type === 'hardlink' ? (firsts.get(entry.link ?? '') ?? entry) : entry
      const { type, size, sha256 = '', link = '' } = first
      const names = namesOf(first.path).map(({ path: name }) => name.slice(below.length))
      const { mode, uid, gid, mtime } = entry
      const kept = type === 'symlink' ? [link] : [mode, size, sha256, names.toSorted()]
      return JSON.stringify([entry.path.slice(below.length), type, uid, gid, mtime, ...kept])
    })
    .toSorted()
}

/** What a program leaves of an archive. */
function unpacked(payload: Buffer, command: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'flar-'))
  try {
    shell(directory, command, payload)
    return shell(
      directory,
      // cpio has no option for the times of symlinks
      `find . -type l -printf '%P %l\\n' -o ! -type d -printf '%P %y %m %n %s %Ts\\n' | LC_ALL=C sort
       find . -type f -exec sha256sum {} + | LC_ALL=C sort`,
    ).toString('latin1')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

test.each(['tar', 'cpio', 'flar', 'zfs'] as const)(
  'a %s becomes a flash archive with the same tree, and that every other form',
  async (from) => {
    const pushed = { tar: forms.tar, cpio: forms.cpio, flar: flarOf(forms.compressed, compressedKeys) }
    await site.push('1', from === 'zfs' ? forms.tar : pushed[from])
    if (from === 'zfs') await site.convert('1', 'zfs')
    const first = await site.form('1', from)
    const expected = comparable(await site.entries(first), from === 'zfs' ? 'root/' : '')
    expect(expected.length).toBeGreaterThan(15)
    await site.convert('1', 'flar')
    for (const to of ['tar', 'cpio.gz', 'zfs', 'flar'] as const) {
      if ((await site.forms('1')).includes(to) === false) await site.convert('1', to)
      const below = to === 'zfs' ? 'root/' : ''
      expect(comparable(await site.entries(await site.form('1', to)), below), to).toEqual(expected)
    }
  },
)
const compressedKeys = { keys: { files_compressed_method: 'compress' } }

test('its first lines are those that installers want, its sizes are true, its bytes the same each time', async () => {
  const facts = { osFamily: 'solaris10', brand: 'native', arch: 'i86pc', notes: 'a web\nserver' } as const
  const zonecfg = 'create -b\nset brand=native\n'
  await site.push('1.4', forms.tar, { ...facts, osRelease: 's10u8', zonecfg })
  await site.convert('1.4', 'flar')
  const bytes = await site.bytes(await site.form('1.4', 'flar'))
  const { preamble, payload } = splitFlar(bytes)
  await expect(preamble).toMatchFileSnapshot('../../fixtures/golden/flar/preamble.txt')
  expect(preamble).toContain(`\nfiles_archived_size=${payload.length}\n`)
  const again = await openConversionSite()
  try {
    await again.push('1.4', forms.tar, { ...facts, osRelease: 's10u8', zonecfg })
    await again.convert('1.4', 'flar')
    expect((await again.form('1.4', 'flar')).sha256).toBe((await site.form('1.4', 'flar')).sha256)
  } finally {
    await again.close()
  }
})

test('cpio programs unpack the same tree of it, wherever names are no text', async () => {
  await site.push('1', forms.tar)
  await site.convert('1', 'flar')
  const { payload } = splitFlar(await site.bytes(await site.form('1', 'flar')))
  const expected = unpacked(forms.tar, 'tar -xpf -')
  expect(unpacked(payload, 'cpio -idm --quiet')).toBe(expected)
  expect(unpacked(payload, 'bsdtar -xpf -')).toBe(expected)
})

test('of a zonepath it holds the zone alone', async () => {
  const zonepath = withTree(`mkdir root; cd root; ${FILL}`, (directory) =>
    shell(
      directory,
      'echo note >note; ln note other; tar --sort=name --numeric-owner --owner=0 --group=3 -cf - ./*',
    ),
  )
  const source = await site.push('1', zonepath)
  expect(source.layout).toBe('zonepath')
  await site.convert('1', 'flar')
  const made = await site.form('1', 'flar')
  expect(made).toMatchObject({ format: 'flar', layout: 'zoneroot', derivedFrom: source.sha256 })
  const beneath = (await site.entries(source)).filter(({ path: name }) => name.startsWith('root/'))
  expect(comparable(await site.entries(made))).toEqual(comparable(beneath, 'root/'))
})

test('it is pax where cpio has no place for a time, and tells what it was made of', async () => {
  const old = withTree('mkdir etc; echo old >etc/old; touch -d 1960-01-01 etc/old; echo new >etc/new', paxOf)
  const source = await site.push('1', old)
  await site.convert('1', 'flar')
  const made = await site.form('1', 'flar')
  expect(made.flar).toEqual({
    contentName: 'web-1',
    archiver: 'pax',
    payloadCompression: 'none',
    type: 'FULL',
    creationMaster: 'web-1',
    architectures: [],
  })
  expect(comparable(await site.entries(made))).toEqual(comparable(await site.entries(source)))
  await site.push('2', await site.bytes(made))
  await site.convert('2', 'tar')
  expect(comparable(await site.entries(await site.form('2', 'tar')))).toEqual(
    comparable(await site.entries(source)),
  )
})

test('what the archive says of a template is what was said of the one that it was made of', async () => {
  const facts = {
    osFamily: 'solaris10',
    brand: 'solaris8',
    arch: 'sun4u',
    osRelease: 's10u8',
    notes: 'two\nlines=1',
    zonecfg: 'create -b\nset zonepath=/zones/web\n',
  } as const
  await site.push('1', forms.tar, facts)
  await site.convert('1', 'flar')
  await site.push('2', await site.bytes(await site.form('1', 'flar')), { brand: undefined })
  const { manifest } = await site.catalog.getVersion('web', '2')
  expect(manifest).toMatchObject({ ...facts, notes: 'two lines=1' })
})

test('its size is known by the index; only where names are ambiguous it is written twice, and nothing of the first stays', async () => {
  const puts: string[] = []
  const blobs = new Proxy(site.needs.blobs, {
    get(store, key: keyof BlobStore) {
      if (key === 'put') puts.push('put')
      const value: unknown = store[key]
      return typeof value === 'function' ? value.bind(store) : value
    },
  })
  const { limits } = parseConfig({})
  const convert = createConverter({ blobs, limits, spoolDirectory: tmpdir() })
  await site.push('1', forms.tar)
  await site.convert('1', 'flar', undefined, { convert })
  expect(puts).toHaveLength(1)
  // the characters of an escape, not the byte that they stand for
  const name = String.raw`\xFC`.repeat(50)
  const literal = withTree(`mkdir etc; cd etc; for n in 1 2 3 4 5; do echo x >'${name}'$n; done`, cpioOf)
  await site.push('2', literal)
  await site.convert('2', 'flar', undefined, { convert })
  expect(puts).toHaveLength(3)
  const stored = []
  for await (const sha256 of site.blobs.list()) stored.push(sha256)
  expect(stored).toHaveLength(4)
})
