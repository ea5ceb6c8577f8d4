import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAttributes } from '#core/zfs/attributes/decode.ts'
import { readSaTables } from '#core/zfs/attributes/sa-tables.ts'
import type { Change } from '#core/zfs/write/change.ts'
import { renderIncrement, type IncrementOptions } from '#core/zfs/write/increment.ts'
import { ObjectType } from '#core/zfs/object-set.ts'
import { fixtureBytes } from '../fixture-set.ts'
import { readTree } from '#core/zfs/read-tree.ts'
import { entryValue, MadeSet, makeZnode, zapObject } from '../make-set.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { applied, collect, type Applied } from './applied.ts'
import { heldObjects } from './held-objects.ts'
import { MemorySource } from './memory-source.ts'
import { Model } from './model.ts'
import { checkStrictly } from './strict-receiver.ts'

const created = 1_763_000_000
const text = (words: string) => new TextEncoder().encode(words)
const owned = { mode: 0o640, uid: 7, gid: 8 }

/** Read once: hashing all files of a base takes longer than all else. */
const opened = new Map<string, Promise<Applied>>()
const fixture = (name: string): Promise<Applied> => {
  const found = opened.get(name) ?? applied(fixtureBytes(`${name}.zfs`))
  opened.set(name, found)
  return found
}

function rendered(
  before: Pick<Applied, 'set' | 'tree'>,
  changes: Iterable<Change>,
  options: Partial<IncrementOptions> = {},
) {
  const { set: base, tree } = before
  return renderIncrement({ base, tree, changes, toName: 'pool/x@y', clone: true, created, ...options })
}

async function incremented(
  name: string,
  changes: readonly Change[],
  options: Partial<IncrementOptions> = {},
) {
  const before = await fixture(name)
  const bytes = await collect(rendered(before, changes, options).bytes())
  return { before, bytes, after: await applied(fixtureBytes(`${name}.zfs`), bytes) }
}

/** What a host that removes the directory later will count on. */
function checkDirectories({ set, tree }: Applied): void {
  const tables = readSaTables(set)
  for (const { path, object: number, type } of tree.nodes) {
    const object = set.objects.get(number)
    if (type !== 'directory' || !object) continue
    const inside = path === '.' ? '' : `${path}/`
    const children = tree.nodes.filter(
      (node) =>
        node.path !== '.' && node.path.startsWith(inside) && !node.path.slice(inside.length).includes('/'),
    )
    const { size } = decodeAttributes(object, tables, set.begin.littleEndian)
    expect(size, path).toBe(BigInt(children.length + 2))
  }
}

const bases = [
  'full',
  'modern-default',
  'modern-large',
  'modern-gzip-dnode',
  'modern-longname',
  'modern-fatzap',
  'bigendian-zpl4',
  'bigendian-zpl5',
]

/** Little-endian, and without features that every receiver has not. */
const plain = ['full', 'modern-default', 'modern-fatzap']

describe.each(bases)('on %s', (name) => {
  test('everything that can be new is there afterwards, and all else as before', async () => {
    const changes: Change[] = [
      { kind: 'file', path: 'new', ...owned, contents: text('new contents') },
      { kind: 'directory', path: 'made', mode: 0o755, uid: 0, gid: 0 },
      { kind: 'file', path: 'made/large', ...owned, contents: new Uint8Array(300_000).fill(7) },
      { kind: 'file', path: 'made/none', ...owned, contents: new Uint8Array() },
      { kind: 'file', path: `made/${'l'.repeat(255)}`, ...owned, contents: text('x') },
      { kind: 'symlink', path: 'made/short', uid: 1, gid: 2, target: text('new') },
      { kind: 'symlink', path: 'made/long', uid: 1, gid: 2, target: text('x/'.repeat(400)) },
      { kind: 'link', path: 'made/linked', to: 'new' },
      { kind: 'character', path: 'made/null', ...owned, device: { major: 13, minor: 2 } },
      { kind: 'fifo', path: 'made/fifo', ...owned },
      {
        kind: 'attributes',
        path: 'made',
        mode: 0o700,
        uid: 3,
        gid: 4,
        mtime: { seconds: 5, nanoseconds: 6 },
      },
      { kind: 'attributes', path: '.', mode: 0o700, uid: 0, gid: 0 },
    ]
    const { before, bytes, after } = await incremented(name, changes)
    if (plain.includes(name)) checkStrictly(bytes, fixtureBytes(`${name}.zfs`))
    const model = new Model(before)
    for (const change of changes) expect(model.apply(change)).toBe(true)
    expect(after.told).toEqual(model.told())
    checkDirectories(after)
    const made = after.tree.nodes.find(({ path }) => path === 'made')
    expect(made).toMatchObject({ mtime: 5, mtimeNsec: 6 })
    expect(after.set.begin).toMatchObject({ fromGuid: before.set.begin.toGuid, created, toName: 'pool/x@y' })
  })

  test('any edits give the tree that they mean', async () => {
    const before = await fixture(name)
    await fc.assert(
      fc.asyncProperty(fc.array(edit(before), { maxLength: 25 }), async (edits) => {
        const model = new Model(before)
        const changes = edits.filter((change) => model.apply(change))
        const bytes = await collect(rendered(before, changes).bytes())
        if (plain.includes(name)) checkStrictly(bytes, fixtureBytes(`${name}.zfs`))
        const after = await applied(fixtureBytes(`${name}.zfs`), bytes)
        expect(after.told).toEqual(model.told())
        checkDirectories(after)
      }),
      { numRuns: 12, seed: 4 },
    )
  })
})

/** Paths that are there, and such as are not. */
function edit({ tree }: Applied): fc.Arbitrary<Change> {
  const there = fc.constantFrom(...tree.nodes.map(({ path }) => path))
  const fresh = fc.constantFrom('a', 'b', 'a/c', 'a/d', 'b/c/e')
  const beside = fc
    .tuple(there, fc.constantFrom('x', 'y'))
    .map(([path, name]) => (path === '.' ? name : `${path}/${name}`))
  const path = fc.oneof(there, fresh, beside)
  const mode = fc.constantFrom(0o644, 0o700, 0o4755, 0o711)
  const ids = fc.record({ uid: fc.nat(99), gid: fc.nat(99) })
  const contents = fc.constantFrom(
    new Uint8Array(),
    text('small'),
    new Uint8Array(1000).fill(1),
    new Uint8Array(140_000).fill(3),
  )
  const target = fc.constantFrom(text('t'), text('t'.repeat(57)), text('t'.repeat(300)))
  const put = fc.tuple(path, mode, ids)
  return fc.oneof(
    fc.tuple(put, contents).map(([[at, bits, owner], bytes]): Change => ({
      kind: 'file',
      path: at,
      mode: bits,
      ...owner,
      contents: bytes,
    })),
    put.map(([at, bits, owner]): Change => ({ kind: 'directory', path: at, mode: bits, ...owner })),
    put.map(([at, bits, owner]): Change => ({ kind: 'attributes', path: at, mode: bits, ...owner })),
    fc
      .tuple(path, ids, target)
      .map(([at, owner, to]): Change => ({ kind: 'symlink', path: at, ...owner, target: to })),
    fc.tuple(path, path).map(([at, to]): Change => ({ kind: 'link', path: at, to })),
    path.map((at): Change => ({ kind: 'empty', path: at })),
    path.map((at): Change => ({ kind: 'remove', path: at })),
  )
}

describe('an increment', () => {
  const file = (contents: string): Change => ({
    kind: 'file',
    path: 'new',
    ...owned,
    contents: text(contents),
  })

  test('is the same for the same changes, and has another guid for others', async () => {
    const before = await fixture('full')
    const bytes = await collect(rendered(before, [file('one')]).bytes())
    expect(await collect(rendered(before, [file('one')]).bytes())).toEqual(bytes)
    const guids = [
      rendered(before, [file('one')]),
      rendered(before, [file('two')]),
      rendered(before, [file('one')], { clone: false }),
      rendered(before, [file('one')], { created: created + 1 }),
      rendered(await fixture('modern-default'), [file('one')]),
    ].map(({ toGuid }) => toGuid)
    expect(new Set(guids).size).toBe(guids.length)
  })

  test.each([4, 5] as const)(
    'lets a file of many blocks keep them when it is emptied (ZPL %i)',
    async (zpl) => {
      const contents = new Uint8Array(300_000).fill(5)
      const source = new MemorySource(['a', 'b', 'c', 'd'].map((path) => ({ path, contents })))
      const stream = await collect(writeFullStream(source, { zpl, snapshot: 'full' }))
      const bytes = await collect(
        rendered(await applied(stream), [
          { kind: 'empty', path: 'a' },
          { kind: 'file', path: 'b', ...owned, contents: text('small') },
          { kind: 'attributes', path: 'c', ...owned },
          { kind: 'file', path: 'd', ...owned, contents: new Uint8Array() },
          { kind: 'empty', path: 'd' },
        ]).bytes(),
      )
      expect([...heldObjects(stream).values()].filter(({ end }) => end > 131_072)).toHaveLength(4)
      checkStrictly(bytes, stream)
      const { tree } = await applied(stream, bytes)
      expect(tree.nodes.map(({ path, size }) => `${path} ${size}`)).toEqual([
        '. 0',
        'a 0',
        'b 5',
        'c 300000',
        'd 0',
      ])
    },
  )

  test('is refused where an access list that follows the mode has no room beside the spill block', async () => {
    const before = await fixture('modern-large')
    const path = before.tree.nodes.find((node) => node.path.endsWith('mid.txt'))?.path ?? ''
    const mode = (bits: number): Change => ({ kind: 'attributes', path, ...owned, mode: bits })
    expect(() => rendered(before, [mode(0o607)])).toThrow(
      expect.objectContaining({ code: 'UnsupportedZfsStream', message: expect.stringContaining('mode 607') }),
    )
    const { after } = await incremented('modern-large', [mode(0o640)])
    expect(after.told.get(path)).toContain('file 640 7:8')
  })

  test('leaves the base as it was', async () => {
    const before = await applied(fixtureBytes('full.zfs'))
    const kept = structuredClone(before.set)
    await collect(rendered(before, [file('one'), { kind: 'attributes', path: '.', ...owned }]).bytes())
    expect(before.set).toEqual(kept)
  })

  test('of one file costs its directory and itself', async () => {
    const { bytes } = await incremented('full', [
      { kind: 'file', path: 'root/etc/new', ...owned, contents: text('x') },
    ])
    expect(bytes.byteLength).toBeLessThan(6 * 1024)
  })

  test('takes the extended attributes of a replaced file with it', async () => {
    const before = await fixture('modern-default')
    const holder = before.tree.nodes.find(({ xattrs }) => xattrs > 0)
    expect(before.tree.hidden).toMatchObject({ xattrDirectories: 1, xattrs: 1 })
    const path = holder?.path ?? ''
    const { after } = await incremented('modern-default', [
      { kind: 'file', path, ...owned, contents: text('x') },
    ])
    expect(after.tree.hidden).toEqual({ xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 })
  })

  test('takes an access list with its file that lies in an object of its own', async () => {
    const bonus = makeZnode({ mode: 0o100644 })
    new DataView(bonus.buffer).setBigUint64(176, 9n, true)
    const made = new MadeSet()
      .directory(4, { a: entryValue(5, 8), b: entryValue(6, 8) })
      .file(5)
      .put({ ...zapObject(6, ObjectType.file, {}), bonusType: ObjectType.znode, bonus })
      .put(zapObject(9, ObjectType.acl, {}))
    const set = made.set()
    const tree = readTree(set, { maxEntries: 9, maxNameBytes: 999, maxDepth: 9 })
    const before = { set, tree }
    const freed = (...changes: Change[]) => rendered(before, changes).freed
    expect(freed({ kind: 'remove', path: 'a' })).toBe(1)
    expect(freed({ kind: 'remove', path: 'b' })).toBe(2)
    expect(freed({ kind: 'file', path: 'b', ...owned, contents: text('x') })).toBe(1)
    expect(freed({ kind: 'attributes', path: 'b', ...owned })).toBe(1)
    expect(freed({ kind: 'attributes', path: 'b', ...owned, mode: 0o644 })).toBe(0)
  })

  test.each([
    ['solaris', 'bigendian-zpl4', { major: 13, minor: 2 }, (13n << 32n) | 2n],
    ['zfs-fuse', 'full', { major: 13, minor: 2 }, (13n << 8n) | 2n],
    ['nobody', 'modern-fatzap', { major: 13, minor: 2 }, (13n << 32n) | 2n],
  ])('has device numbers as its base has them: of %s', async (_, name, device, raw) => {
    const { after } = await incremented(name, [{ kind: 'character', path: 'null', ...owned, device }])
    expect(after.tree.nodes.find(({ path }) => path === 'null')?.rawDevice).toBe(`${raw}`)
  })

  test('adds a layout of attributes where the base has none that fits, and only then', async () => {
    const before = await fixture('modern-fatzap')
    const layouts = ({ set }: Applied) => readSaTables(set)?.layouts.size ?? 0
    const { after } = await incremented('modern-fatzap', [file('x')])
    expect(layouts(after)).toBe(layouts(before))
    const device: Change = { kind: 'block', path: 'disk', ...owned, device: { major: 3, minor: 4 } }
    const more = await incremented('modern-fatzap', [device, { ...device, path: 'another' }])
    expect(layouts(more.after)).toBe(layouts(before) + 1)
    expect(more.after.told.get('another')).toBe('block 640 7:8 1 3,4 ')
  })

  test('is refused on what nothing can be added to', async () => {
    const before = await fixture('full')
    const master = (values: Record<string, bigint>) => {
      const zap = zapObject(1, ObjectType.masterNode, { VERSION: 4n, ROOT: 4n, DELETE_QUEUE: 3n, ...values })
      return { ...before, set: { ...before.set, objects: new Map(before.set.objects).set(1, zap) } }
    }
    const far = before.set.objects.get(4)
    const objects = new Map(before.set.objects)
    if (far) objects.set(2 ** 47, { ...far, number: 2 ** 47 })
    const refused = expect.objectContaining({ code: 'UnsupportedZfsStream' })
    expect(() => rendered(master({ normalization: 16n }), [])).toThrow(refused)
    expect(() => rendered(master({ casesensitivity: 1n }), [])).toThrow(refused)
    expect(() => rendered(master({ VERSION: 2n }), [])).toThrow(refused)
    expect(() => rendered(master({ VERSION: 3n }), [])).not.toThrow()
    expect(() => rendered({ ...before, set: { ...before.set, objects } }, [])).toThrow(refused)
  })

  test('says that it is a clone, or that it is none', async () => {
    for (const clone of [true, false]) {
      const { after } = await incremented('modern-default', [file('x')], { clone })
      expect(after.set.begin.flags).toBe(clone ? 9 : 8)
      expect(after.set.begin.features).toBe(4n)
    }
    const { after } = await incremented('modern-large', [file('x')])
    expect(after.set.begin.features).toBe(0x80004n)
  })

  test.each<[string, Change]>([
    ['lies in what is no directory', { kind: 'file', path: 'nowhere/x', ...owned, contents: text('') }],
    ['is not there', { kind: 'empty', path: 'nowhere' }],
    ['is a directory', { kind: 'empty', path: 'root/etc' }],
    ['expected a file', { kind: 'link', path: 'x', to: 'root/etc' }],
    ['has a name of 256 bytes', { kind: 'file', path: 'n'.repeat(256), ...owned, contents: text('') }],
    ['is no file name', { kind: 'directory', path: 'root/..', ...owned }],
    ['is no file name', { kind: 'directory', path: 'x', name: text('.'), ...owned }],
    ['is no file name', { kind: 'directory', path: 'x', name: text('a/b'), ...owned }],
    ['is the root', { kind: 'remove', path: '.' }],
    ['takes the place of its own target', { kind: 'link', path: 'root', to: 'root/etc/becomes-dir' }],
  ])('of what cannot be is refused: %s', async (message, change) => {
    const before = await fixture('full')
    expect(() => rendered(before, [change])).toThrow(
      expect.objectContaining({ code: 'ChangeInvalid', message: expect.stringContaining(message) }),
    )
  })
})
