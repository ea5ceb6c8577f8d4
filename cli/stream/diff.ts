// `zoneflash stream diff`: what is different between two trees, or what an increment changes.
import type { Command } from 'commander'
import type { StreamSource } from '#adapters/zfs/stream-source.ts'
import { decodeName } from '#core/archive/member.ts'
import { compareFiles } from '#core/diff/compare-files.ts'
import type { DiffLine } from '#core/diff/line.ts'
import { Totals } from '#core/diff/totals.ts'
import type { Entry } from '#core/entry.ts'
import { addCommand } from '../command.ts'
import { printDiff, type DiffOptions } from '../print-diff.ts'
import { openSources, snapshotsOf } from './files.ts'
import { openHashed, type HashedTree } from './trees.ts'

interface Options extends DiffOptions {
  base?: string[]
  times?: boolean
}

export function registerStreamDiff(noun: Command): void {
  addCommand(
    noun,
    'diff',
    'show what is different between two streams, or what an increment changes',
    'zoneflash stream diff full.zfs incremental.zfs',
    'zoneflash stream diff monday.zfs tuesday.zfs.gz',
    'zoneflash stream diff first.incremental.zfs second.incremental.zfs --base full.zfs',
  )
    .argument('<from>', 'a stream')
    .argument('<to>', 'another; applied to the first, or to its base, when it is an increment on that')
    .option('--base <file...>', 'what the first is an increment on')
    .option('--summary', 'only how much it is')
    .option('--times', 'list files that differ in their time alone too')
    .option('--all', 'list every file below an added or removed directory')
    .action(async (from: string, to: string, options: Options) => {
      const files = [...(options.base ?? []), from, to]
      const sources = await openSources(files)
      try {
        await compare(await chainOf(sources.slice(0, -1)), await chainOf(sources), options)
      } finally {
        await Promise.all(sources.map((source) => source.close()))
      }
    })
}

/** The last stream with those before it that it is built on: none when it is full. */
async function chainOf(sources: readonly StreamSource[]): Promise<readonly StreamSource[]> {
  const snapshots = await Promise.all(sources.map((source) => snapshotsOf(source.read())))
  const chain = sources.slice(-1)
  let from = snapshots.at(-1)?.at(0)?.fromGuid
  for (let index = sources.length - 2; index >= 0 && from !== undefined && from !== '0'; index--) {
    const [source, held = []] = [sources[index], snapshots[index]]
    if (source === undefined || held.at(-1)?.toGuid !== from) continue
    chain.unshift(source)
    from = held.at(0)?.fromGuid
  }
  return chain
}

async function compare(
  before: readonly StreamSource[],
  after: readonly StreamSource[],
  options: Options,
): Promise<void> {
  const left = await openHashed(before.map(borrowed))
  const right = await openHashed(after.map(borrowed))
  await printDiff(diffLines(left, right, options), options)
}

/** Both trees read the same sources, whose owner closes them. */
const borrowed = (source: StreamSource): StreamSource => ({
  read: () => source.read(),
  readAt: (position, length) => source.readAt(position, length),
  close: () => Promise.resolve(),
})

async function* diffLines(
  left: HashedTree,
  right: HashedTree,
  { times }: Options,
): AsyncGenerator<{ line: DiffLine; json: string }> {
  const asLine = (line: DiffLine) => ({ line, json: JSON.stringify(line) })
  const totals = new Totals()
  for await (const line of compareFiles(entriesOf(left), entriesOf(right))) {
    const isTimeAlone = line.what?.length === 1 && line.what[0] === 'time'
    totals.countFile(line, isTimeAlone)
    if (!isTimeAlone || times) yield asLine(line)
  }
  yield asLine(totals.line())
}

/** Every name with what it shares with others; sockets belong to who runs. */
async function* entriesOf({ open, digestOf }: HashedTree): AsyncGenerator<Entry> {
  for (const node of open.tree.nodes) {
    const { path, type, mode, uid, gid, size, mtime, target, device, rawDevice } = node
    if (type === 'socket' || path === '.') continue
    const sha256 = await digestOf(node)
    const number = device ?? rawDevice
    yield {
      path,
      type,
      mode,
      uid,
      gid,
      size,
      mtime,
      ...(target && { link: decodeName(target) }),
      ...(sha256 !== undefined && { sha256 }),
      ...(number !== undefined && { device: number }),
    }
  }
}
