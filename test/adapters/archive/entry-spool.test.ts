import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EntrySpool } from '#adapters/archive/entry-spool.ts'
import type { Entry } from '#core/entry.ts'

const entry = (path: string): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 0,
})

async function openSpool(): Promise<{ spool: EntrySpool; directory: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'spool-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return { spool: new EntrySpool(directory), directory }
}

test('an index may be read several times, also after a reader that stopped early', async () => {
  const { spool } = await openSpool()
  const paths = Array.from({ length: 5000 }, (_, number) => `usr/share/doc/${number}/copyright`)
  for (const name of paths) spool.add(entry(name))
  await spool.flush(true)
  for await (const first of spool) {
    expect(first.path).toBe(paths[0])
    break
  }
  for (let round = 0; round < 2; round++) {
    const read: string[] = []
    for await (const one of spool) read.push(one.path)
    expect(read).toEqual(paths)
  }
  await spool.close()
})

test('an index has no name on disk while it is open', async () => {
  const { spool, directory } = await openSpool()
  spool.add(entry('etc/passwd'))
  await spool.flush(true)
  expect(await readdir(directory)).toEqual([])
  await spool.close()
})
