import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ContentHasher } from '#adapters/zfs/content-hasher.ts'
import { loadStream, openStreamTree, type OpenTree } from '#adapters/zfs/open-tree.ts'
import { FileSource } from '#adapters/zfs/stream-source.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/zfs')
/** Streams that change another one. */
const bases: Readonly<Record<string, string>> = {
  incremental: 'full',
  'modern-incremental': 'modern-default',
}
/** Files of which the hasher does not see every byte in order: copies of others, and those of which some blocks changed. */
const unhashable: Readonly<Record<string, readonly string[]>> = {
  dedup: ['b', 'd', 's/c'],
  incremental: ['root/var/log/sparse.dat'],
  'modern-incremental': ['root/var/log/sparse.dat'],
}

const names = globSync('!(broken-*).zfs', { cwd: fixtures }).map((file) => path.basename(file, '.zfs'))

interface ExpectedFile {
  path: string
  type: string
  size?: number
  sha256?: string
}

function expectedFiles(name: string): ExpectedFile[] {
  const all = JSON.parse(readFileSync(path.join(fixtures, `${name}.json`), 'utf8')) as ExpectedFile[]
  return all.filter(({ type }) => type === 'file')
}

const sourceOf = async (name: string) => new FileSource(await open(path.join(fixtures, `${name}.zfs`)))

async function openChain(name: string, contents?: ContentHasher): Promise<OpenTree> {
  const base = bases[name]
  const chain = base === undefined ? [name] : [base, name]
  return openStreamTree(await Promise.all(chain.map(sourceOf)), { ...(contents && { contents }) })
}

async function sha256(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

/** One line a file, for messages that name what differs. */
const line = (file: { path: string; size?: number; sha256: string | undefined }) =>
  `${file.path} ${file.size ?? 0} ${file.sha256 ?? 'unhashed'}`

describe.each(names)('%s', (name) => {
  const expected = expectedFiles(name).filter(({ sha256: digest }) => digest !== undefined)

  test('every file read by position is what it was', async () => {
    const opened = await openChain(name)
    try {
      const files = []
      for (const node of opened.tree.nodes) {
        if (node.type === 'file') files.push(line({ ...node, sha256: await sha256(opened.contents(node)) }))
      }
      expect(files.toSorted()).toEqual(
        expected.map((file) => line({ sha256: undefined, ...file })).toSorted(),
      )
      expect(files.length).toBeGreaterThan(0)
    } finally {
      await opened.close()
    }
  })

  test('every file hashed as it passes is what it was', async () => {
    const hasher = new ContentHasher()
    const opened = await openChain(name, hasher)
    await opened.close()
    const digests = new Map(opened.tree.nodes.map((node) => [node.path, hasher.digestOf(node.object)]))
    const unhashed = new Set(hasher.unhashed())
    const known = opened.tree.nodes.filter(({ type, object }) => type === 'file' && !unhashed.has(object))
    const knownPaths = new Set(known.map((node) => node.path))
    for (const file of expected.filter((one) => knownPaths.has(one.path))) {
      expect(digests.get(file.path), file.path).toBe(file.sha256)
    }
    const left = expected.filter((file) => !knownPaths.has(file.path)).map((file) => file.path)
    expect(left).toEqual(unhashable[name] ?? [])
  })
})

test('a range of a file is what it is of the whole', async () => {
  const opened = await openChain('modern-large')
  try {
    const node = opened.tree.nodes.reduce((largest, one) => (one.size > largest.size ? one : largest))
    const whole = await gathered(opened.contents(node))
    expect(whole.byteLength).toBe(node.size)
    for (const [start, end] of [
      [0, 1],
      [1000, 200_000],
      [node.size - 7, node.size + 7],
      [node.size, Infinity],
    ] as const) {
      expect((await gathered(opened.contents(node, { start, end }))).equals(whole.subarray(start, end))).toBe(
        true,
      )
    }
  } finally {
    await opened.close()
  }
})

test.each<[string, string[], string, RegExp]>([
  [
    'an increment without its base',
    ['incremental'],
    'OriginMismatch',
    /guid 18371808795736188155, expected a full one/,
  ],
  [
    'an increment on another stream',
    ['modern-default', 'incremental'],
    'OriginMismatch',
    /"zst\/app@flash".*expected one from "mp\/tpl@base"/,
  ],
  ['two full streams', ['full', 'modern-default'], 'OriginMismatch', /is a full one/],
  ['no stream', [], 'UnsupportedZfsStream', /no zfs stream/],
])('%s is refused, and what was opened is closed', async (_what, chain, code, message) => {
  const handles = await Promise.all(chain.map((name) => open(path.join(fixtures, `${name}.zfs`))))
  const opening = openStreamTree(handles.map((handle) => new FileSource(handle)))
  await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  expect(handles.map(({ fd }) => fd)).toEqual(handles.map(() => -1))
})

test.each(['full', 'modern-23-embedded-dirs', 'modern-package'])(
  '%s: nothing of a chunk is kept when the next comes in the same memory',
  async (name) => {
    const bytes = readFileSync(path.join(fixtures, `${name}.zfs`))
    async function* reused() {
      const chunk = Buffer.alloc(10_000)
      for (let at = 0; at < bytes.byteLength; at += chunk.byteLength) {
        yield chunk.subarray(0, bytes.copy(chunk, 0, at))
        chunk.fill(0xee)
      }
    }
    async function* whole() {
      yield bytes
    }
    const [{ set, info }, expected] = await Promise.all([loadStream(reused()), loadStream(whole())])
    expect(set).toEqual(expected.set)
    expect(info).toEqual(expected.info)
  },
)

test('who gives up stops the reading', async () => {
  const signal = AbortSignal.abort(new Error('never mind'))
  const source = await sourceOf('full')
  await expect(openStreamTree([source], { signal })).rejects.toThrow('never mind')
})

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
