import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { blobStoreContract } from '#test/contracts/blob-store.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'

const roots: string[] = []
async function newRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'blobs-'))
  roots.push(root)
  return root
}
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true })
})

blobStoreContract('FileBlobStore', async () => new FileBlobStore(await newRoot()))
blobStoreContract('MemoryBlobStore', async () => new MemoryBlobStore())

test('a blob is a read-only file at its shard path, and incoming/ is empty afterwards', async () => {
  const root = await newRoot()
  const store = new FileBlobStore(root)
  const { sha256 } = await store.put(Readable.from([Buffer.from('zone')]))
  const file = store.pathOf(sha256)
  expect(path.relative(root, file)).toBe(`sha256/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`)
  expect((await stat(file)).mode & 0o777).toBe(0o400)
  expect(await readdir(path.join(root, 'incoming'))).toEqual([])
})

test('nobody but the owner may enter a store, also one that was made open to all', async () => {
  const root = path.join(await newRoot(), 'blobs')
  await mkdir(root)
  await chmod(root, 0o755)
  const store = await FileBlobStore.open(root)
  const { sha256 } = await store.put(Readable.from([Buffer.from('zone')]))
  await store.drafts.create('half', 'note')
  const shards = ['sha256', path.dirname(store.pathOf(sha256)), 'incoming', 'drafts']
  for (const directory of ['.', ...shards].map((name) => path.resolve(root, name)))
    expect((await stat(directory)).mode & 0o777, directory).toBe(0o700)
})

test('sweeping removes what a killed writer left and keeps what a live one writes', async () => {
  const root = await newRoot()
  const store = new FileBlobStore(root)
  const script = `
    import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
    async function* endless() { yield Buffer.alloc(10); console.log('writing'); await new Promise((r) => setTimeout(r, 60_000)) }
    await new FileBlobStore(process.argv[1]).put(endless())`
  const writer = spawn(process.execPath, ['--input-type=module', '-e', script, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(writer.stdout, 'data')
  expect(await store.sweep()).toBe(0)
  expect(await readdir(path.join(root, 'incoming'))).toHaveLength(1)
  writer.kill('SIGKILL')
  await once(writer, 'exit')
  expect(await store.sweep()).toBe(1)
  expect(await readdir(path.join(root, 'incoming'))).toEqual([])
})

test('sweeping keeps a young file of another container and removes an old one', async () => {
  const root = await newRoot()
  const store = new FileBlobStore(root)
  await store.put(Readable.from([Buffer.from('zone')]))
  const [young, old] = ['young', 'old'].map((name) => path.join(root, 'incoming', `feedfeed.1.1.${name}`))
  if (!young || !old) throw new Error('two names were made')
  await writeFile(young, '')
  await writeFile(old, '')
  const yesterday = new Date(Date.now() - 86_400_000)
  await utimes(old, yesterday, yesterday)
  expect(await store.sweep()).toBe(1)
  expect(await readdir(path.join(root, 'incoming'))).toEqual(['feedfeed.1.1.young'])
})

test('a full disk is NoSpace and leaves nothing behind', async ({ skip }) => {
  const root = await newRoot()
  const mounted = spawn('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root])
  const [code] = (await once(mounted, 'exit')) as [number]
  if (code !== 0) skip('mounting a small tmpfs needs root')
  try {
    const store = new FileBlobStore(root)
    const big = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024)))
    await expect(store.put(big)).rejects.toMatchObject({ code: 'NoSpace', kind: 'no-space' })
    expect(await readdir(path.join(root, 'incoming'))).toEqual([])
    await store.drafts.create('u1', '')
    const piece = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024)))
    await expect(store.drafts.append('u1', 0, piece)).rejects.toMatchObject({ code: 'NoSpace' })
  } finally {
    await once(spawn('umount', [root]), 'exit')
  }
})

test('a reader that goes away frees its file handle', async () => {
  const store = new FileBlobStore(await newRoot())
  const { sha256 } = await store.put(Readable.from([Buffer.alloc(4 * 1024 * 1024, 1)]))
  const before = (await readdir('/proc/self/fd')).length
  for (let i = 0; i < 20; i++) {
    const reader = await store.open(sha256)
    reader.destroy()
    await once(reader, 'close')
  }
  expect((await readdir('/proc/self/fd')).length).toBeLessThan(before + 5)
})

test('a blob that is being read stays readable after it is deleted', async () => {
  const store = new FileBlobStore(await newRoot())
  const bytes = Buffer.alloc(1024 * 1024, 7)
  const { sha256 } = await store.put(Readable.from([bytes]))
  const reader = await store.open(sha256)
  await store.collect(sha256, async () => true)
  expect(await buffer(reader)).toEqual(bytes)
})

test('the lock of a killed process is taken over, that of a live one is not', async () => {
  const root = await newRoot()
  const store = new FileBlobStore(root)
  const script = `
    import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
    await new FileBlobStore(process.argv[1]).drafts.lock('u1')
    console.log('locked')
    setTimeout(() => undefined, 60_000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  await store.sweep()
  await expect(store.drafts.lock('u1')).rejects.toMatchObject({ code: 'DraftBusy' })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await store.drafts.lock('u1')
  await expect(store.drafts.lock('u1')).rejects.toMatchObject({ code: 'DraftBusy' })
  await lock.release()
  expect(await readdir(path.join(root, 'locks'))).toEqual([])
})

test('a blob that a killed collector had put aside is put back, and is readable before', async () => {
  const root = await newRoot()
  const store = new FileBlobStore(root)
  const { sha256 } = await store.put(Readable.from([Buffer.from('zone')]))
  const script = `
    import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
    await new FileBlobStore(process.argv[1]).collect(process.argv[2], async () => {
      console.log('asking')
      return new Promise((resolve) => setTimeout(resolve, 60_000, true))
    })`
  const collector = spawn(process.execPath, ['--input-type=module', '-e', script, root, sha256], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(collector.stdout, 'data')
  expect(await store.sweep(), 'of a live one').toBe(0)
  expect(await readdir(path.dirname(store.pathOf(sha256)))).toEqual([])
  collector.kill('SIGKILL')
  await once(collector, 'exit')
  expect(await text(await store.open(sha256))).toBe('zone')
  expect(await store.sweep()).toBe(1)
  expect(await readdir(path.join(root, 'removed'))).toEqual([])
  expect(await text(await store.open(sha256))).toBe('zone')
})
