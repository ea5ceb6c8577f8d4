// A directory of this machine as a tree to be written: owners, modes, times to the nanosecond, hard links by inode.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { sha256Of } from '../../archive/sha256-of.ts'
import { decodeName } from '#core/archive/member.ts'
import { ProvisionError } from '#core/errors.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'
import type { NodeType } from '#core/zfs/tree.ts'

const READ_BYTES = 256 * 1024
/** after so many entries, and between the pieces of a file, whatever else waits has its turn */
const ENTRIES_IN_A_TURN = 64
const NANOSECONDS = 1_000_000_000n
const SEPARATOR = Buffer.from('/')

/** Something that is looked at again when it has been read. */
export interface Seen {
  path: Buffer
  stats: BigIntStats
}

/** A name that waits for its turn: directories are walked without recursion. */
interface Waiting {
  names: readonly Buffer[]
  path: Buffer
}

/**
 * Everything below `root`, sorted by the bytes of the names: the same tree gives the same stream wherever it lies. Both passes read all
 * contents. Files that change meanwhile are refused with SourceChanged; other failures are those of the file system. Calls are
 * synchronous: with thousands of small files that is several times faster.
 */
export class DirectorySource implements TreeSource {
  readonly #root: Buffer
  readonly #signal: AbortSignal | undefined
  #files: (Seen & { index: number })[] = []
  #directories: Seen[] = []

  constructor(root: string, { signal }: { signal?: AbortSignal } = {}) {
    this.#root = Buffer.from(root)
    this.#signal = signal
  }

  async *entries(): AsyncGenerator<SourceEntry, undefined> {
    this.#files = []
    this.#directories = []
    const links = new Map<string, readonly Buffer[]>()
    const waiting: Waiting[] = [{ names: [], path: this.#root }]
    let index = 0
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await this.#pause(index)
      const stats = lstatSync(next.path, { bigint: true })
      const seen = { path: next.path, stats }
      const entry = describe(next, stats, links)
      if (entry.type === 'directory') waiting.push(...below(next))
      if (entry.type === 'directory') this.#directories.push(seen)
      if (entry.type === 'file' && entry.size > 0) {
        this.#files.push({ ...seen, index })
        entry.sha256 = await sha256Of(piecesOf(seen))
      }
      yield entry
      index += 1
    }
    return undefined
  }

  async *contents(): AsyncGenerator<SourceContents, undefined> {
    for (const [count, file] of this.#files.entries()) {
      await this.#pause(count)
      yield { index: file.index, bytes: piecesOf(file) }
    }
    for (const { path, stats } of this.#directories) checkSame(path, stats, lstatSync(path, { bigint: true }))
    return undefined
  }

  async #pause(count: number): Promise<void> {
    if (count % ENTRIES_IN_A_TURN === 0) await turn()
    this.#signal?.throwIfAborted()
  }
}

/** What is in a directory, the last name first: the next one is taken from the end. */
function below({ names, path }: Waiting): Waiting[] {
  return readdirSync(path, { encoding: 'buffer' })
    .toSorted((a, b) => Buffer.compare(b, a))
    .map((name) => ({ names: [...names, name], path: Buffer.concat([path, SEPARATOR, name]) }))
}

function describe(
  { names, path }: Waiting,
  stats: BigIntStats,
  links: Map<string, readonly Buffer[]>,
): SourceEntry {
  const type = typeOf(stats, path)
  const entry: SourceEntry = {
    path: names,
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    ...momentOf(stats.mtimeNs),
    size: type === 'file' ? Number(stats.size) : 0,
  }
  if (type !== 'directory' && stats.nlink > 1n) {
    const inode = `${stats.dev}:${stats.ino}`
    const first = links.get(inode)
    if (first) return { ...entry, type: 'hardlink', size: 0, linkTo: first }
    links.set(inode, names)
  }
  if (type === 'symlink') entry.target = readlinkSync(path, { encoding: 'buffer' })
  if (type === 'block' || type === 'character') entry.device = deviceOf(stats.rdev)
  return entry
}

export function typeOf(stats: BigIntStats, path: Buffer): NodeType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  if (stats.isBlockDevice()) return 'block'
  if (stats.isCharacterDevice()) return 'character'
  const shown = JSON.stringify(decodeName(path))
  throw new ProvisionError(
    'invalid',
    'UnsupportedEntry',
    `${shown} has the mode ${stats.mode.toString(8)}, which is no file type`,
  )
}

/** The second counts down before the epoch, the nanoseconds always up. */
function momentOf(ns: bigint): { mtime: number; mtimeNsec: number } {
  const nanoseconds = ((ns % NANOSECONDS) + NANOSECONDS) % NANOSECONDS
  return { mtime: Number((ns - nanoseconds) / NANOSECONDS), mtimeNsec: Number(nanoseconds) }
}

/** Linux gives both numbers in two pieces each; illumos has 32 bits for each. */
function deviceOf(rdev: bigint): { major: number; minor: number } {
  if (process.platform === 'sunos') return { major: Number(rdev >> 32n), minor: Number(rdev & 0xffffffffn) }
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  }
}

/** The contents in one buffer that is filled again and again. @throws SourceChanged */
export async function* piecesOf({ path, stats }: Seen): AsyncGenerator<Uint8Array, undefined> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    checkSame(path, stats, fstatSync(file, { bigint: true }))
    const size = Number(stats.size)
    const buffer = Buffer.allocUnsafe(Math.min(size, READ_BYTES))
    for (let position = 0; position < size;) {
      const read = readSync(file, buffer, 0, Math.min(buffer.byteLength, size - position), position)
      if (read === 0) break
      yield buffer.subarray(0, read)
      position += read
      if (position < size) await turn()
    }
    checkSame(path, stats, fstatSync(file, { bigint: true }))
  } finally {
    closeSync(file)
  }
  return undefined
}

function checkSame(path: Buffer, before: BigIntStats, now: BigIntStats): void {
  const keys = ['dev', 'ino', 'mode', 'size', 'mtimeNs', 'ctimeNs'] as const
  if (keys.every((key) => before[key] === now[key])) return
  throw new ProvisionError(
    'conflict',
    'SourceChanged',
    `${JSON.stringify(decodeName(path))} changed while it was read, expected a tree at rest`,
  )
}
