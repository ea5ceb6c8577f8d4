import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EntryPolicy } from '#core/archive/entry-policy.ts'
import { LayoutRecognizer } from '#core/archive/layout.ts'
import { clampLink, climbsOut, normalizeMemberPath } from '#core/archive/member-path.ts'
import type { Member } from '#core/archive/member.ts'
import { PathKind, PathTable } from '#core/archive/path-table.ts'

type Given = Partial<Member> & { path: string }

function admitAll(given: readonly Given[], limits = { maxEntries: 100, maxNameBytes: 1023 }) {
  const policy = new EntryPolicy(limits)
  return given.map((member) =>
    policy.admit({
      pathBytes: Buffer.byteLength(member.path),
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0,
      ...member,
    }),
  )
}

const link = (path: string, target: string): Given => ({ path, type: 'symlink', link: target })
const hard = (path: string, target: string): Given => ({ path, type: 'hardlink', link: target })
const directory = (path: string): Given => ({ path, type: 'directory' })
const device = (path: string, numbers: string, type: Member['type'] = 'character'): Given => ({
  path,
  type,
  device: numbers,
})

describe('refused', () => {
  test.each<[string, string, Given[]]>([
    ['an absolute name', 'AbsoluteName', [{ path: '/etc/passwd' }]],
    ['a name that begins with ..', 'ParentReference', [{ path: '../etc/passwd' }]],
    ['a name with .. inside', 'ParentReference', [{ path: 'a/../../etc/passwd' }]],
    ['a name that ends with ..', 'ParentReference', [{ path: 'a/..' }]],
    ['an empty name', 'InvalidName', [{ path: '' }]],
    ['a name with a NUL', 'InvalidName', [{ path: 'a\0b' }]],
    ['the root as a symlink', 'InvalidName', [link('./', '/')]],
    ['a name of 1024 bytes', 'NameTooLong', [{ path: 'a/'.repeat(512) }]],
    ['a component of 256 bytes', 'NameTooLong', [{ path: `a/${'b'.repeat(256)}` }]],
    ['a component of 128 two-byte letters', 'NameTooLong', [{ path: 'ü'.repeat(128) }]],
    ['257 levels', 'TooDeep', [{ path: Array(257).fill('a').join('/') }]],
    ['a symlink that climbs out', 'LinkOutside', [link('evil', '../etc')]],
    ['a deep symlink that climbs out', 'LinkOutside', [link('a/b/evil', '../../../etc')]],
    ['a symlink that climbs out on its way', 'LinkOutside', [link('a/evil', '../../a/x')]],
    ['a symlink to nothing', 'InvalidName', [link('a', '')]],
    ['an entry through an absolute symlink', 'ThroughSymlink', [link('x', '/tmp'), { path: 'x/passwd' }]],
    [
      'an entry through a relative symlink',
      'ThroughSymlink',
      [directory('d'), link('x', 'd'), { path: 'x/passwd' }],
    ],
    ['an entry deep below a symlink', 'ThroughSymlink', [link('a/x', '/tmp'), { path: './a//x/b/c' }]],
    ['a directory through a symlink', 'ThroughSymlink', [link('x', '/tmp'), directory('x/y')]],
    ['a hard link that climbs out', 'LinkOutside', [hard('a', '../etc/shadow')]],
    ['an absolute hard link', 'LinkOutside', [hard('a', '/etc/shadow')]],
    ['a hard link to nothing before it', 'HardLinkTarget', [hard('a', 'b'), { path: 'b' }]],
    [
      'an entry through a hard link to a symlink',
      'ThroughSymlink',
      [link('s', '/'), hard('a', 's'), { path: 'a/x' }],
    ],
    [
      'a hard link that takes a symlink where it climbs out',
      'LinkOutside',
      [link('d/s', '../x'), hard('a', 'd/s')],
    ],
    [
      'a hard link to a hard link that takes a symlink out',
      'LinkOutside',
      [link('d/e/s', '../../x'), hard('d/f/t', 'd/e/s'), hard('d/a', 'd/f/t')],
    ],
    [
      'a symlink’s second name that becomes a file',
      'DuplicateEntry',
      [link('s', 'x'), hard('a', 's'), { path: 'a' }],
    ],
    ['a hard link to a later symlink', 'HardLinkTarget', [hard('a', 's'), link('s', 'x')]],
    ['a hard link to a fifo', 'HardLinkTarget', [{ path: 'p', type: 'fifo' }, hard('a', 'p')]],
    ['a hard link to a directory', 'HardLinkTarget', [directory('d'), hard('a', 'd')]],
    ['a hard link to itself', 'HardLinkTarget', [{ path: 'a' }, hard('a', './a')]],
    ['a disk', 'DeviceRefused', [device('dev/sda', '8,0', 'block')]],
    ['the memory', 'DeviceRefused', [device('dev/kmem', '1,2')]],
    ['null as a block device', 'DeviceRefused', [device('dev/null', '1,3', 'block')]],
    ['null with the numbers of the memory', 'DeviceRefused', [device('dev/null', '1,1')]],
    ['null elsewhere', 'DeviceRefused', [device('tmp/null', '1,3')]],
    ['constructor below dev/', 'DeviceRefused', [device('dev/constructor', '1,3')]],
    ['a directory that becomes a symlink', 'DuplicateEntry', [directory('a'), link('a', '/')]],
    ['an implied directory that becomes a symlink', 'DuplicateEntry', [{ path: 'a/b' }, link('a', '/')]],
    ['a symlink that becomes a file', 'DuplicateEntry', [link('a', '/etc/passwd'), { path: './a' }]],
    ['a file that becomes a directory', 'DuplicateEntry', [{ path: 'a' }, { path: 'a/b' }]],
    ['the 101st entry', 'TooManyEntries', Array.from({ length: 101 }, (_, index) => ({ path: `f${index}` }))],
  ])('%s is %s', (_what, code, given) => {
    expect(() => admitAll(given)).toThrow(expect.objectContaining({ code }))
  })
})

describe('admitted', () => {
  test.each<[string, Given[]]>([
    ['an absolute symlink: it means the zone’s own root', [link('etc/localtime', '/usr/share/zoneinfo/UTC')]],
    ['a symlink that goes up and stays inside', [link('a/b/c', '../../d')]],
    ['the same file twice, as tar -r makes it', [{ path: 'a' }, { path: './a' }]],
    ['a hard link to an earlier file and to a hard link', [{ path: 'a' }, hard('b', './a'), hard('c', 'b')]],
    [
      'a hard link to a symlink, as GNU tar writes it',
      [link('d/s', '../x'), hard('e/s', 'd/s'), hard('a/b/s', 'e/s')],
    ],
    ['a hard link to an absolute symlink', [link('d/s', '/etc/shadow'), hard('a', 'd/s')]],
    ['a name with dots that is no parent', [{ path: '..a/b../...' }]],
    ['a component of 255 bytes', [{ path: 'b'.repeat(255) }]],
    [
      'the usual devices',
      [device('dev/null', '1,3'), device('root/dev/zero', '1,5'), device('dev/console', '5,1')],
    ],
  ])('%s', (_what, given) => expect(admitAll(given)).toHaveLength(given.length))

  test('paths come in one spelling', () => {
    const paths = ['./', './a', 'b//c/', '././d/./e'].map((path) => directory(path))
    expect(admitAll(paths).map(({ path }) => path)).toEqual(['.', 'a', 'b/c', 'd/e'])
  })
})

const component = fc.constantFrom('a', 'b', '..', '.', '', 'c')
const anyPath = fc.array(component, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))

test('no admitted sequence lets a later entry be written outside: every parent is no link', () => {
  const entry = fc.record({ path: anyPath, target: anyPath, isLink: fc.boolean() })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
      const policy = new EntryPolicy({ maxEntries: 100, maxNameBytes: 1023 })
      const links = new Set<string>()
      for (const { path, target, isLink } of entries) {
        try {
          const type = isLink ? ('symlink' as const) : ('file' as const)
          const { path: admitted } = policy.admit({
            path,
            type,
            pathBytes: path.length,
            mode: 0,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: 0,
            ...(isLink && { link: target }),
          })
          const parents = admitted.split('/').map((_, index, all) => all.slice(0, index).join('/'))
          for (const parent of parents) expect(links.has(parent), `${admitted} through ${parent}`).toBe(false)
          expect(admitted.startsWith('/') || admitted.split('/').includes('..')).toBe(false)
          if (isLink) links.add(admitted)
        } catch (error) {
          if (!(error as { code?: string }).code) throw error
        }
      }
    }),
  )
})

test('a clamped link never climbs out, and stays as it is when it did not', () => {
  const inside = fc
    .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'))
  fc.assert(
    fc.property(inside, anyPath, (path, target) => {
      const clamped = clampLink(path, target)
      expect(climbsOut(path, clamped)).toBe(false)
      expect(climbsOut(path, target) || clamped === target).toBe(true)
    }),
  )
  expect(clampLink('git/contrib/hooks', '../../../git-core/contrib/hooks')).toBe(
    '../../git-core/contrib/hooks',
  )
})

test('normalizing again changes nothing', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const normal = (text: string) => normalizeMemberPath(text, text.length, 1023)
      let once: string
      try {
        once = normal(path)
      } catch (error) {
        return (error as { kind?: string }).kind === 'invalid'
      }
      return normal(once) === once
    }),
  )
})

test('a path table of 300 000 similar paths never takes one for another', () => {
  const table = new PathTable()
  const path = (index: number) => `usr/share/doc/package-${index % 997}/examples/file${index}.txt`
  for (let index = 0; index < 300_000; index++) {
    if (table.get(path(index)) !== undefined) throw new Error(`${path(index)} was there before it was set`)
    table.set(path(index), index % 2 === 0 ? PathKind.file : PathKind.directory)
  }
  for (let index = 0; index < 300_000; index++) {
    if (table.get(path(index)) !== (index % 2 === 0 ? PathKind.file : PathKind.directory)) {
      throw new Error(`${path(index)} was forgotten`)
    }
  }
  expect(table.get('usr/share/doc')).toBeUndefined()
})

describe('the layout of an archive', () => {
  const decide = (...paths: string[]) => {
    const recognizer = new LayoutRecognizer()
    for (const path of paths) recognizer.see(path, 'directory')
    return recognizer.decide()
  }
  test.each([
    ['zonepath', ['.', 'root', 'root/etc', 'root/etc/passwd']],
    ['zonepath', ['SUNWdetached.xml', 'dev', 'lu', 'root/usr']],
    ['zoneroot', ['.', 'etc', 'usr', 'var', 'root', 'root/.profile']],
    ['zoneroot', ['bin', 'root']],
    ['zoneroot', ['adduser/README', 'apt/copyright']],
    ['zoneroot', []],
  ])('%s: %j', (layout, paths) => expect(decide(...paths)).toBe(layout))

  test('a zonepath inside a directory is refused by that name', () => {
    expect(() => decide('web', 'web/root', 'web/root/etc')).toThrow(/"web"/)
  })
})
