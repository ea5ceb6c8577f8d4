// Whatever two trees are, their differences turn one into the other.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createEntrySorter } from '#adapters/archive/sort-entries.ts'
import { compareFiles, sideOf } from '#core/diff/compare-files.ts'
import { filesOf } from '#core/diff/files-of.ts'
import type { FileLine, FileSide } from '#core/diff/line.ts'
import type { Entry } from '#core/entry.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'diff-'))
afterAll(() => rmSync(directory, { recursive: true }))

type Node = Omit<Entry, 'path'>

/** Names that sort differently as texts and as paths. */
const name = fc.constantFrom('a', 'b', 'a.b', 'a-', 'A', '\u00fc')
const anyPath = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
const common = {
  mode: fc.constantFrom(0o644, 0o755, 0o4755),
  uid: fc.constantFrom(0, 80),
  gid: fc.constantFrom(0, 80),
  mtime: fc.constantFrom(1, 2),
}
const anyNode: fc.Arbitrary<Node> = fc.oneof(
  fc.record({
    ...common,
    type: fc.constant('file' as const),
    sha256: fc.constantFrom('11', '22'),
    size: fc.constantFrom(1, 2),
  }),
  fc.record({ ...common, type: fc.constant('directory' as const), size: fc.constant(0) }),
  fc.record({
    ...common,
    type: fc.constant('symlink' as const),
    size: fc.constant(0),
    link: fc.constantFrom('x', 'y'),
  }),
  fc.record({ ...common, type: fc.constant('fifo' as const), size: fc.constant(0) }),
)
const anyTree = fc.array(fc.tuple(anyPath, anyNode), { maxLength: 40 })

type Tree = Map<string, FileSide>

const entriesOf = (tree: readonly [string, Node][]): Entry[] =>
  tree.map(([at, node]) => ({ path: at, ...node }))

/** An index that is unpacked in its order: the last of equal paths counts. */
function unpacked(entries: readonly Entry[]): Tree {
  return new Map(entries.map((entry) => [entry.path, sideOf(entry)]))
}

async function differences(a: readonly Entry[], b: readonly Entry[], runEntries = 7): Promise<FileLine[]> {
  const sort = createEntrySorter(directory, runEntries)
  const lines: FileLine[] = []
  for await (const line of compareFiles(
    sort(() => filesOf(() => each(a), 'zoneroot')),
    sort(() => filesOf(() => each(b), 'zoneroot')),
  ))
    lines.push(line)
  return lines
}

function apply(tree: Tree, lines: readonly FileLine[]): Tree {
  const result = new Map(tree)
  for (const { change, path: at, before, after } of lines) {
    expect(tree.get(at), `${change} ${at}`).toEqual(before)
    if (change === 'removed') result.delete(at)
    else if (after) result.set(at, after)
  }
  return result
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

const sortedEntries = (tree: Tree) => [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1))

/** A symlink's mode is not compared. */
function withoutLinkModes(tree: Tree): Tree {
  return new Map(
    [...tree].map(([at, side]) => [at, side.type === 'symlink' ? { ...side, mode: 0o777 } : side]),
  )
}

test('the differences of two trees, applied to the first, give the second', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, anyTree, async (first, second) => {
      const [a, b] = [entriesOf(first), entriesOf(second)]
      const result = apply(unpacked(a), await differences(a, b))
      expect(sortedEntries(withoutLinkModes(result))).toEqual(sortedEntries(withoutLinkModes(unpacked(b))))
    }),
    { numRuns: 150 },
  )
  expect(readdirSync(directory), 'files of sorted runs that stayed').toEqual([])
})

test('a tree does not differ from itself, in whatever order its archive has it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .uniqueArray(fc.tuple(anyPath, anyNode), { selector: ([at]) => at, maxLength: 40 })
        .chain((tree) => fc.tuple(fc.constant(tree), fc.shuffledSubarray(tree, { minLength: tree.length }))),
      async ([tree, shuffled]) => {
        expect(await differences(entriesOf(tree), entriesOf(shuffled))).toEqual([])
      },
    ),
    { numRuns: 50 },
  )
})

test('a directory is followed by all that is below it', async () => {
  const entries = ['a.b', 'a/z', 'a', 'a-', 'a/b/c'].map((at) => file(at))
  const lines = await differences([], entries, 2)
  expect(lines.map((line) => line.path)).toEqual(['a', 'a/b/c', 'a/z', 'a-', 'a.b'])
})

const file = (at: string, more: Partial<Entry> = {}): Entry => ({
  path: at,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 1,
  sha256: '11',
  ...more,
})

test('the names of one file may change places: which comes first in an archive is no difference', async () => {
  const link = (at: string, to: string) => {
    const { sha256: _contents, ...rest } = file(at, { type: 'hardlink', link: to, size: 0 })
    return rest
  }
  const a = [file('x'), link('y', 'x'), link('z', 'y')]
  expect(await differences(a, [file('z'), link('x', 'z'), link('y', 'z')])).toEqual([])
  expect(await differences(a, [file('x', { sha256: '22' }), link('y', 'x'), link('z', 'y')])).toMatchObject(
    ['x', 'y', 'z'].map((at) => ({ path: at, what: ['content'] })),
  )
})

test.for([
  [file('f', { mode: 0o4755 }), ['mode']],
  [file('f', { gid: 3 }), ['owner']],
  [file('f', { size: 2, sha256: '22' }), ['size', 'content']],
  [file('f', { mtime: 9 }), ['time']],
] as const)('a file that became %j differs in %j', async ([after, what]) => {
  expect(await differences([file('f')], [after])).toMatchObject([{ change: 'changed', what }])
})
