import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { ProcessShell } from '#adapters/host-shell/process-shell.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { takeInArtifact } from '#app/take-in-artifact.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import { parseConfig } from '#core/config.ts'
import type { Entry } from '#core/entry.ts'
import { artifactExtension, type Artifact } from '#core/manifest.ts'
import { LATIN1_NAME, lookAt, makeZoneTree, SPARSE_SIZE, type Found } from './zone-tree.ts'

const limits = { maxEntries: 10_000, maxNameBytes: 1023 }
let work: string
let tree: string

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-packaging-'))
  tree = path.join(work, 'tree')
  await mkdir(tree)
  await makeZoneTree(tree)
})
afterAll(() => rm(work, { recursive: true, force: true }))

/** Runs commands here. */
const localShell = new ProcessShell((argv) => argv)
/** A host that has no GNU tar, as Solaris comes. */
const shellWithoutTar = new ProcessShell((argv) => (argv[0].endsWith('tar') ? ['false'] : argv))

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}

interface Packed {
  store: FileBlobStore
  root: string
  artifacts: Artifact[]
  entries: Entry[]
}

async function pack(
  zoneroot: string,
  shell: HostShell = localShell,
  signal = new AbortController().signal,
): Promise<Packed> {
  const root = await mkdtemp(path.join(work, 'store-'))
  const store = new FileBlobStore(root)
  const settings = { blobs: store, limits, spoolDirectory: path.join(root, 'incoming') }
  const made = await packageArchives(
    { shell, zoneroot, brand: 'lx', signal, onProgress: () => undefined },
    settings,
  )
  const entries = await collect(made.entries)
  await made.close()
  return { store, root, artifacts: made.artifacts, entries }
}

function fileOf({ store, artifacts }: Packed, extension: string): string {
  const artifact = artifacts.find((one) => artifactExtension(one) === extension)
  if (!artifact) throw new Error(`there is no ${extension}`)
  return store.pathOf(artifact.sha256)
}

async function unpack(script: string, file: string): Promise<Map<string, Found>> {
  const target = await mkdtemp(path.join(work, 'out-'))
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', file, target], { encoding: 'utf8' })
  expect(`${status} ${stderr}`).toBe('0 ')
  return lookAt(target)
}

/** Without what cpio loses: links made late give their directories a new time, and symlinks get none at all. */
function asByCpio(found: Map<string, Found>): Map<string, Found> {
  for (const one of found.values()) if (/^(4|12)\d{4}$/.test(one.mode)) one.mtime = 0
  return found
}

/** What of the tree must come out again. */
async function expected(): Promise<Map<string, Found>> {
  const found = await lookAt(tree)
  for (const name of found.keys())
    if (/^(tmp|dev|proc|run|var\/run)\//.test(name) || /^var\/(socket|device)$/.test(name)) found.delete(name)
  const climber = found.get('usr/bin/climber')
  if (climber) climber.content = '../../etc/passwd'
  for (const name of ['usr/bin/su', 'etc/kept', 'etc/kept-empty']) {
    const one = found.get(name)
    if (one) one.nlink = 1
  }
  return found
}

describe('the archives of a zone', () => {
  let packed: Packed
  beforeAll(async () => {
    packed = await pack(tree)
  })

  test.for([
    ['GNU tar', 'tar.gz', 'tar --same-owner -xzpf "$1" -C "$2"'],
    ['GNU tar', 'tar.zst', 'tar --zstd --same-owner -xpf "$1" -C "$2"'],
    ['bsdtar', 'tar.gz', 'bsdtar -xpf "$1" -C "$2"'],
    ['GNU cpio', 'cpio.gz', 'gzip -dc <"$1" | (cd "$2" && cpio --quiet -idm)'],
    ['bsdtar', 'cpio.gz', 'bsdtar -xpf "$1" -C "$2"'],
  ] as const)('come out of %s, %s, as they went in', async ([, extension, script]) => {
    const [found, wanted] = [await unpack(script, fileOf(packed, extension)), await expected()]
    if (extension === 'cpio.gz') [found, wanted].map(asByCpio)
    expect(found).toEqual(wanted)
  })

  test('are in three forms with the numbers that their manifest needs', () => {
    expect(packed.artifacts.map(artifactExtension)).toEqual(['tar.gz', 'tar.zst', 'cpio.gz'])
    for (const { layout, entries } of packed.artifacts)
      expect({ layout, entries }).toEqual({ layout: 'zoneroot', entries: packed.entries.length })
  })

  test('are taken in again without a complaint, with the same index', async () => {
    for (const extension of ['tar.gz', 'tar.zst']) {
      const config = parseConfig({ ZONEFLASH_BLOBS: `file:${packed.root}` })
      const bytes = await packed.store.open(
        packed.artifacts.find((one) => artifactExtension(one) === extension)?.sha256 ?? '',
      )
      const taken = await takeInArtifact(
        bytes,
        {},
        { blobs: packed.store, indexer: openStreamIndexer(config) },
      )
      expect(packed.artifacts).toContainEqual(taken.artifact)
      expect(await collect(taken.entries)).toEqual(packed.entries)
      await taken.close()
    }
  })

  test('carry no name of a user, no fraction of a second, no name of a machine', () => {
    const listed = spawnSync('tar', ['--full-time', '-tvzf', fileOf(packed, 'tar.gz')], {
      encoding: 'utf8',
    }).stdout
    expect(listed).toContain('0/0')
    expect(listed).not.toMatch(/root\/root|:\d\d\.\d*[1-9]/)
    const raw = spawnSync('sh', ['-c', 'gzip -dc <"$1"', 'sh', fileOf(packed, 'tar.gz')], {
      maxBuffer: 2 * SPARSE_SIZE,
    }).stdout
    expect(raw.includes('atime=')).toBe(false)
    expect(raw.includes('mtime=')).toBe(false)
  })

  test('leave nothing unfinished in the store', async () => {
    expect(await readdir(path.join(packed.root, 'incoming'))).toEqual([])
  })
})

test('the same tree packed twice gives the same digests', async () => {
  const [first, second] = [await pack(tree), await pack(tree)]
  expect(second.artifacts).toEqual(first.artifacts)
})

test('a copy of the tree, made in another order at another time, gives the same digests', async () => {
  const copy = path.join(work, 'copy')
  spawnSync('sh', ['-c', 'mkdir "$2" && tar -C "$1" -cf - . | tar -C "$2" -xpf -', 'sh', tree, copy])
  await rename(path.join(copy, 'etc'), path.join(copy, 'etc.moved'))
  await rename(path.join(copy, 'etc.moved'), path.join(copy, 'etc'))
  expect((await pack(copy)).artifacts).toEqual((await pack(tree)).artifacts)
})

test('a host without GNU tar is read by find and cpio, and gives the same files', async () => {
  const packed = await pack(tree, shellWithoutTar)
  for (const [extension, script] of [
    ['tar.gz', 'tar --same-owner -xzpf "$1" -C "$2"'],
    ['cpio.gz', 'gzip -dc <"$1" | (cd "$2" && cpio --quiet -idm)'],
  ] as const)
    expect(asByCpio(await unpack(script, fileOf(packed, extension)))).toEqual(asByCpio(await expected()))
  expect((await pack(tree, shellWithoutTar)).artifacts).toEqual(packed.artifacts)
})

test('a name that is no UTF-8 is shown with its bytes escaped and packed as it is', async () => {
  const { entries } = await pack(tree)
  expect(LATIN1_NAME.toString('latin1')).toBe('opt/grüß')
  expect(entries.map(({ path: name }) => name)).toContain('opt/gr\\xFC\\xDF')
})

test(
  'a file of more than 4 GiB comes out of the tars, and there is no cpio',
  { timeout: 240_000 },
  async () => {
    const big = await mkdtemp(path.join(work, 'big-'))
    await mkdir(path.join(big, 'etc'))
    await writeFile(path.join(big, 'etc/big'), 'begin')
    await truncate(path.join(big, 'etc/big'), 5 * 1024 ** 3)
    const program = new URL('pack-tree.ts', import.meta.url).pathname
    const store = await mkdtemp(path.join(work, 'store-'))
    const child = spawn(process.execPath, [program, big, store], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill())
    const output = (await child.stdout.toArray()).join('')
    if (child.exitCode === null) await once(child, 'exit')
    const { forms, peakMiB, read } = JSON.parse(output) as { forms: string[]; peakMiB: number; read: number }
    expect(forms).toEqual(['tar.gz', 'tar.zst'])
    expect(peakMiB, 'memory of the packing process').toBeLessThan(300)
    expect(read, 'bytes that came from the host').toBeLessThan(1024 * 1024)
  },
)

test('a file that cannot be read ends the packing, and nothing is stored', async () => {
  const root = await mkdtemp(path.join(work, 'store-'))
  const failing = new ProcessShell((argv) =>
    argv.includes('--create')
      ? ['sh', '-c', 'tar -C "$1" -cf - etc; echo broken >&2; exit 2', 'sh', tree]
      : argv,
  )
  const store = new FileBlobStore(root)
  const packing = packageArchives(
    {
      shell: failing,
      zoneroot: tree,
      brand: 'lx',
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
    { blobs: store, limits, spoolDirectory: path.join(root, 'incoming') },
  )
  await expect(packing).rejects.toMatchObject({
    code: 'CommandFailed',
    message: expect.stringContaining('broken'),
  })
  expect(await collect(store.list())).toEqual([])
  expect(await readdir(path.join(root, 'incoming'))).toEqual([])
})

test('an aborted job stops reading the host, and nothing is stored', async () => {
  const stop = new AbortController()
  const endless = new ProcessShell((argv) =>
    argv.includes('--create') ? ['sh', '-c', 'while :; do cat "$0"; done', '/dev/zero'] : argv,
  )
  const root = await mkdtemp(path.join(work, 'store-'))
  const store = new FileBlobStore(root)
  const packing = packageArchives(
    {
      shell: endless,
      zoneroot: tree,
      brand: 'lx',
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stopped')),
    },
    { blobs: store, limits, spoolDirectory: path.join(root, 'incoming') },
  )
  await expect(packing).rejects.toThrow(/stopped/)
  expect(await collect(store.list())).toEqual([])
})

test('a hard link that appears while the zone is read is refused', async () => {
  const copy = path.join(work, 'changing')
  await cp(tree, copy, {
    recursive: true,
    filter: (source) => !/fifo|socket|device|gr/.test(path.basename(source)),
  })
  const linking = new ProcessShell((argv) =>
    argv.includes('--create')
      ? ['sh', '-c', 'ln "$0/etc/passwd" "$0/etc/shadow" && exec "$@"', copy, ...argv]
      : argv,
  )
  await expect(pack(copy, linking)).rejects.toMatchObject({ code: 'ZoneChanged' })
  expect((await stat(path.join(copy, 'etc/shadow'))).nlink).toBe(2)
})
