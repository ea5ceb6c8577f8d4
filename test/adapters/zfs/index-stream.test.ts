import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import type { FindBase, StoredBytes } from '#app/ports/archives.ts'
import type { Entry } from '#core/entry.ts'

const fixtures = path.join(import.meta.dirname, '../../fixtures/zfs')
const streamOf = (name: string) => readFileSync(path.join(fixtures, `${name}.zfs`))
const names = readdirSync(fixtures).flatMap((file) => (file.endsWith('.zfs') ? [file.slice(0, -4)] : []))
const baseOf: Readonly<Record<string, string>> = {
  incremental: 'full',
  'modern-incremental': 'modern-default',
}

let spool: string
beforeAll(async () => {
  spool = await mkdtemp(path.join(tmpdir(), 'spool-'))
})
afterAll(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(spool, { recursive: true })
})

const limits = { maxEntries: 1000, maxBytes: 2 ** 30, maxUncompressedBytes: 2 ** 30, maxNameBytes: 1023 }

const stored = (bytes: Uint8Array): StoredBytes => ({ read: async () => Readable.from([bytes]) })

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

async function index(
  bytes: Uint8Array,
  { findBase, ...some }: Partial<typeof limits> & { findBase?: FindBase } = {},
  pieceBytes = 100_000,
) {
  const indexer = new StreamIndexer(spool, { ...limits, ...some })
  const taken = await indexer.index(Readable.from(pieces(bytes, pieceBytes)), findBase)
  const entries: Entry[] = []
  for await (const entry of taken.entries) entries.push(entry)
  await taken.close()
  return { ...taken, entries }
}

const indexFixture = (name: string, pieceBytes?: number) => {
  const base = baseOf[name]
  const findBase: FindBase = async () => (base === undefined ? undefined : [stored(streamOf(base))])
  return index(streamOf(name), { findBase }, pieceBytes)
}

interface Listed {
  path: string
  type: string
  mode: string
  uid: number
  gid: number
  size?: number
  mtime: number
  sha256?: string
  target?: string
  hardlinkTo?: string
}

/** What an index has of what a listing of the mounted file system had. */
function expectedOf(name: string): object[] {
  const listed = JSON.parse(readFileSync(path.join(fixtures, `${name}.json`), 'utf8')) as Listed[]
  return listed
    .filter(({ type }) => type !== 'block' && type !== 'socket')
    .map(({ path: at, type, mode, uid, gid, size, mtime, sha256, target, hardlinkTo }) => ({
      path: at,
      type: hardlinkTo === undefined ? type : 'hardlink',
      mode: parseInt(mode, 8),
      uid,
      gid,
      mtime,
      size: type === 'file' && hardlinkTo === undefined ? (size ?? 0) : 0,
      ...(type === 'file' && hardlinkTo === undefined && sha256 !== undefined && { sha256 }),
      ...(target !== undefined && { link: target }),
      ...(hardlinkTo !== undefined && { link: hardlinkTo }),
    }))
}

const withoutDevice = ({ device: _device, ...entry }: Entry) => entry

describe('each stream gives the index of the tree that it was made of', () => {
  test.each(names)('%s', async (name) => {
    const { facts, entries } = await indexFixture(name)
    expect(entries.map(withoutDevice)).toEqual(expectedOf(name))
    expect(facts.entries).toBe(entries.length)
    expect(facts.uncompressedSize).toBe(streamOf(name).length)
  })
})

test('it does not matter in which pieces the bytes come', async () => {
  const whole = await indexFixture('full')
  expect((await indexFixture('full', 1000)).entries).toEqual(whole.entries)
})
