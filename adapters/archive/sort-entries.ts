// Sorts an index of any length: in memory when it is short, else in sorted runs on disk that are merged while they are read.
import path from 'node:path'
import type { SortEntries } from '#app/ports/archives.ts'
import type { Config } from '#core/config.ts'
import { orderKey } from '#core/diff/path-order.ts'
import type { Entry } from '#core/entry.ts'
import { EntrySpool } from './entry-spool.ts'

/** What is in memory at once: entries, and characters for indexes of long names. Two million entries are 80 runs. */
const RUN_ENTRIES = 25_000
const RUN_CHARACTERS = 8 * 1024 * 1024

interface Keyed {
  key: string
  entry: Entry
}

/** `spoolDirectory` must be one that is swept. */
export function createEntrySorter(spoolDirectory: string, runEntries = RUN_ENTRIES): SortEntries {
  return async function* (entries) {
    if (await isInOrder(entries())) return yield* entries()
    const runs: EntrySpool[] = []
    try {
      let run: Keyed[] = []
      let characters = 0
      for await (const entry of entries()) {
        run.push({ key: orderKey(entry.path), entry })
        characters += entry.path.length + (entry.link?.length ?? 0)
        if (run.length < runEntries && characters < RUN_CHARACTERS) continue
        runs.push(await writeRun(sorted(run), spoolDirectory))
        run = []
        characters = 0
      }
      // the last entries came last: among equal ones their run is the last too
      yield* mergeRuns([...runs.map(keyed), each(sorted(run))])
    } finally {
      await Promise.all(runs.map((run) => run.close()))
    }
  }
}

/** The sorter for a configuration: its runs lie in the blob store's directory of unfinished files, which is swept. */
export function openEntrySorter({ blobs }: Pick<Config, 'blobs'>): SortEntries {
  return createEntrySorter(path.resolve(blobs.root, 'incoming'))
}

/** Ends at the first entry that is not. */
async function isInOrder(entries: AsyncIterable<Entry>): Promise<boolean> {
  let last = ''
  for await (const { path: current } of entries) {
    const key = orderKey(current)
    if (key < last) return false
    last = key
  }
  return true
}

const byKey = (a: Keyed, b: Keyed): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** Array sort keeps the order of equal ones. */
const sorted = (run: readonly Keyed[]): Keyed[] => run.toSorted(byKey)

async function writeRun(run: readonly Keyed[], directory: string): Promise<EntrySpool> {
  const spool = new EntrySpool(directory)
  try {
    for (const { entry } of run) {
      spool.add(entry)
      await spool.flush()
    }
    await spool.flush(true)
    return spool
  } catch (error) {
    await spool.close()
    throw error
  }
}

async function* keyed(entries: AsyncIterable<Entry>): AsyncGenerator<Keyed> {
  for await (const entry of entries) yield { key: orderKey(entry.path), entry }
}

async function* each(run: readonly Keyed[]): AsyncGenerator<Keyed> {
  yield* run
}

/** Few runs: the smallest head is looked for each time; of equal ones the earliest run's goes first. */
async function* mergeRuns(runs: readonly AsyncGenerator<Keyed>[]): AsyncGenerator<Entry> {
  try {
    const heads = await Promise.all(runs.map(async (run) => headOf(await run.next())))
    for (;;) {
      let least = -1
      for (const [index, head] of heads.entries()) {
        const best = heads[least]
        if (head !== undefined && (best === undefined || head.key < best.key)) least = index
      }
      const [head, run] = [heads[least], runs[least]]
      if (head === undefined || run === undefined) return
      yield head.entry
      heads[least] = headOf(await run.next())
    }
  } finally {
    await Promise.all(runs.map((run) => run.return(undefined)))
  }
}

function headOf(next: IteratorResult<Keyed, unknown>): Keyed | undefined {
  return next.done === true ? undefined : next.value
}
