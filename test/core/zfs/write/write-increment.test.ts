import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TreeNode } from '#core/zfs/tree.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { writeIncrement, type TreeIncrementOptions } from '#core/zfs/write/write-increment.ts'
import { applied, collect, type Applied } from './applied.ts'
import { MemorySource, type MemoryEntry } from './memory-source.ts'

const text = (words: string) => new TextEncoder().encode(words)
const created = 1_763_000_000

async function full(entries: readonly MemoryEntry[], zpl: 4 | 5 = 4): Promise<Buffer> {
  return collect(writeFullStream(new MemorySource(entries), { zpl, snapshot: 'full' }))
}

async function digestsOf({ tree, read }: Applied): Promise<TreeIncrementOptions['digestOf']> {
  const digests = new Map<number, string>()
  for (const { path, object, type } of tree.nodes) {
    if (type === 'file')
      digests.set(
        object,
        createHash('sha256')
          .update(await read(path))
          .digest('hex'),
      )
  }
  return ({ object }: TreeNode) => digests.get(object)
}

async function between(before: Applied, source: MemorySource, more: Partial<TreeIncrementOptions> = {}) {
  const { set: base, tree } = before
  const digestOf = await digestsOf(before)
  return collect(
    writeIncrement(source, { base, tree, digestOf, toName: 'a@b', clone: false, created, ...more }),
  )
}

/** With times, which an increment has to bring too. */
const whole = ({ told, tree }: Applied) =>
  tree.nodes.map(({ path, mtime, mtimeNsec }) => `${path} ${mtime}.${mtimeNsec} ${told.get(path)}`)

const directories = ['', 'a', 'b', 'a/c']
const names = ['x', 'y', 'z', 'n'.repeat(60)]

/** Trees of few names, so that two of them have much in common. */
const trees: fc.Arbitrary<MemoryEntry[]> = fc
  .record({
    directories: fc.subarray(directories.slice(1)),
    leaves: fc.array(
      fc.record({
        at: fc.tuple(fc.constantFrom(...directories), fc.constantFrom(...names, 'a', 'b')),
        kind: fc.constantFrom('file', 'file', 'file', 'symlink', 'hardlink', 'character', 'fifo'),
        contents: fc.constantFrom('', 'one', 'two', 'long '.repeat(60_000)),
        facts: fc.constantFrom({}, { mode: 0o600 }, { uid: 5, gid: 6 }, { mtime: 77, mtimeNsec: 8 }),
      }),
      { maxLength: 10 },
    ),
    times: fc.constantFrom(1_000_000_000, 1_000_000_001),
  })
  .map(({ directories: some, leaves, times }) => {
    const made = new Map<string, MemoryEntry>([
      ['', { path: '', type: 'directory', mode: 0o755, mtime: times }],
    ])
    for (const path of some)
      if (path !== 'a/c' || some.includes('a'))
        made.set(path, { path, type: 'directory', mode: 0o755, mtime: times })
    const links: string[] = []
    for (const { at, kind, contents, facts } of leaves) {
      const [directory, name] = at
      const path = directory === '' ? name : `${directory}/${name}`
      if (!made.has(directory) || made.get(directory)?.type !== 'directory' || made.has(path)) continue
      const linkTo = links[contents.length % Math.max(links.length, 1)]
      if (kind === 'hardlink') {
        if (linkTo !== undefined) made.set(path, { path, type: 'hardlink', linkTo })
        continue
      }
      links.push(path)
      if (kind === 'file') made.set(path, { path, contents: text(contents), ...facts })
      else if (kind === 'symlink')
        made.set(path, {
          path,
          type: 'symlink',
          mode: 0o777,
          target: text(contents.slice(0, 70) || 'none'),
          ...facts,
        })
      else if (kind === 'character')
        made.set(path, { path, type: 'character', device: { major: 1, minor: contents.length }, ...facts })
      else made.set(path, { path, type: 'fifo', ...facts })
    }
    return [...made.values()].map((entry) => (entry.type === 'symlink' ? { ...entry, mode: 0o777 } : entry))
  })

describe('an increment between two trees', () => {
  test.each([4, 5] as const)('gives the second on the first (ZPL %i), whatever they are', async (zpl) => {
    await fc.assert(
      fc.asyncProperty(trees, trees, async (first, second) => {
        const stream = await full(first, zpl)
        const before = await applied(stream)
        const increment = await between(before, new MemorySource(second))
        const after = await applied(stream, increment)
        expect(whole(after)).toEqual(whole(await applied(await full(second, zpl))))
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  test('of a tree and itself has no objects', async () => {
    const entries: MemoryEntry[] = [
      { path: 'etc', type: 'directory', mode: 0o755 },
      { path: 'etc/file', contents: text('x'.repeat(300_000)) },
      { path: 'etc/other', type: 'hardlink', linkTo: 'etc/file' },
      { path: 'etc/link', type: 'symlink', mode: 0o777, target: text('file') },
    ]
    const before = await applied(await full(entries))
    const planned: unknown[] = []
    const increment = await between(before, new MemorySource(entries), {
      onPlanned: (plan) => planned.push(plan),
    })
    expect(planned).toMatchObject([{ objects: 0, freed: 0, fromGuid: before.set.begin.toGuid }])
    expect(increment.byteLength).toBe(2 * 312)
  })

  test('carries the contents of what changed alone, and those that only moved their name', async () => {
    const entries = (words: string, name: string): MemoryEntry[] => [
      { path: 'kept', contents: new Uint8Array(1_000_000).fill(7) },
      { path: 'changed', contents: text(words) },
      { path: name, contents: text('moved') },
    ]
    const stream = await full(entries('one', 'old'), 5)
    const before = await applied(stream)
    const increment = await between(before, new MemorySource(entries('two', 'new')))
    expect(increment.byteLength).toBeLessThan(8 * 1024)
    const after = await applied(stream, increment)
    expect((await after.read('changed')).toString()).toBe('two')
    const object = ({ tree }: Applied, path: string) => tree.nodes.find((node) => node.path === path)?.object
    expect(object(after, 'kept')).toBe(object(before, 'kept'))
  })

  test.each<[string, MemoryEntry[], MemoryEntry[]]>([
    ['taken apart', [{ path: 'b', type: 'hardlink', linkTo: 'a' }], [{ path: 'b', contents: text('same') }]],
    ['made one', [{ path: 'b', contents: text('same') }], [{ path: 'b', type: 'hardlink', linkTo: 'a' }]],
    [
      'with another name before those that they had',
      [{ path: 'b', type: 'hardlink', linkTo: 'a' }],
      [
        { path: '0', type: 'hardlink', linkTo: 'a' },
        { path: 'b', contents: text('other') },
      ],
    ],
  ])('brings files that are hard links %s', async (_, first, second) => {
    const a: MemoryEntry = { path: 'a', contents: text('same') }
    const stream = await full([a, ...first])
    const after = await applied(
      stream,
      await between(await applied(stream), new MemorySource([a, ...second])),
    )
    expect(after.told).toEqual((await applied(await full([a, ...second]))).told)
  })

  test('takes a file that comes again after a hard link to what it was', async () => {
    const stream = await full([], 5)
    const source = new MemorySource([
      { path: 'a', contents: text('first') },
      { path: 'b', contents: text('other') },
      { path: 'c', type: 'hardlink', linkTo: 'a' },
      { path: 'a', contents: text('again') },
    ])
    const after = await applied(stream, await between(await applied(stream), source))
    const read = async (path: string) => (await after.read(path)).toString()
    expect(await Promise.all(['a', 'b', 'c'].map(read))).toEqual(['again', 'other', 'first'])
  })

  const literal = String.raw`\xE9`
  test.each<[string, MemoryEntry[], MemoryEntry[]]>([
    ['in the base and the new tree', [{ path: '\xe9' }], [{ path: literal }]],
    ['in the new tree', [], [{ path: '\xe9' }, { path: literal }]],
    ['as directories', [], [{ path: '\xe9/a' }, { path: `${literal}/b` }]],
    [
      'as the target of a hard link',
      [],
      [{ path: literal }, { path: 'b', type: 'hardlink', linkTo: '\xe9' }],
    ],
    [
      'above the target of a hard link',
      [],
      [{ path: `${literal}/a` }, { path: 'b', type: 'hardlink', linkTo: '\xe9/a' }],
    ],
  ])('never takes two names for one that are shown alike: %s', async (_, first, second) => {
    const before = await applied(await full(first))
    await expect(between(before, new MemorySource(second))).rejects.toMatchObject({ code: 'DuplicateEntry' })
  })

  test('of a zone’s root leaves what lies beside it', async () => {
    const zonepath: MemoryEntry[] = [
      { path: 'SUNWdetached.xml', contents: text('<zone/>') },
      { path: 'root', type: 'directory', mode: 0o755 },
      { path: 'root/etc', type: 'directory', mode: 0o755 },
      { path: 'root/etc/old', contents: text('x') },
    ]
    const stream = await full(zonepath)
    const source = new MemorySource([{ path: 'etc/new', contents: text('y') }])
    const after = await applied(stream, await between(await applied(stream), source, { wrap: 'zonepath' }))
    expect([...after.told.keys()]).toEqual(['.', 'SUNWdetached.xml', 'root', 'root/etc', 'root/etc/new'])
  })

  test('is refused when the source changes between its passes', async () => {
    const before = await applied(await full([]))
    const source = new MemorySource([{ path: 'file', contents: text('longer'), later: text('short') }])
    await expect(between(before, source)).rejects.toMatchObject({ code: 'SourceChanged' })
  })
})
