import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { StreamMemory } from '#adapters/zfs/stream-memory.ts'
import { StoredStreamTrees, type KeptTrees } from '#adapters/zfs/stream-trees.ts'
import type { Artifact, Compression } from '#core/manifest.ts'

const fixture = (name: string) => new URL(`../../fixtures/zfs/${name}.zfs`, import.meta.url)

let directory: string
let blobs: FileBlobStore
let opened: StoredStreamTrees[]

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-trees-'))
  blobs = new FileBlobStore(directory)
  opened = []
})
afterEach(async () => {
  for (const one of opened) await one.close()
  await rm(directory, { recursive: true, force: true })
})

function openTrees(kept: Partial<KeptTrees> = {}, memory?: StreamMemory): StoredStreamTrees {
  const trees = new StoredStreamTrees(
    blobs,
    { directory: path.join(directory, 'incoming'), maxBytes: 1e9 },
    kept,
    memory,
  )
  opened.push(trees)
  return trees
}

async function store(bytes: Readable, compression: Compression = 'none'): Promise<Artifact> {
  const { sha256, sha1, size } = await blobs.put(bytes)
  return { format: 'zfs', compression, sha256, sha1, size, uncompressedSize: size }
}
const stored = (name: string) => store(createReadStream(fixture(name)))

test('an increment on a full stream is read as one tree, contents too', async () => {
  const expected = JSON.parse(await readFile(fixture('incremental').pathname.replace(/zfs$/, 'json'), 'utf8'))
  const files = expected.filter(
    ({ type, size }: { type: string; size: number }) => type === 'file' && size > 0 && size < 1000,
  )
  expect(files.length).toBeGreaterThan(3)
  const chain = [await stored('full'), await stored('incremental')]
  await openTrees().read(chain, async ({ tree, contents }) => {
    expect(tree.nodes.map((node) => node.path)).toContain(files[0].path)
    for (const { path: name, size } of files) expect((await contents(name, 1000)).length, name).toBe(size)
  })
})

test('a compressed stream is read from a copy without a name', async () => {
  const bytes = gzipSync(await readFile(fixture('modern-default')))
  const trees = openTrees()
  const artifact = await store(Readable.from([bytes]), 'gzip')
  expect(await trees.read([artifact], async ({ tree }) => tree.nodes.length)).toBeGreaterThan(5)
})

test('who asks at the same time, or later, shares one tree', async () => {
  const trees = openTrees()
  const artifact = await stored('full')
  const sets = await Promise.all([1, 2, 3].map(() => trees.read([artifact], async ({ set }) => set)))
  sets.push(await trees.read([artifact], async ({ set }) => set))
  expect(new Set(sets).size).toBe(1)
  expect(trees.size).toBe(1)
})

test('of many trees the last few stay, and one in use is closed behind its last user', async () => {
  const trees = openTrees({ trees: 2 })
  const artifacts = [await stored('full'), await stored('modern-default'), await stored('modern-fatzap')]
  const [first] = artifacts
  if (!first) throw new Error('there are three')
  await trees.read([first], async ({ tree, contents }) => {
    for (const artifact of artifacts) await trees.read([artifact], async () => {})
    expect(trees.size).toBe(2)
    const small = tree.nodes.find(({ type, size }) => type === 'file' && size > 0 && size < 1000)
    expect((await contents(small?.path ?? '', 1000)).length).toBe(small?.size)
  })
  expect(trees.size).toBe(2)
})

test('one that is being opened or used is opened once, however many others come', async () => {
  const trees = openTrees({ trees: 1 })
  const [full, other, third] = [
    await stored('full'),
    await stored('modern-default'),
    await stored('modern-fatzap'),
  ]
  await trees.read([full], async ({ set }) => {
    for (const artifact of [other, third]) await trees.read([artifact], async () => {})
    expect(await trees.read([full], async (again) => again.set)).toBe(set)
  })
  const { promise: thirdRead, resolve } = Promise.withResolvers<void>()
  const opening = trees.read([other], async ({ set }) => thirdRead.then(() => set))
  await trees.read([third], async () => {})
  const again = trees.read([other], async ({ set }) => set)
  resolve()
  expect(await again).toBe(await opening)
})

test('what nobody uses makes room; what is in use does not, and the next is told to come again', async () => {
  const [full, other] = [await stored('full'), await stored('modern-default')]
  const objects = await openTrees().read([full], async ({ set }) => set.objects.size)
  const memory = new StreamMemory(objects * 2048 * 2)
  const trees = openTrees({}, memory)
  const large = (artifact: Artifact): Artifact => ({
    ...artifact,
    zfs: { features: [], pool: 28, isPackage: false, byteOrder: 'little', notices: [], objects: objects * 2 },
  })
  await trees.read([full], async () => {
    await expect(trees.read([large(other)], async () => {})).rejects.toMatchObject({ code: 'StreamsBusy' })
  })
  expect(memory.taken).toBeGreaterThan(0)
  await trees.read([large(other)], async () => {})
  expect(trees.size).toBe(1)
  await trees.close()
  expect(memory.taken).toBe(0)
})

test('trees of too many objects go, the last one stays whatever it has', async () => {
  const trees = openTrees({ objects: 1 })
  await trees.read([await stored('full')], async () => {})
  expect(trees.size).toBe(1)
  await trees.read([await stored('modern-default')], async () => {})
  expect(trees.size).toBe(1)
})

test('what cannot be opened is opened anew for the next; what use throws closes nothing', async () => {
  const trees = openTrees()
  const broken = await store(Readable.from([Buffer.from('no stream')]))
  await expect(trees.read([broken], async () => {})).rejects.toMatchObject({ code: expect.any(String) })
  expect(trees.size).toBe(0)
  const artifact = await stored('full')
  const failing = trees.read([artifact], () => Promise.reject(new Error('of the user')))
  await expect(failing).rejects.toThrow('of the user')
  expect(trees.size).toBe(1)
})

test('a file is given whole or not at all', async () => {
  const artifact = await stored('full')
  await openTrees().read([artifact], async ({ tree, contents }) => {
    const large = tree.nodes.find(({ type, size }) => type === 'file' && size > 1000)
    await expect(contents(large?.path ?? '', 1000)).rejects.toMatchObject({ code: 'TooManyBytes' })
    await expect(contents('no/such/file', 1000)).rejects.toMatchObject({ code: 'FileNotFound' })
    await expect(contents('.', 1000)).rejects.toMatchObject({ code: 'FileNotFound' })
  })
})
