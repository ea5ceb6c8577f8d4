import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderKey } from '#core/diff/path-order.ts'
import { ObjectType } from '#core/zfs/object-set.ts'
import { readTree } from '#core/zfs/read-tree.ts'
import { MadeSet, entryValue, zapObject } from './make-set.ts'
import { bytesOf } from './zap/make-zap.ts'

const limits = { maxEntries: 10_000, maxNameBytes: 1023, maxDepth: 64 }
const read = (made: MadeSet, over: Partial<typeof limits> = {}) =>
  readTree(made.set(), { ...limits, ...over })
const paths = (made: MadeSet) => read(made).nodes.map(({ path }) => path)
const refused = (code: string, ...words: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(words.map((word) => RegExp.escape(word)).join('.*'))),
  })

test('an empty file system is its root', () => {
  expect(read(new MadeSet())).toMatchObject({
    zplVersion: 4,
    nodes: [{ path: '.', type: 'directory', mode: 0o755, object: 4, generation: '7', mtimeNsec: 5 }],
    hidden: { xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 },
    notices: [],
  })
})

test('nodes come in path order, whatever the names', () => {
  // those that sort before and after "/", and those whose order in UTF-16 is not that of their numbers
  const unit = fc.constantFrom('a', 'b', 'B', '!', '-', '.', '0', '\u{1}', '\u{e9}', '\u{ff5e}', '\u{1f600}')
  const name = fc.string({ unit, minLength: 1, maxLength: 6 }).filter((text) => !/^\.\.?$/.test(text))
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 3, maxLength: 12 }), (names) => {
      const made = new MadeSet()
      const values = Object.fromEntries(names.map((text, index) => [text, entryValue(10 + index)]))
      const [first = 'a', second = 'b', ...files] = names
      made.directory(4, { [first]: entryValue(5), [second]: entryValue(6), ...filesOf(values, files) })
      made.directory(5, filesOf(values, files)).directory(6, filesOf(values, [first]))
      for (const index of names.keys()) made.file(10 + index)
      const found = paths(made)
      const sorted = found.toSorted((left, right) => (orderKey(left) < orderKey(right) ? -1 : 1))
      expect(found).toEqual(sorted)
      expect(sorted).toHaveLength(4 + 2 * files.length)
    }),
  )
})

function filesOf(values: Record<string, bigint>, names: readonly string[]): Record<string, bigint> {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? 0n]))
}

test('a later name of an object is a hard link to the first in path order', () => {
  const made = new MadeSet()
    .directory(4, { z: entryValue(5, 8), dir: entryValue(6, 4), b: entryValue(7, 8) })
    .directory(6, { one: entryValue(5, 8), two: entryValue(7, 8) })
    .file(5, { links: 2, size: 9 })
    .file(7, { links: 2 })
  expect(read(made).nodes.map(({ path, hardlinkTo, size }) => [path, hardlinkTo, size])).toEqual([
    ['.', undefined, 0],
    ['b', undefined, 0],
    ['dir', undefined, 0],
    ['dir/one', undefined, 9],
    ['dir/two', 'b', 0],
    ['z', 'dir/one', 9],
  ])
})

test('symlinks, devices, fifos and sockets are what their modes say', () => {
  const long = 'x'.repeat(57)
  const block = new Uint8Array(512)
  block.set(bytesOf(long))
  const made = new MadeSet()
    .directory(4, {
      short: entryValue(5, 10),
      long: entryValue(6, 10),
      disk: entryValue(7, 6),
      null: entryValue(8, 2),
      fifo: entryValue(9, 1),
      socket: entryValue(10, 12),
    })
    .node(5, { mode: 0o120777, size: 3, more: bytesOf('a/b') })
    .node(6, { mode: 0o120777, size: 57 }, new Map([[0, block]]))
    .node(7, { mode: 0o060640, device: 0x2000000005n })
    .node(8, { mode: 0o020666, device: 0xd02n })
    .node(9, { mode: 0o010600 })
    .node(10, { mode: 0o140755 })
  const { nodes, notices } = read(made)
  const target = (path: string) =>
    Buffer.from(nodes.find((node) => node.path === path)?.target ?? []).toString()
  expect([target('short'), target('long')]).toEqual(['a/b', long])
  expect(nodes.slice(1).map(({ path, type, device, rawDevice }) => [path, type, device, rawDevice])).toEqual([
    ['disk', 'block', '32,5', '137438953477'],
    ['fifo', 'fifo', undefined, undefined],
    ['long', 'symlink', undefined, undefined],
    ['null', 'character', '13,2', '3330'],
    ['short', 'symlink', undefined, undefined],
    ['socket', 'socket', undefined, undefined],
  ])
  expect(notices).toEqual(['device nodes: 2, the first "disk"; a zone has devices of its own'])
})

test('objects without a path are counted, extended attributes by their names', () => {
  const made = new MadeSet({ SHARES: 20n })
    .directory(4, { a: entryValue(5, 8), b: entryValue(5, 8), 'with-none': entryValue(9, 8) })
    .file(5, { xattr: 6, links: 2 })
    .directory(
      6,
      { 'user.one': entryValue(7, 8), 'user/two': entryValue(8, 8) },
      { flags: 1n, mode: 0o041777 },
    )
    .file(7)
    .file(8)
    .file(9)
    .put(zapObject(3, ObjectType.unlinkedSet, { c: 12n }))
    .file(12, { links: 0 })
    .directory(20, {})
    .file(30)
  expect(read(made)).toMatchObject({
    nodes: [
      { path: '.' },
      { path: 'a', xattrs: 2 },
      { path: 'b', xattrs: 2 },
      { path: 'with-none', xattrs: 0 },
    ],
    hidden: { xattrDirectories: 1, xattrs: 2, unlinked: 1, others: 2 },
    notices: ['entries with extended attributes: 2, the first "a"; archives do not carry them'],
  })
})

test('what a host would do otherwise is said', () => {
  const made = new MadeSet({ casesensitivity: 1n, normalization: 8n })
    .directory(4, { a: entryValue(5, 8) })
    .file(5, { uid: (3n << 32n) | 500n, flags: 0x100n })
  expect(read(made)).toMatchObject({
    nodes: [{ path: '.' }, { uid: 3 * 2 ** 32 + 500, accessList: true }],
    notices: [
      expect.stringContaining('case-insensitive'),
      expect.stringContaining('Unicode normal form'),
      expect.stringContaining('owners or groups above 2147483647: 1, the first "a"'),
      expect.stringContaining('entries with access lists: 1, the first "a"'),
    ],
  })
})

test('names that are no UTF-8 are given escaped, and as they are', () => {
  const made = new MadeSet().directoryOf(4, [[Uint8Array.of(0x61, 0xe9), entryValue(5, 8)]]).file(5)
  expect(read(made).nodes[1]).toMatchObject({ path: String.raw`a\xE9`, name: Uint8Array.of(0x61, 0xe9) })
})

test('a time before the epoch is one', () => {
  const made = new MadeSet().directory(4, {}, { mtime: [-2n, 999_999_999n] })
  expect(read(made).nodes[0]).toMatchObject({ mtime: -2, mtimeNsec: 999_999_999 })
})

describe('names that are none', () => {
  test.each([
    ['a/b', 'InvalidName'],
    ['.', 'InvalidName'],
    ['..', 'ParentReference'],
  ])('%j is refused', (name, code) => {
    const made = new MadeSet()
      .directory(4, { dir: entryValue(5) })
      .directory(5, { [name]: entryValue(6) })
      .file(6)
    expect(() => read(made)).toThrow(refused(code, 'directory "dir" (object 5)', JSON.stringify(name)))
  })

  test('two that read the same are refused', () => {
    const made = new MadeSet()
      .directoryOf(4, [
        [Uint8Array.of(0xe9), entryValue(5)],
        [bytesOf(String.raw`\xE9`), entryValue(6)],
      ])
      .file(5)
      .file(6)
    expect(() => read(made)).toThrow(refused('DuplicateEntry', 'directory "." (object 4)', 'xE9'))
  })

  test('a path too long or too deep is refused', () => {
    const made = new MadeSet()
      .directory(4, { 'a-name': entryValue(5) })
      .directory(5, { 'b-name': entryValue(6) })
      .file(6)
    expect(read(made, { maxNameBytes: 13, maxDepth: 2 }).nodes).toHaveLength(3)
    expect(() => read(made, { maxNameBytes: 12 })).toThrow(
      refused('NameTooLong', '"a-name/b-name" (object 6)', '13'),
    )
    expect(() => read(made, { maxDepth: 1 })).toThrow(
      refused('TooDeep', '"a-name/b-name" (object 6)', '2 levels'),
    )
  })

  test('more than are allowed are refused, over all directories', () => {
    const made = new MadeSet()
      .directory(4, { a: entryValue(5), b: entryValue(6) })
      .directory(5, { c: entryValue(6) })
      .file(6)
    expect(read(made, { maxEntries: 3 }).nodes).toHaveLength(4)
    expect(() => read(made, { maxEntries: 2 })).toThrow(refused('TooManyEntries', 'directory "a" (object 5)'))
  })
})

describe('directories that form no tree are refused', () => {
  test('one that is in itself', () => {
    const made = new MadeSet().directory(4, { up: entryValue(4, 4) })
    expect(() => read(made)).toThrow(refused('CorruptStream', 'directory "up" (object 4)', 'directory "."'))
  })

  test('one that is in what is below it', () => {
    const made = new MadeSet()
      .directory(4, { a: entryValue(5, 4) })
      .directory(5, { b: entryValue(6, 4) })
      .directory(6, { c: entryValue(5, 4) })
    expect(() => read(made)).toThrow(
      refused('CorruptStream', 'directory "a/b/c" (object 5)', 'directory "a"'),
    )
  })

  test('one that has two names', () => {
    const made = new MadeSet().directory(4, { a: entryValue(5, 4), b: entryValue(5, 4) }).directory(5, {})
    expect(() => read(made)).toThrow(refused('CorruptStream', 'directory "b" (object 5)', 'directory "a"'))
  })

  test('one that is the extended attributes of two files, or of none', () => {
    const made = new MadeSet()
      .directory(4, { a: entryValue(5, 8), b: entryValue(6, 8) })
      .file(5, { xattr: 7 })
      .file(6, { xattr: 7 })
      .directory(7, {})
    expect(() => read(made)).toThrow(
      refused('CorruptStream', 'attributes of object 6', 'attributes of object 5'),
    )
    made.file(6, { xattr: 99 })
    expect(() => read(made)).toThrow(
      refused('CorruptStream', 'attributes of object 6', 'object 99 is missing'),
    )
  })
})

describe('entries that are not what they say are refused', () => {
  test.each<[what: string, make: (made: MadeSet) => MadeSet, code: string, words: string[]]>([
    ['one that leads nowhere', (made) => made, 'CorruptStream', ['"it"', 'object 5 is missing']],
    [
      'one that says another type',
      (made) => made.directory(5, {}),
      'CorruptStream',
      ['"it"', 'its directory says file, object 5 is a directory'],
    ],
    [
      'a file whose mode says directory',
      (made) => made.file(5, { mode: 0o040755 }),
      'CorruptStream',
      ['object 5: a directory of object type 19, expected 20'],
    ],
    [
      'a type that nobody knows',
      (made) => made.file(5, { mode: 0o150644 }),
      'UnsupportedEntry',
      ['mode 0150644'],
    ],
    [
      'a mode of 64 bits',
      (made) => made.file(5, { mode: 2 ** 40 }),
      'CorruptStream',
      ['object 5: mode 1099511627776'],
    ],
    [
      'a size of 2^63',
      (made) => made.file(5, { size: 2n ** 63n }),
      'TooManyBytes',
      ['object 5', '9223372036854775808'],
    ],
    [
      'a second of 10^9 ns',
      (made) => made.file(5, { mtime: [0n, 10n ** 9n] }),
      'CorruptStream',
      ['object 5: a time'],
    ],
    ['an owner of 2^60', (made) => made.file(5, { uid: 2n ** 60n }), 'CorruptStream', ['object 5: uid']],
    [
      'a symlink without its block',
      (made) => made.node(5, { mode: 0o120777, size: 100 }),
      'CorruptStream',
      ['object 5: a symlink of 100 bytes with 0'],
    ],
    [
      'a symlink longer than its bonus',
      (made) => made.node(5, { mode: 0o120777, size: 4, more: bytesOf('abc') }),
      'CorruptStream',
      ['object 5: a symlink of 4 bytes'],
    ],
    [
      'a symlink to nothing',
      (made) => made.node(5, { mode: 0o120777 }),
      'InvalidName',
      ['object 5: the target'],
    ],
    [
      'an object without attributes',
      (made) => made.put(zapObject(5, ObjectType.file, {})),
      'CorruptStream',
      ['object 5: bonus type 0 holds no attributes'],
    ],
  ])('%s', (_what, make, code, words) => {
    const made = make(new MadeSet().directory(4, { it: entryValue(5, 8) }))
    expect(() => read(made)).toThrow(refused(code, ...words))
  })

  test('a value that is no object', () => {
    const made = new MadeSet()
    made.directory(4, { zero: 0n })
    expect(() => read(made)).toThrow(refused('CorruptStream', '"zero": its object 0 is missing'))
  })
})

describe('the master node', () => {
  test.each<[what: string, master: Record<string, bigint>, code: string, words: string]>([
    [
      'the version of Oracle Solaris',
      { VERSION: 6n },
      'UnsupportedZfsStream',
      'ZPL version 6, which only Oracle',
    ],
    ['version 0', { VERSION: 0n }, 'CorruptStream', 'it states no ZPL version'],
    ['no root', { ROOT: 0n }, 'CorruptStream', 'it has no ROOT'],
    [
      'a root that is no directory',
      { ROOT: 3n },
      'CorruptStream',
      'root directory: object 3 has type 22, expected 20',
    ],
    [
      'a delete queue that is none',
      { DELETE_QUEUE: 4n },
      'CorruptStream',
      'object 4 has type 20, expected 22',
    ],
    ['version 5 without system attributes', { VERSION: 5n }, 'CorruptStream', 'it has no SA_ATTRS'],
    ['system attributes that are not there', { SA_ATTRS: 50n }, 'CorruptStream', 'object 50 is missing'],
  ])('is refused with %s', (_what, master, code, words) => {
    expect(() => read(new MadeSet(master))).toThrow(refused(code, words))
  })

  test('must be there', () => {
    const made = new MadeSet()
    made.objects.delete(1)
    expect(() => read(made)).toThrow(refused('CorruptStream', 'master node (object 1): object 1 is missing'))
  })

  test('may be of any version from 1 to 4, and of 5 with its tables', () => {
    for (const version of [1, 2, 3, 4]) {
      expect(read(new MadeSet({ VERSION: BigInt(version) })).zplVersion).toBe(version)
    }
    const five = new MadeSet({ VERSION: 5n, SA_ATTRS: 2n }).put(zapObject(2, ObjectType.saMasterNode, {}))
    expect(read(five).zplVersion).toBe(5)
  })
})
