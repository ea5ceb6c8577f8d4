import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkManifest } from '#core/flar/check-manifest.ts'
import { FlarFilters, parseFilterLines } from '#core/flar/filters.ts'
import { makeManifest } from '#core/flar/make-manifest.ts'
import {
  decodeNibbles,
  encodeNibbles,
  parseManifest,
  renderManifest,
  type FlarManifest,
  type ManifestLine,
} from '#core/flar/manifest.ts'
import { MemoryTree } from '#core/flar/memory-tree.ts'
import type { TreeFile } from '#core/flar/trees.ts'

const invalid = (said: RegExp) =>
  expect.objectContaining({ code: 'FlarInvalid', message: expect.stringMatching(said) })

const directory: TreeFile = { mode: 0o040755, uid: 0, gid: 0, mtime: 100, size: 2 }
const file = (change: Partial<TreeFile> = {}): TreeFile => ({
  mode: 0o100644,
  uid: 0,
  gid: 3,
  mtime: 1000,
  size: 10,
  ...change,
})
const link = (target: string): TreeFile => ({
  mode: 0o120777,
  uid: 0,
  gid: 0,
  mtime: 5,
  size: 1,
  link: target,
})

function tree(files: Record<string, TreeFile>): MemoryTree {
  const made = new MemoryTree()
  made.add('/', directory)
  for (const [path, value] of Object.entries(files)) made.add(path, value)
  return made
}

const master = tree({
  '/bin': link('./usr/bin'),
  '/etc': directory,
  '/etc/hosts': file(),
  '/etc/motd': file({ size: 3 }),
  '/etc/old': file(),
  '/opt': directory,
  '/opt/gone': directory,
  '/opt/gone/a': file(),
  '/shape': file(),
})
const changed = tree({
  '/bin': link('./usr/bin'),
  '/etc': directory,
  '/etc/hosts': file(),
  '/etc/motd': file({ size: 4, mtime: 2000 }),
  '/etc/new': file(),
  '/opt': directory,
  '/shape': directory,
  '/shape/inside': file(),
})

describe('nibble codes', () => {
  test('have the lowest nibble first, as characters from 0 to ?', () => {
    expect(encodeNibbles(0o100644)).toBe('4:180000')
    expect(encodeNibbles(0x12345678)).toBe('87654321')
    expect(encodeNibbles(0xffffffff)).toBe('????????')
    expect(encodeNibbles(-1)).toBe('????????')
  })

  test('of any alphabet are read by their low nibbles alone', () => {
    expect(decodeNibbles('tzqx````')).toBe(decodeNibbles('4:180000'))
    expect(decodeNibbles('1234567')).toBeUndefined()
  })

  test('give every number of 32 bits back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        expect(decodeNibbles(encodeNibbles(value))).toBe(value)
      }),
    )
  })
})

const name = fc.stringMatching(/^[a-zA-Z0-9_]{1,8}$/)
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`)
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const old = fc.record({
  mode: u32,
  uid: u32,
  gid: u32,
  what: fc.oneof(
    fc.constant({ type: 'directory' as const }),
    name.map((target) => ({ type: 'symlink' as const, target })),
    fc.record({
      type: fc.constant('file' as const),
      mtime: u32,
      size: fc.option(fc.maxSafeNat(), { nil: undefined }),
    }),
  ),
})
const line: fc.Arbitrary<ManifestLine> = fc.oneof(
  path.map((each) => ({ kind: 'new' as const, path: each })),
  path.map((each) => ({ kind: 'closed' as const, path: each })),
  fc.record({ kind: fc.constantFrom('kept' as const, 'gone' as const), path, old }),
)
const manifest: fc.Arbitrary<FlarManifest> = fc.record({
  filters: fc.array(fc.record({ sign: fc.constantFrom('+' as const, '-' as const), path }), { maxLength: 3 }),
  lines: fc.array(line, { maxLength: 10 }),
})

describe('a manifest', () => {
  test('comes back from its text as it was', () => {
    fc.assert(
      fc.property(manifest, (wanted) => {
        expect(parseManifest(renderManifest(wanted))).toEqual(wanted)
      }),
    )
  })

  test('of two trees is this text', async () => {
    const filters = new FlarFilters([{ sign: '-', path: '/var/tmp' }])
    const { manifest: made, brought } = makeManifest(master, changed, filters)
    await expect(Buffer.from(renderManifest(made)).toString()).toMatchFileSnapshot(
      '../../fixtures/flar/manifest.txt',
    )
    expect(brought).toEqual(['/etc/motd', '/etc/new', '/shape', '/shape/inside'])
  })

  test('with the old word for an exclusion, a size that is not compared and a tab in a target is read', () => {
    const text = [
      '. /a',
      'checklist',
      `/b\t${'4:180000'}\t00000000\t00000000\t12340000\tskip`,
      '/c\t00000000\t00000000\t00000000\tl\tx\ty',
      '/e\t0000:000\t00000000\t00000000\td',
      '\\d/',
    ]
    expect(parseManifest(Buffer.from(text.join('\n')))).toMatchObject({
      filters: [{ sign: '-', path: '/a' }],
      lines: [
        { kind: 'kept', old: { mode: 0o100644, what: { type: 'file', size: undefined } } },
        { kind: 'kept', old: { what: { type: 'symlink', target: 'x\ty' } } },
        { kind: 'kept', old: { what: { type: 'directory' } } },
        { kind: 'closed', path: '/' },
      ],
    })
  })

  test.each([
    ['without checklist', '- /a\n', /no line checklist|expected/],
    ['with a relative path', 'checklist\netc\tN\n', /line 2 .*absolute path/],
    ['with a path that climbs', 'checklist\n/etc/../..\tN\n', /line 2 .*without \. and \.\./],
    ['with a closer that climbs', 'checklist\n\\d/..\n', /line 2 .*absolute path/],
    [
      'with a code of seven characters',
      'checklist\n/a\t0000000\t00000000\t00000000\td\n',
      /line 2 .*eight characters/,
    ],
    ['without a type', 'checklist\n/a\t00000000\t00000000\t00000000\n', /line 2 .*d, l, or a time/],
    ['with a symlink to nothing', 'checklist\n/a\t00000000\t00000000\t00000000\tl\n', /line 2 .*target/],
    ['with a size in hex', 'checklist\n/a\t00000000\t00000000\t00000000\t00000000\t0x5\n', /line 2/],
    ['with a blank line', 'checklist\n\n', /line 2/],
    ['with another filter', '* /a\nchecklist\n', /line 1/],
  ])('%s is refused with its line', (_what, text, said) => {
    expect(() => parseManifest(Buffer.from(text))).toThrow(invalid(said))
  })

  test.each(['/a\tb', '/a\nb'])('cannot hold the name %j', (wrong) => {
    const lines: ManifestLine[] = [{ kind: 'new', path: wrong }]
    expect(() => renderManifest({ filters: [], lines })).toThrow(invalid(/no line break and no tab/))
  })
})

test('a manifest has the bytes of names that are no text, and no target with a tab', () => {
  const latin1 = tree({ '/ä': directory, '/ä/gr\\xF6\\xDFe': file() })
  const { manifest: made } = makeManifest(latin1, latin1, new FlarFilters([]))
  const text = Buffer.from(renderManifest(made)).toString('latin1')
  expect(text).toContain(`\n/${Buffer.from('ä').toString('latin1')}/größe\t`)
  const tabbed = tree({ '/a': link('b\tc') })
  expect(() => renderManifest(makeManifest(tabbed, tabbed, new FlarFilters([])).manifest)).toThrow(
    invalid(/no tab in a name or a symlink's target/),
  )
})

describe('a manifest against a client', () => {
  const made = makeManifest(master, changed, new FlarFilters([{ sign: '-', path: '/var' }])).manifest
  const client = (change: Record<string, TreeFile | undefined> = {}) => {
    const files: Record<string, TreeFile> = {}
    for (const each of master.paths()) if (each !== '/') files[each] = master.get(each) ?? directory
    for (const [each, value] of Object.entries(change)) {
      if (value) files[each] = value
      else delete files[each]
    }
    return tree(files)
  }
  const conflicts = (change: Record<string, TreeFile | undefined>, force = false) =>
    checkManifest(made, client(change), { force }).conflicts

  test('that is as the old image was: what is gone is deleted, the deepest first', () => {
    expect(checkManifest(made, client())).toEqual({
      conflicts: [],
      isRefused: false,
      deletions: ['/opt/gone/a', '/etc/old', '/opt/gone', '/shape'],
      compared: 9,
    })
  })

  test.each<[string, Record<string, TreeFile | undefined>, RegExp]>([
    ['/etc/hosts', { '/etc/hosts': file({ size: 11 }) }, /11 bytes, it had 10/],
    ['/etc/hosts', { '/etc/hosts': file({ mtime: 1001 }) }, /time is 1001/],
    ['/etc/hosts', { '/etc/hosts': file({ uid: 7 }) }, /owner is 7/],
    ['/etc/hosts', { '/etc/hosts': file({ mode: 0o100600 }) }, /mode is 100600, it was 100644/],
    ['/bin', { '/bin': link('/elsewhere') }, /leads to \/elsewhere/],
    ['/etc/hosts', { '/etc/hosts': undefined }, /missing/],
    ['/etc/old', { '/etc/old': file({ size: 1 }) }, /1 bytes/],
    ['/opt/mine', { '/opt/mine': file() }, /new here/],
    ['/mine', { '/mine': directory }, /new here/],
  ])('%s differs: the installation is refused', (at, change, said) => {
    expect(conflicts(change)).toEqual([{ path: at, why: expect.stringMatching(said) }])
  })

  test('what belongs to nobody, was left out or is gone already is no difference', () => {
    const change = { '/var': directory, '/lost+found': directory, '/etc/old': undefined }
    expect(conflicts(change)).toEqual([])
    const excluded = checkManifest(made, client({ '/opt/mine': file() }), { excluded: ['/opt/mine'] })
    expect(excluded.conflicts).toEqual([])
  })

  test('a directory is closed once, however often a manifest does', () => {
    const lines: ManifestLine[] = Array.from({ length: 100_000 }, () => ({ kind: 'closed', path: '/' }))
    expect(checkManifest({ filters: [], lines }, client()).conflicts).toHaveLength(4)
  })

  test('by force, new and changed files are deleted with all below them', () => {
    const change = {
      '/mine': directory,
      '/mine/a': directory,
      '/mine/a/b': file(),
      '/etc/old': file({ size: 1 }),
    }
    const { deletions, isRefused } = checkManifest(made, client(change), { force: true })
    expect(isRefused).toBe(false)
    expect(deletions).toEqual([
      '/mine/a/b',
      '/opt/gone/a',
      '/etc/old',
      '/mine/a',
      '/opt/gone',
      '/mine',
      '/shape',
    ])
  })
})

test('by force too, what must be there as it was may not be missing or changed', () => {
  const { manifest: made } = makeManifest(master, changed, new FlarFilters([]))
  expect(checkManifest(made, tree({}), { force: true }).isRefused).toBe(true)
})

describe('filters', () => {
  const takes = (lines: string, ...paths: string[]) => {
    const filters = new FlarFilters(parseFilterLines(lines))
    return paths.filter((each) => filters.takes(each))
  }

  test('the longer path wins, and + at the same one', () => {
    expect(
      takes('- /var\n+ /var/log\n- /var/log/old\n', '/etc', '/var', '/var/tmp', '/var/log', '/var/log/old'),
    ).toEqual(['/etc', '/var/log'])
    expect(takes('- /a\n+ /a\n', '/a', '/a/b')).toEqual(['/a', '/a/b'])
    expect(takes('+ /a\n- /a\n', '/a')).toEqual(['/a'])
    expect(takes('- /\n+ /a\n', '/', '/a', '/b')).toEqual(['/a'])
  })

  test('a path is one of names, not of letters', () => {
    expect(takes('- /var\n', '/variable', '/var/x')).toEqual(['/variable'])
  })

  test('the names of -f are taken whatever the others say, with -F alone', () => {
    const filters = parseFilterLines('- /a\n')
    const beside = new FlarFilters(filters, { paths: ['/a/b'], isOnly: false })
    expect(['/a', '/a/b', '/c'].filter((each) => beside.takes(each))).toEqual(['/a/b', '/c'])
    const alone = new FlarFilters(filters, { paths: ['/a/b', '/c'], isOnly: true })
    expect(['/a', '/a/b', '/c', '/d'].filter((each) => alone.takes(each))).toEqual(['/c'])
    expect(['/a', '/d'].filter((each) => alone.mayTakeBelow(each))).toEqual(['/a'])
  })

  test.each(['* /a', '-/a', '- ', '- ../etc', '- a\tb', '-'])('%j is refused with its line', (text) => {
    expect(() => parseFilterLines(`+ /b\n${text}\n`)).toThrow(invalid(/line 2|filter has the path/))
  })
})
