// Flash archives that are broken somewhere, as uploads: each is refused with a code, or has an index that is one.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import { FlarFacts, VersionFacts } from '#core/manifest.ts'
import { cpioOf, flarOf, paxOf } from '#test/adapters/archive/flar.ts'
import { shell, withTree, zoneTree } from '#test/archives.ts'
import { Random } from './random.ts'

/** FUZZ_CASES=200000 FUZZ_SEED=1000000 npx vitest run test/fuzz/flar-intake.test.ts */
const cases = Number(process.env['FUZZ_CASES'] ?? 1500)
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1)
const limits = { maxEntries: 200, maxBytes: 2 ** 24, maxUncompressedBytes: 2 ** 24, maxNameBytes: 1023 }

let spool: string
beforeAll(async () => {
  spool = await mkdtemp(path.join(tmpdir(), 'fuzz-'))
})
afterAll(async () => {
  expect(await readdir(spool)).toEqual([])
  await rm(spool, { recursive: true })
})

const sound = withTree(zoneTree, (directory) => {
  const cpio = cpioOf(directory)
  const compressed = shell(directory, 'compress -cf || [ $? = 2 ]', cpio)
  const sections = [
    ['predeployment', 'begin 644 predeployment.cpio.Z\n#0V]D90\nend\n'],
    ['X-zonecfg', 'create -b\n'],
  ] as const
  return [
    flarOf(cpio, { keys: { files_archived_size: String(cpio.length) }, sections }),
    flarOf(compressed, { keys: { files_compressed_method: 'compress' } }),
    flarOf(paxOf(directory), { keys: { files_archived_method: 'pax' }, sections }),
  ]
})

/** Bytes changed, cut, doubled or swapped; more often in front, where the text is. */
function broken(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const place = () => random.below(random.chance(2) ? 600 : copy.length)
  switch (random.below(5)) {
    case 0:
      return copy.subarray(0, place())
    case 1: {
      const at = place()
      return Buffer.concat([copy.subarray(0, at), copy.subarray(random.below(copy.length))])
    }
    case 2: {
      const [at, length] = [place(), 1 + random.below(200)]
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)])
    }
    default:
      for (let count = 1 + random.below(4); count > 0; count--) {
        const at = place()
        copy[at] = random.chance(3) ? (random.pick([...Buffer.from('\n=0\0/.-')]) ?? 0) : random.below(256)
      }
      return copy
  }
}

async function* inPieces(bytes: Buffer, random: Random): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(random.chance(2) ? 40 : 20_000)
    yield bytes.subarray(at, end)
    at = end
  }
}

test('a broken flash archive is refused with a code, or taken as it is', async () => {
  const codes = new Map<string, number>()
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    const random = new Random(seed)
    const bytes = broken(sound[seed % sound.length] ?? Buffer.alloc(0), random)
    const outcome = await outcomeOf(bytes, random).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1)
  }
  process.stdout.write(
    `${cases} broken flash archives: ${[...codes].map((one) => one.join(' ')).join(', ')}\n`,
  )
  for (const code of ['taken', 'TruncatedStream', 'FlarInvalid', 'CorruptStream'])
    expect(codes.get(code), code).toBeGreaterThan(0)
})

/** A code, or `taken`. @throws whatever is no refusal */
async function outcomeOf(bytes: Buffer, random: Random): Promise<string> {
  try {
    const index = await new StreamIndexer(spool, limits).index(Readable.from(inPieces(bytes, random)))
    try {
      let count = 0
      for await (const entry of index.entries) {
        Entry.parse(entry)
        count += 1
      }
      expect(count).toBe(index.facts.entries)
      if (index.facts.format === 'flar') FlarFacts.parse(index.facts.flar)
      VersionFacts.parse(index.said ?? {})
      return 'taken'
    } finally {
      await index.close()
    }
  } catch (error) {
    if (error instanceof ProvisionError) return error.code
    throw error
  }
}
