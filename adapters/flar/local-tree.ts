// A directory of this machine as flash archives take it: what the filters let through, in the order of its names.
import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { decodeName } from '#core/archive/member.ts'
import type { FlarFilters } from '#core/flar/filters.ts'
import { MemoryTree } from '#core/flar/memory-tree.ts'
import { below, type TreeFile } from '#core/flar/trees.ts'
import type { NodeType } from '#core/zfs/tree.ts'
import { typeOf } from '../zfs/sources/directory.ts'

export interface LocalFile {
  /** absolute in the tree, as it is shown */
  path: string
  /** relative to the tree, its bytes */
  name: Buffer
  /** where it is on this machine */
  at: Buffer
  type: NodeType
  stats: BigIntStats
}

const FILES_IN_A_TURN = 256

/** Files in the order of walkTree. */
export type Files = Iterable<LocalFile> | AsyncIterable<LocalFile>

/** What every system makes anew, or mounts over: the directories stay, empty (jumpstart.md 4.3). */
export const EMPTIED: ReadonlySet<string> = new Set([
  '/proc',
  '/tmp',
  '/dev/fd',
  '/devices',
  '/var/run',
  '/system/contract',
  '/system/object',
  '/etc/svc/volatile',
])

/**
 * Walks what is taken of `root` (itself as `.`), a directory before what is in it, and also a directory that is not taken
 * when something in it is. `without` is a file of this machine that is passed over. No recursion; failures are those of
 * the file system.
 */
export function* walkTree(
  root: string,
  filters: FlarFilters,
  without?: string,
): Generator<LocalFile, void, undefined> {
  const passedOver = without === undefined ? undefined : Buffer.from(without)
  const waiting: Waiting[] = [{ path: '/', name: Buffer.from('.'), at: Buffer.from(root) }]
  let above: LocalFile[] = []
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, name, at } = next
    if (passedOver?.equals(at)) continue
    const stats = lstatSync(at, { bigint: true })
    const file: LocalFile = { path, name, at, type: typeOf(stats, at), stats }
    above = above.filter((directory) => path.startsWith(`${directory.path}/`))
    if (filters.takes(path)) {
      yield* above
      above = []
      yield file
    }
    if (file.type !== 'directory') continue
    if (path !== '/' && !filters.takes(path)) above.push(file)
    if (filters.mayTakeBelow(path) && !isEmptied(path, filters))
      waiting.push(...namesIn(at, path, name).toReversed())
  }
}

/** Unless a filter asks for something in it. */
function isEmptied(path: string, filters: FlarFilters): boolean {
  return (
    EMPTIED.has(path) &&
    !filters.list.some(({ sign, path: wanted }) => sign === '+' && `${wanted}/`.startsWith(`${path}/`))
  )
}

type Waiting = Pick<LocalFile, 'path' | 'name' | 'at'>

function namesIn(at: Buffer, directory: string, name: Buffer): Waiting[] {
  const slash = Buffer.from('/')
  return readdirSync(at, { encoding: 'buffer' })
    .toSorted((a, b) => Buffer.compare(a, b))
    .map((each) => ({
      path: below(directory, decodeName(each)),
      name: directory === '/' ? each : Buffer.concat([name, slash, each]),
      at: Buffer.concat([at, slash, each]),
    }))
}

/** Names and lstat of a whole tree in memory, for comparing: some hundred bytes for each file. `files` are those of `root`. */
export async function readLocalTree(root: string, files: Files): Promise<MemoryTree> {
  const tree = new MemoryTree()
  const at = Buffer.from(root)
  tree.add('/', treeFile({ stats: lstatSync(at, { bigint: true }), type: 'directory', at }))
  for await (const file of files) if (file.path !== '/') tree.add(file.path, treeFile(file))
  return tree
}

/** The same files, so that whatever else waits has its turn. @throws the reason of the signal */
export async function* stoppable(
  files: Iterable<LocalFile>,
  signal: AbortSignal,
): AsyncGenerator<LocalFile, void, undefined> {
  let count = 0
  for (const file of files) {
    if (count % FILES_IN_A_TURN === 0) await turn()
    signal.throwIfAborted()
    count += 1
    yield file
  }
}

function treeFile({ stats, type, at }: Pick<LocalFile, 'stats' | 'type' | 'at'>): TreeFile {
  return {
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: wholeSeconds(stats),
    size: type === 'file' ? Number(stats.size) : 0,
    ...(type === 'symlink' && { link: decodeName(readlinkSync(at, { encoding: 'buffer' })) }),
  }
}

/** The second in which it was changed, also before 1970. */
export function wholeSeconds({ mtimeNs }: BigIntStats): number {
  const second = 1_000_000_000n
  return Number((mtimeNs - (((mtimeNs % second) + second) % second)) / second)
}
