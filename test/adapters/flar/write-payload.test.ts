import { linkSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { walkTree } from '#adapters/flar/local-tree.ts'
import { measureTree } from '#adapters/flar/measure-tree.ts'
import { payloadSize, writePayload } from '#adapters/flar/write-payload.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { FlarFilters } from '#core/flar/filters.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'flar-tree-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const files = () => walkTree(root, new FlarFilters([]))

async function payload(archiver: 'cpio' | 'pax'): Promise<Buffer> {
  const { links } = await measureTree(files())
  const chunks: Uint8Array[] = []
  for await (const chunk of writePayload(files(), archiver, links)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('the size is known before, whatever names and links there are', async () => {
  mkdirSync(path.join(root, 'x'.repeat(120), 'y'.repeat(120)), { recursive: true })
  writeFileSync(path.join(root, 'x'.repeat(120), 'y'.repeat(120), 'z'), 'content')
  writeFileSync(path.join(root, 'a'), Buffer.alloc(300_001))
  linkSync(path.join(root, 'a'), path.join(root, 'b'))
  linkSync(path.join(root, 'a'), path.join(root, 'x'.repeat(120), 'c'))
  for (const archiver of ['cpio', 'pax'] as const) {
    const bytes = await payload(archiver)
    const { links } = await measureTree(files())
    expect(bytes.byteLength).toBe(await payloadSize(files(), archiver, links))
    expect(bytes.byteLength, 'the data is there once').toBeLessThan(330_000)
  }
})

test('of a file with several names only those in the archive count', async () => {
  writeFileSync(path.join(root, 'a'), 'data')
  linkSync(path.join(root, 'a'), path.join(root, 'b'))
  const some = [...files()].filter(({ path: name }) => name !== '/b')
  const { links } = await measureTree(some)
  const chunks: Uint8Array[] = []
  for await (const chunk of writePayload(some, 'cpio', links)) chunks.push(chunk)
  const found: string[] = []
  const reader = new CpioReader({
    begin: ({ path: name, names = 1, size }) => void found.push(`${name} ${names} ${size}`),
    data: () => undefined,
    end: () => undefined,
  })
  for (const chunk of chunks) reader.push(chunk)
  reader.finish()
  expect(found).toEqual(['. 1 0', 'a 1 4'])
})

test('a file that changes between its header and its contents is refused', async () => {
  for (const name of ['a', 'b']) writeFileSync(path.join(root, name), Buffer.alloc(600_000))
  const chunks = writePayload(files(), 'cpio', new Map())
  await chunks.next()
  unlinkSync(path.join(root, 'a'))
  const rest = (async () => {
    for await (const _chunk of chunks) writeFileSync(path.join(root, 'a'), 'other')
  })()
  await expect(rest).rejects.toMatchObject({ code: 'SourceChanged' })
})
