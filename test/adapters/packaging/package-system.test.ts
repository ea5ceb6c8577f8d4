// A host's living root is read: here a directory, which the commands see as `/`.
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { ProcessShell } from '#adapters/host-shell/process-shell.ts'
import { packageSystem } from '#adapters/packaging/package-archives.ts'
import type { Entry } from '#core/entry.ts'
import { artifactExtension } from '#core/manifest.ts'

let work: string
let root: string

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-system-'))
  root = path.join(work, 'root')
  const files = {
    'etc/passwd': 'root:x:0:0::/:/sbin/sh\n',
    'proc/1': '',
    'tmp/scratch': '',
    'var/log/messages': 'hello\n',
    'export/[old] data*/kept': 'x',
    'export/big/movie': 'x',
    'zones/web/SUNWdetached.xml': '<zone/>',
    'zones/web/root/etc/passwd': 'root:x:0:0::/:/sbin/sh\n',
    'zones/web/root/proc/1': '',
  }
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  await link(path.join(root, 'var/log/messages'), path.join(root, 'var/log/same'))
  await link(path.join(root, 'etc/passwd'), path.join(root, 'tmp/passwd'))
  await symlink('../../../etc/passwd', path.join(root, 'var/log/up'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

/** Commands that are given `/` get the directory; `tar` may be another program, and `cpio` in a script. */
const shellWith = (tar: readonly string[], cpio = 'cpio') =>
  new ProcessShell(([program, ...words]) => {
    const swap = (word: string) =>
      word === '/' ? [root] : word === 'tar' ? tar : [word.replace('| cpio -o', `| ${cpio} -o`)]
    const [first = program, ...more] = [program, ...words].flatMap(swap)
    return first.endsWith('tar') && first !== 'tar' ? ['false'] : [first, ...more]
  })

/** `tar` that ends as GNU tar does when a file changed under it. */
const endingWith = (code: number) => [
  'sh',
  '-c',
  `tar "$@"; case $1 in --version) ;; *) exit ${code} ;; esac`,
  'tar',
]

async function pack(shell: ProcessShell): Promise<{ digests: string[]; entries: Entry[] }> {
  const store = await mkdtemp(path.join(work, 'store-'))
  const made = await packageSystem(
    {
      shell,
      fileSystems: ['/', '/var', '/zones/web'],
      emptied: ['/proc', '/tmp', '/zones/web/root/proc', '/export/big', '/export/[old] data'],
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
    {
      blobs: new FileBlobStore(store),
      limits: { maxEntries: 10_000, maxNameBytes: 1023 },
      spoolDirectory: path.join(store, 'incoming'),
    },
  )
  const entries: Entry[] = []
  for await (const entry of made.entries) entries.push(entry)
  await made.close()
  return { digests: made.artifacts.map((one) => `${artifactExtension(one)} ${one.sha256}`), entries }
}

const names = [
  'etc',
  'etc/passwd',
  'export',
  'export/[old] data*',
  'export/[old] data*/kept',
  'export/big',
  'proc',
  'tmp',
  'var',
  'var/log',
  'var/log/messages',
  'var/log/same',
  'var/log/up',
  'zones',
  'zones/web',
  'zones/web/SUNWdetached.xml',
  'zones/web/root',
  'zones/web/root/etc',
  'zones/web/root/etc/passwd',
  'zones/web/root/proc',
]

test('what is emptied stays as a directory, of names with wildcards too, and its links count no more', async () => {
  const { digests, entries } = await pack(shellWith(['tar']))
  expect(entries.map((entry) => entry.path)).toEqual(names)
  expect(entries.find((entry) => entry.path === 'var/log/same')).toMatchObject({ link: 'var/log/messages' })
  expect(digests.map((line) => line.split(' ')[0])).toEqual(['tar.gz', 'tar.zst', 'cpio.gz'])
})

test('a host without GNU tar gives the same entries, each once', async () => {
  const { entries } = await pack(shellWith(['false']))
  // cpio has a file with several names where the last of them is, which here is left out
  expect(entries.map((entry) => entry.path).toSorted()).toEqual(names.toSorted())
})

test('a file that changes while tar reads it fails nothing, a failure of tar does', async () => {
  const calm = await pack(shellWith(['tar']))
  expect((await pack(shellWith(endingWith(1)))).digests).toEqual(calm.digests)
  await expect(pack(shellWith(endingWith(2)))).rejects.toMatchObject({ code: 'CommandFailed' })
})

test('the same of cpio; a file that it cannot hold is a failure', async () => {
  const saying = (words: string) =>
    shellWith(['false'], `sh -c 'cpio "$@"; echo "${words}" >&2; exit 2' cpio`)
  const calm = await pack(shellWith(['false']))
  const gone = await pack(saying('cpio: ./var/spool/x: Cannot stat: No such file or directory'))
  expect(gone.digests).toEqual(calm.digests)
  await expect(pack(saying('cpio: ./big: too large to archive'))).rejects.toMatchObject({
    code: 'CommandFailed',
  })
})
