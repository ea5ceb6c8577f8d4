import { execFile } from 'node:child_process'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  openStreamFile,
  openStreamPath,
  spoolStream,
  type StreamSource,
} from '#adapters/zfs/stream-source.ts'

const fixture = path.join(import.meta.dirname, '../../fixtures/zfs/full.zfs')
let directory: string
let options: { directory: string; maxBytes: number }
let plain: Buffer

beforeAll(async () => {
  plain = await readFile(fixture)
  directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-source-'))
  options = { directory: path.join(directory, 'spool'), maxBytes: plain.byteLength }
})

afterAll(() => rm(directory, { recursive: true }))

async function all(source: StreamSource): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.read()) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* chunks(bytes: Uint8Array) {
  for (let at = 0; at < bytes.byteLength; at += 1000) yield bytes.subarray(at, at + 1000)
}

async function checkReads(source: StreamSource): Promise<void> {
  try {
    // Twice: a chain of streams may need it again.
    for (const _ of [1, 2]) expect((await all(source)).equals(plain)).toBe(true)
    expect(Buffer.from(await source.readAt(70_000, 1234))).toEqual(plain.subarray(70_000, 71_234))
    await expect(source.readAt(plain.byteLength - 10, 11)).rejects.toMatchObject({ code: 'TruncatedStream' })
  } finally {
    await source.close()
  }
}

describe('a stream is read from its start and by position', () => {
  test('in a plain file, without a copy of it', async () => {
    await checkReads(await openStreamPath(fixture, { ...options, maxBytes: 0 }))
  })

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('in a file that %s compressed', async (name, compress) => {
    const file = path.join(directory, name)
    await writeFile(file, compress(plain))
    await checkReads(await openStreamPath(file, options))
  })

  test.each([
    ['plain', (bytes: Buffer) => bytes],
    ['compressed', (bytes: Buffer) => gzipSync(bytes)],
  ])('when it came by itself, %s', async (_how, compress) => {
    await checkReads(await spoolStream(chunks(compress(plain)), options))
  })

  test('out of a pipe with a name', async () => {
    const pipe = path.join(directory, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const [source] = await Promise.all([openStreamPath(pipe, options), writeFile(pipe, plain)])
    await checkReads(source)
  })
})

test('copies have no names', async () => {
  const source = await spoolStream(chunks(plain), options)
  expect(await readdir(options.directory)).toEqual([])
  await source.close()
})

test('a stream that is larger than it may be is refused, and its file closed', async () => {
  const small = { ...options, maxBytes: plain.byteLength - 1 }
  const file = path.join(directory, 'large.gz')
  await writeFile(file, gzipSync(plain))
  const handle = await open(file)
  await expect(openStreamFile(handle, small)).rejects.toMatchObject({ code: 'TooManyBytes' })
  expect(handle.fd).toBe(-1)
})

test('what is cut before its end is refused while it is copied', async () => {
  await expect(spoolStream(chunks(gzipSync(plain).subarray(0, -100)), options)).rejects.toMatchObject({
    code: 'TruncatedStream',
  })
})
