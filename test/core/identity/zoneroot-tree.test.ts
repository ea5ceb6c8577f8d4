import { expect, test } from 'vitest'
import type { ZonerootEntry } from '#core/identity/zoneroot-entry.ts'
import { zonerootIndex } from '#core/identity/zoneroot-index.ts'
import { ZonerootTree } from '#core/identity/zoneroot-tree.ts'
import type { StreamTree } from '#core/zfs/tree.ts'

const entry = (path: string, type: ZonerootEntry['type'] = 'file') => ({
  path,
  type,
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
})

const streamTree: StreamTree = {
  zplVersion: 5,
  nodes: ['root', 'root/etc', 'root/etc/rc', 'root/etc/rc/S01', 'root/usr', 'SUNWdetached.xml'].map(
    (path) => ({
      ...entry(path, path.endsWith('1') || path.endsWith('l') ? 'file' : 'directory'),
      name: new Uint8Array(),
      object: 1,
      mtime: 0,
      mtimeNsec: 0,
      links: 1,
      generation: '1',
      xattrs: 0,
    }),
  ),
  hidden: { xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 },
  notices: [],
}

test('the index of a tree is made once, and changes of one zone are not seen by the next', () => {
  const index = zonerootIndex(streamTree)
  expect(zonerootIndex(streamTree)).toBe(index)
  const paths = ['etc', 'etc/rc', 'etc/rc/S01', 'usr']
  const first = new ZonerootTree(index)
  first.delete('etc/rc')
  first.set(entry('etc/nodename'))
  first.set(entry('usr/bin', 'directory'))
  expect(paths.filter((path) => first.at(path))).toEqual(['etc', 'usr'])
  expect(first.children('etc')).toEqual(['etc/nodename'])
  expect(first.below('.')).toEqual(['etc', 'usr', 'etc/nodename', 'usr/bin'])
  const second = new ZonerootTree(index)
  expect(second.below('.')).toEqual(['etc', 'usr', 'etc/rc', 'etc/rc/S01'])
  expect(second.at('etc/nodename')).toBeUndefined()
})

test('what is made anew in a directory that was deleted is alone there', () => {
  const tree = new ZonerootTree([entry('etc', 'directory'), entry('etc/a'), entry('etc/b')])
  tree.delete('etc')
  expect(tree.children('.')).toEqual([])
  tree.set(entry('etc', 'directory'))
  tree.set(entry('etc/c'))
  expect(tree.below('.')).toEqual(['etc', 'etc/c'])
})
