import { expect, test } from 'vitest'
import { assertSameTree } from '#core/conversion/same-tree.ts'
import { treeLines, type TreeLine } from '#core/conversion/tree-lines.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout } from '#core/manifest.ts'

const file = (path: string, more: Partial<Entry> = {}): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 5,
  sha256: 'a'.repeat(64),
  ...more,
})
const directory = (path: string): Entry => {
  const { sha256: _, ...rest } = file(path, { type: 'directory', size: 0, mode: 0o755 })
  return rest
}
const link = (path: string, to: string): Entry => {
  const { sha256: _, ...rest } = file(path, { type: 'hardlink', size: 0, link: to })
  return rest
}

async function* each(entries: readonly Entry[]): AsyncGenerator<Entry> {
  yield* entries
}

/** As whoever compares sorts them. */
async function* lines(entries: readonly Entry[], layout: ArchiveLayout = 'zoneroot') {
  const all: TreeLine[] = []
  for await (const line of treeLines(() => each(entries), layout)) all.push(line)
  yield* all.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

const compare = (source: readonly Entry[], made: readonly Entry[], layout?: ArchiveLayout) =>
  assertSameTree(lines(source), lines(made, layout))

const tree = [directory('etc'), file('etc/a'), file('etc/b')]

test('the same entries are the same tree, with the root itself or without', async () => {
  await compare(tree, [directory('.'), ...tree])
})

test('a zoneroot is the same as the root of a zonepath, whatever lies beside it', async () => {
  const below = tree.map((entry) => ({ ...entry, path: `root/${entry.path}` }))
  await compare(tree, [file('SUNWdetached.xml'), directory('root'), ...below], 'zonepath')
})

test.each<[what: string, changed: Partial<Entry>]>([
  ['mode', { mode: 0o600 }],
  ['owner', { uid: 1 }],
  ['size', { size: 2 }],
  ['time', { mtime: 6 }],
  ['content', { sha256: 'b'.repeat(64) }],
  ['type', { type: 'fifo' }],
])('another %s is told with its path', async (what, changed) => {
  const made = compare(tree, [directory('etc'), file('etc/a'), file('etc/b', changed)])
  await expect(made).rejects.toMatchObject({
    code: 'ConversionDiffers',
    message: expect.stringMatching(new RegExp(`"etc/b" differs in .*${what}`)),
  })
})

test('what is missing and what is too much is told', async () => {
  await expect(compare(tree, tree.slice(0, 2))).rejects.toThrow('it lacks "etc/b"')
  await expect(compare(tree.slice(0, 2), tree)).rejects.toThrow('it has "etc/b", which the source has not')
})

test('hard links are the same whichever name comes first, and differ when their names do', async () => {
  const one = [file('a'), link('b', 'a'), file('c')]
  await compare(one, [file('a'), link('b', 'a'), file('c')])
  const other = [file('a'), file('b'), link('c', 'b')]
  await expect(compare(one, other)).rejects.toThrow('"a" differs in hard links')
  await compare([file('a'), link('b', 'a')], [file('b'), link('a', 'b')])
})

test('further names of a symlink count as symlinks of their own', async () => {
  const symlink = (path: string): Entry => ({ ...directory(path), type: 'symlink', link: 'x' })
  await compare(
    [symlink('a'), link('b', 'a')].map((entry) => ({ ...entry, mode: 0o777 })),
    [
      { ...symlink('a'), mode: 0o777 },
      { ...symlink('b'), mode: 0o755 },
    ],
  )
})

test('of entries with one path the last counts, as when they are unpacked', async () => {
  await compare([file('a', { size: 9 }), file('a')], [file('a')])
})

test('two names that are shown alike are two files, and one of them is not lost', async () => {
  const both = [file('caf\\xE9', { size: 9 }), file('caf\\xE9')]
  await compare(both, both)
  await expect(compare(both, [file('caf\\xE9')])).rejects.toMatchObject({ code: 'ConversionDiffers' })
})
