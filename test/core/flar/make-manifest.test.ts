import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProvisionError } from '#core/errors.ts'
import { checkManifest } from '#core/flar/check-manifest.ts'
import { FlarFilters, type FlarFilter } from '#core/flar/filters.ts'
import { makeManifest } from '#core/flar/make-manifest.ts'
import { parseManifest, renderManifest } from '#core/flar/manifest.ts'
import { MemoryTree } from '#core/flar/memory-tree.ts'
import { isDirectory, isSameType, type FileTree, type TreeFile } from '#core/flar/trees.ts'
import { runInstaller } from './installer-model.ts'

const directory: TreeFile = { mode: 0o040755, uid: 0, gid: 0, mtime: 1, size: 0 }
const file = (size: number): TreeFile => ({ mode: 0o100644, uid: 0, gid: 3, mtime: 1000, size })
const link: TreeFile = { mode: 0o120777, uid: 0, gid: 0, mtime: 5, size: 0, link: './a b' }

/** Files by path; directories above them come by themselves. */
type Files = Readonly<Record<string, TreeFile>>

function treeOf(files: Files): MemoryTree {
  const all = new Map<string, TreeFile>([['/', directory]])
  for (const [path, value] of Object.entries(files)) {
    const names = path.split('/').slice(1, -1)
    for (let depth = 1; depth <= names.length; depth++)
      all.set(`/${names.slice(0, depth).join('/')}`, directory)
    if (!all.has(path)) all.set(path, value)
  }
  const tree = new MemoryTree()
  for (const path of [...all.keys()].toSorted()) tree.add(path, all.get(path) ?? directory)
  return tree
}

/** As a walk with filters reads it. */
function seenThrough(filters: FlarFilters, tree: MemoryTree): MemoryTree {
  const seen = new MemoryTree()
  const taken = [...tree.paths()].filter((path) => filters.takes(path))
  for (const path of tree.paths()) {
    const isAbove = path === '/' || taken.some((each) => each.startsWith(`${path}/`))
    const found = tree.get(path)
    if (found && (isAbove || filters.takes(path))) seen.add(path, found)
  }
  return seen
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const minus = (path: string): FlarFilter => ({ sign: '-', path })
const plus = (path: string): FlarFilter => ({ sign: '+', path })

function made(before: MemoryTree, now: MemoryTree, filters: FlarFilters) {
  const difference = makeManifest(seenThrough(filters, before), seenThrough(filters, now), filters)
  return { ...difference, text: textOf(renderManifest(difference.manifest)) }
}

describe('a manifest by filters', () => {
  const before = treeOf({
    '/etc/a': file(1),
    '/etc/b': file(1),
    '/usr/bin/ls': file(5),
    '/usr/local/x': file(1),
  })
  const now = treeOf({
    '/etc/a': file(2),
    '/etc/b': file(1),
    '/usr/bin/ls': file(5),
    '/usr/local/x': file(2),
  })

  test('does not close a directory of which only a part is taken in again', () => {
    const { text } = made(before, now, new FlarFilters([minus('/usr'), plus('/usr/local')]))
    expect(text).toContain('\\d/usr/local\n')
    expect(text).not.toContain('\\d/usr\n')
    expect(text).toContain('\\d/\n')
  })

  test('closes nothing when only a list of files is taken', () => {
    const { text } = made(before, now, new FlarFilters([], { paths: ['/etc/a'], isOnly: true }))
    expect(text).not.toContain('\\d')
    expect(text).toContain('/etc/a\t')
  })

  test('has no filter for what is taken by its name', () => {
    const { manifest } = made(
      before,
      now,
      new FlarFilters([minus('/etc/a'), minus('/etc/b')], {
        paths: ['/etc/a'],
        isOnly: false,
      }),
    )
    expect(manifest.filters.map(({ path }) => path)).toEqual(['/etc/b', '/etc/flash', '/etc/flash/master'])
  })

  test('lets the installer have its own files on the client', () => {
    const { text, manifest } = made(before, now, new FlarFilters([plus('/etc/flash')]))
    const client = treeOf({
      '/etc/a': file(1),
      '/etc/b': file(1),
      '/etc/flash/master': file(7),
      '/usr/bin/ls': file(5),
      '/usr/local/x': file(1),
    })
    expect(runInstaller(text, client, false)).toEqual({ wrong: [], deleted: [] })
    expect(checkManifest(manifest, client).conflicts).toEqual([])
  })
})

describe('what clients would lose by it', () => {
  const gone = (paths: Files, filters = new FlarFilters([])) => made(treeOf(paths), treeOf({}), filters)

  test.each(['/My App', '/a;reboot', '/$(reboot)', '/größe', `/${'x'.repeat(900)}`])(
    '%s stays there: a shell would not take it as it is',
    (path) => {
      const { staying, text } = gone({ [path]: file(1) })
      expect(staying).toEqual([{ path, why: expect.stringMatching(/shell/) }])
      expect(text).not.toContain('\tO\t')
    },
  )

  test('goes with its directory, whatever its name', () => {
    const { staying, text } = gone({ '/opt/My App/x': file(1), '/opt/a': file(1) })
    expect(staying).toEqual([])
    expect(runInstaller(text, treeOf({ '/opt/My App/x': file(1), '/opt/a': file(1) }), false)).toEqual({
      wrong: [],
      deleted: ['/a/opt', '/a/opt/a'],
    })
  })

  test('is no directory in which filters leave something out', () => {
    const { staying } = gone(
      { '/opt/a': file(1), '/opt/keep/x': file(1) },
      new FlarFilters([minus('/opt/keep')]),
    )
    expect(staying).toEqual([{ path: '/opt', why: 'filters leave out something below it' }])
  })

  test('a change of type that cannot be said is refused', () => {
    const change = (path: string, filters: readonly FlarFilter[]) => () =>
      made(treeOf({ [`${path}/x`]: file(1) }), treeOf({ [path]: file(1) }), new FlarFilters(filters))
    expect(change('/My App', [])).toThrow(/"\/My App" is of another type .* shell/)
    expect(change('/opt', [minus('/opt/keep')])).toThrow(/"\/opt" is of another type .* filters/)
    expect(change('/opt', [])).not.toThrow()
  })
})

const name = fc.constantFrom('a', 'b', 'My App', 'c')
const path = fc.oneof(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`),
  fc.constantFrom('/', '/etc', '/etc/flash', '/etc/x'),
)
const value = fc.oneof(fc.integer({ min: 1, max: 2 }).map(file), fc.constant(directory), fc.constant(link))
const files = fc.dictionary(
  path.filter((each) => each !== '/'),
  value,
  { maxKeys: 12, noNullPrototype: true },
)
const filter = fc.record({ sign: fc.constantFrom('+' as const, '-' as const), path })
const list = fc.option(fc.record({ paths: fc.array(path, { maxLength: 3 }), isOnly: fc.boolean() }), {
  nil: undefined,
})

describe('whatever the trees and the filters', () => {
  const cases = fc.record({ before: files, now: files, filters: fc.array(filter, { maxLength: 4 }), list })

  test('an installer finds nothing wrong on a client as the old image was, and deletes nothing but what went', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), (given, isForced) => {
        const [before, now] = [treeOf(given.before), treeOf(given.now)]
        const filters = new FlarFilters(given.filters, given.list)
        const difference = whenSaid(() => made(before, now, filters))
        if (!difference) return
        const { wrong, deleted } = runInstaller(difference.text, before, isForced)
        expect(wrong).toEqual([])
        const lost = allBelow(before, deleted)
        for (const each of lost) expect([each, mayGo(each, before, now, filters)]).toEqual([each, true])
        const staying = new Set(difference.staying.map((each) => each.path))
        const leftOver = [...before.paths()].filter(
          (each) => filters.takes(each) && !now.get(each) && !lost.has(each) && !staying.has(each),
        )
        expect(leftOver.filter((each) => !each.startsWith('/etc/flash'))).toEqual([])
        const ours = checkManifest(parseManifest(Buffer.from(difference.text)), before, { force: isForced })
        expect(ours.conflicts).toEqual([])
        expect(ours.deletions.map((each) => `/a${each}`).toSorted()).toEqual(deleted.toSorted())
      }),
      { numRuns: 1500 },
    )
  })

  test('of any other client, what we say of it is what an installer says', () => {
    fc.assert(
      fc.property(cases, files, (given, other) => {
        const filters = new FlarFilters(given.filters, given.list)
        const difference = whenSaid(() => made(treeOf(given.before), treeOf(given.now), filters))
        if (!difference) return
        const client = treeOf(other)
        const { wrong } = runInstaller(difference.text, client, false)
        const { conflicts } = checkManifest(difference.manifest, client)
        expect(conflicts.map((each) => each.path)).toEqual(wrong.map((each) => each.replace(/^\w+ /, '')))
      }),
      { numRuns: 1500 },
    )
  })
})

/** Undefined where the trees are refused. */
function whenSaid<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'FlarInvalid') return undefined
    throw error
  }
}

function allBelow(tree: MemoryTree, deleted: readonly string[]): Set<string> {
  const roots = deleted.map((each) => each.replace(/^\/a/, ''))
  return new Set(
    [...tree.paths()].filter((each) => roots.some((root) => each === root || each.startsWith(`${root}/`))),
  )
}

/** What the new image lacks, or has as something else, and no filter keeps from it. */
function mayGo(path: string, before: FileTree, now: FileTree, filters: FlarFilters): boolean {
  const [was, is] = [before.get(path), now.get(path)]
  if (!filters.takes(path) || !was) return false
  return !is || !isSameType(was, is) || isDirectory(was) !== isDirectory(is)
}
