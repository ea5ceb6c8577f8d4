import { expect, test } from 'vitest'
import type { Entry } from '#core/entry.ts'
import { checkFileBytes, entriesOf, type TreeIndex } from '#core/zfs/tree-entries.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'

const limits = { maxEntries: 100, maxNameBytes: 1023, maxUncompressedBytes: 2 ** 20 }
let objects = 0

const node = (path: string, changes: Partial<TreeNode> = {}): TreeNode => ({
  path,
  name: Buffer.from(path.split('/').at(-1) ?? ''),
  object: ++objects,
  type: 'file',
  mode: 0o644,
  uid: 1,
  gid: 2,
  size: 0,
  mtime: 7,
  mtimeNsec: 999,
  links: 1,
  generation: '1',
  xattrs: 0,
  ...changes,
})
const root = node('.', { type: 'directory', mode: 0o755, name: new Uint8Array() })
const etc = node('etc', { type: 'directory', mode: 0o755 })

const treeOf = (...nodes: TreeNode[]): StreamTree => ({
  zplVersion: 5,
  nodes: [root, etc, ...nodes],
  hidden: { xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 },
  notices: [],
})

function indexOf(
  tree: StreamTree,
  some: Partial<typeof limits> = {},
  digest: string | undefined = 'd'.repeat(64),
) {
  const all = entriesOf(tree, { ...limits, ...some }, () => digest)
  const entries: Entry[] = []
  let next = all.next()
  for (; next.done !== true; next = all.next()) entries.push(next.value)
  const index: TreeIndex = next.value
  return { entries: entries.slice(2), index }
}

test('a file of several names is a file under the first and links to it, anything else is itself under each', () => {
  const first = node('etc/a', { size: 5, links: 2 })
  const link = node('etc/l', { type: 'symlink', target: Buffer.from('a'), links: 2 })
  const { entries, index } = indexOf(
    treeOf(first, { ...first, path: 'etc/b', hardlinkTo: 'etc/a' }, link, {
      ...link,
      path: 'etc/m',
      hardlinkTo: 'etc/l',
    }),
  )
  const common = { mode: 0o644, uid: 1, gid: 2, mtime: 7 }
  expect(entries).toEqual([
    { ...common, path: 'etc/a', type: 'file', size: 5, sha256: 'd'.repeat(64) },
    { ...common, path: 'etc/b', type: 'hardlink', size: 0, link: 'etc/a' },
    { ...common, path: 'etc/l', type: 'symlink', size: 0, link: 'a' },
    { ...common, path: 'etc/m', type: 'symlink', size: 0, link: 'a' },
  ])
  expect(index).toEqual({ layout: 'zoneroot', entries: 6, sockets: 0, devices: 0 })
})

test('sockets and the nodes of a host have no entry and are counted', () => {
  const { entries, index } = indexOf(
    treeOf(
      node('dev/log', { type: 'socket' }),
      node('dev/null', { type: 'character', device: '1,3' }),
      node('dev/sda', { type: 'block', device: '8,0' }),
      node('devices/pci', { type: 'character', device: '7,7' }),
      node('etc/socket', { type: 'socket' }),
    ),
  )
  expect(entries.map(({ path, type, device }) => [path, type, device])).toEqual([
    ['dev/null', 'character', '1,3'],
  ])
  expect(index).toMatchObject({ entries: 3, sockets: 2, devices: 2 })
})

test('a name may have 1023 bytes, counted as they are stored', () => {
  const long = 'n'.repeat(600)
  expect(indexOf(treeOf(node(`etc/${long}`))).entries).toHaveLength(1)
  // 300 bytes of Latin-1 are 1200 characters as text
  const foreign = node(`etc/${'\\xE9'.repeat(300)}`, { name: Buffer.alloc(300, 0xe9) })
  expect(indexOf(treeOf(foreign)).entries).toHaveLength(1)
  expect(() => indexOf(treeOf(foreign), { maxNameBytes: 303 })).toThrow(
    expect.objectContaining({ code: 'NameTooLong', message: expect.stringContaining('has 304 bytes') }),
  )
})

test('a file whose digest nobody knows is named', () => {
  const all = entriesOf(treeOf(node('etc/gaps', { object: 77 })), limits, () => undefined)
  expect(() => [...all]).toThrow(
    expect.objectContaining({
      code: 'UnsupportedZfsStream',
      message: expect.stringMatching(/^"etc\/gaps" \(object 77\) could not be hashed/),
    }),
  )
})

test('the bytes of a file count once, whatever its names', () => {
  const large = node('etc/a', { size: 700_000 })
  const names = treeOf(large, { ...large, path: 'etc/b', hardlinkTo: 'etc/a' })
  expect(() => checkFileBytes(names, limits)).not.toThrow()
  expect(() => checkFileBytes(treeOf(large, node('etc/c', { size: 700_000 })), limits)).toThrow(
    expect.objectContaining({ code: 'TooManyBytes', message: expect.stringContaining('1400000 bytes') }),
  )
})
