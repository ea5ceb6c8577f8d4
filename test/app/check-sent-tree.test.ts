import { expect, test } from 'vitest'
import { isSameTree } from '#app/check-sent-tree.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout, Artifact } from '#core/manifest.ts'

const one = (path: string, changes: Partial<Entry> = {}): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 5,
  sha256: 'a'.repeat(64),
  ...changes,
})
const directory = (path: string) => {
  const { sha256: _contents, ...entry } = one(path, { type: 'directory', mode: 0o755, size: 0 })
  return entry
}

function indexed(layout: ArchiveLayout | undefined, ...entries: Entry[]) {
  const artifact: Artifact = {
    format: 'tar',
    compression: 'none',
    sha256: 'b'.repeat(64),
    sha1: 'b'.repeat(40),
    size: 1,
    uncompressedSize: 1,
    ...(layout && { layout }),
  }
  return { artifact, entries: { [Symbol.asyncIterator]: () => each(entries) } }
}
async function* each(entries: Entry[]): AsyncGenerator<Entry, undefined> {
  yield* entries
  return undefined
}

const archive = indexed('zoneroot', directory('etc'), one('etc/passwd'), directory('tmp'))
const stream = (...more: Entry[]) =>
  indexed('zonepath', directory('.'), one('SUNWdetached.xml'), directory('root'), ...more)

test('a stream of the zonepath has the tree of an archive of its root, whatever the times', async () => {
  const same = stream(directory('root/etc'), one('root/etc/passwd', { mtime: 9 }), directory('root/tmp'))
  expect(await isSameTree(same, archive, 'lx')).toBe(true)
})

test('what archives leave out makes another tree, and no error', async () => {
  const more = stream(directory('root/etc'), one('root/etc/passwd'), directory('root/tmp'), one('root/tmp/x'))
  expect(await isSameTree(more, archive, 'lx')).toBe(false)
})

test.each([
  ['other contents', [one('root/etc/passwd', { sha256: 'c'.repeat(64) })], /"etc\/passwd" .*\(content\)/],
  ['another owner', [one('root/etc/passwd', { uid: 7 })], /"etc\/passwd" .*\(owner\)/],
  ['one more', [one('root/etc/passwd'), one('root/etc/shadow')], /"etc\/shadow" .*\(added\)/],
  ['one less', [], /"etc\/passwd" .*\(removed\)/],
])('a file with %s means that the zone was written to', async (_what, files, message) => {
  const other = stream(directory('root/etc'), ...files, directory('root/tmp'))
  await expect(isSameTree(other, archive, 'lx')).rejects.toMatchObject({
    code: 'ZoneChanged',
    message: expect.stringMatching(message),
  })
})

test('what has no index, or none in order, is not compared', async () => {
  expect(await isSameTree(indexed(undefined), archive, 'lx')).toBe(false)
  const unsorted = indexed('zoneroot', one('usr/x'), one('etc/passwd'))
  expect(await isSameTree(stream(), unsorted, 'lx')).toBe(false)
})
