// Fuzzes the reader of ZFS streams, case after case in a thread of its own: who started it sees one that hangs or eats memory.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { ContentHasher } from '#adapters/zfs/content-hasher.ts'
import { openStreamTree, type OpenTree } from '#adapters/zfs/open-tree.ts'
import type { StreamSource } from '#adapters/zfs/stream-source.ts'
import { refusal } from '#core/archive/refusals.ts'
import { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import { entriesOf } from '#core/zfs/tree-entries.ts'
import { checkContents, checkTree } from './check-tree.ts'
import { damage, rewrite } from './mutate-stream.ts'
import { Random } from './random.ts'
import { writeAgain } from './write-again.ts'
import { splitStream, type RawStream } from './stream-records.ts'
import { noCases, runCases, type CaseCounts } from './run-cases.ts'
import type { FuzzOrder } from './watched.ts'

export interface FuzzResult extends CaseCounts {
  trees: number
  /** of them, those that came back the same from a stream that was written of them */
  writtenAgain: number
}

/** one tree in so many */
const WRITTEN_AGAIN = 8
const LIMITS = {
  maxObjects: 20_000,
  maxMetadataBytes: 64 * 1024 ** 2,
  maxEntries: 20_000,
  maxNameBytes: 1023,
  maxDepth: 64,
  maxPieces: 100_000,
}
const INDEX_LIMITS = { maxEntries: 20_000, maxNameBytes: 4095, maxUncompressedBytes: 2 ** 40 }
/** Hashing holes is the slow part of a case that says a file has gigabytes of them. */
const HASH_LIMITS = { maxHoleBytes: 4 * 1024 ** 2, freeZeroBytes: 8 * 1024 ** 2, zerosPerByte: 1 }

/** A stream of the corpus with what it is an increment on. */
interface Subject {
  name: string
  bytes: Uint8Array
  stream: RawStream
  base?: Uint8Array
}

const baseOf: Record<string, string> = { incremental: 'full', 'modern-incremental': 'modern-default' }

async function run({ fixtures, ...order }: FuzzOrder): Promise<FuzzResult> {
  const subjects = load(fixtures)
  const result: FuzzResult = { ...noCases(), trees: 0, writtenAgain: 0 }
  return runCases(order, result, (seed) => tryOne(subjects, seed, result))
}

function load(fixtures: string): Subject[] {
  const read = (name: string) => new Uint8Array(readFileSync(path.join(fixtures, `${name}.zfs`)))
  return globSync('!(broken-*).zfs', { cwd: fixtures })
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((file) => {
      const name = file.replace(/\.zfs$/, '')
      const bytes = read(name)
      const base = baseOf[name]
      return { name, bytes, stream: splitStream(bytes), ...(base !== undefined && { base: read(base) }) }
    })
}

async function tryOne(subjects: readonly Subject[], seed: number, result: FuzzResult): Promise<void> {
  const random = new Random(seed)
  const subject = random.pick(subjects)
  if (subject === undefined) throw new Error('there are no streams to change')
  const isDamaged = random.chance(6)
  const bytes = isDamaged
    ? damage(subject.bytes, random)
    : rewrite(
        subject.stream,
        subjects.map(({ stream }) => stream),
        random,
      )
  const piece = random.chance(4) ? 1 + random.below(5000) : 65_536
  try {
    const open = await readAll([...(subject.base ? [subject.base] : []), bytes], piece)
    result.trees += 1
    if (isDamaged && Buffer.compare(bytes, subject.bytes) !== 0)
      throw new Error(`a changed byte of ${subject.name} was not seen`)
    for (const entry of entriesOf(open.tree, INDEX_LIMITS, () => '0'.repeat(64))) Entry.parse(entry)
    if (random.chance(WRITTEN_AGAIN)) {
      const zpl = random.chance(2) ? 4 : 5
      await writeAgain(open, zpl, (stream) => readAll([stream], piece))
      result.writtenAgain += 1
    }
  } catch (error) {
    if (error instanceof ProvisionError) result.refused[error.code] = (result.refused[error.code] ?? 0) + 1
    else
      result.failures.push({
        seed,
        what: `${subject.name}: ${error instanceof Error ? error.stack : String(error)}`,
      })
  }
}

async function readAll(streams: readonly Uint8Array[], piece: number): Promise<OpenTree> {
  const hasher = new ContentHasher(HASH_LIMITS)
  const open = await openStreamTree(
    streams.map((bytes) => memorySource(bytes, piece)),
    { limits: LIMITS, contents: hasher },
  )
  checkTree(open.tree)
  await checkContents(open, hasher)
  return open
}

function memorySource(bytes: Uint8Array, piece: number): StreamSource {
  return {
    async *read() {
      for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece)
    },
    async readAt(position, length) {
      if (position + length > bytes.byteLength)
        throw refusal('TruncatedStream', `the stream ends before byte ${position + length}`)
      return bytes.subarray(position, position + length)
    },
    close: () => Promise.resolve(),
  }
}

// The order comes from the test next to this file, the type with it.
parentPort?.postMessage(await run(workerData as FuzzOrder))
