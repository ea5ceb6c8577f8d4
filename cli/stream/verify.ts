// `zoneflash stream verify`: every checksum of each stream, and its tree where it can be read.
import type { Command } from 'commander'
import { firstSnapshot } from '#adapters/zfs/first-snapshot.ts'
import { ProvisionError } from '#core/errors.ts'
import { RECORD_HEADER } from '#core/zfs/header-fields.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import type { RecordPlace, RecordSink } from '#core/zfs/records.ts'
import { addCommand } from '../command.ts'
import { CliFailure, refused } from '../failures.ts'
import { shownFile } from '../file-failures.ts'
import { print, printLine, renderName } from '../output.ts'
import { startProgress, type Progress } from '../progress.ts'
import { checkFiles, firstBegin, sizeOf, streamBytes } from './files.ts'
import { TreeReader } from './read-tree.ts'
import { renderVerified, verifiedFacts, type Verified } from './verified.ts'

/** Passes what is read to nobody. */
const recordsAlone: RecordSink = { record: () => {}, payload: () => {}, recordEnd: () => {} }

/** What was thrown while a record was read, and which. */
class Damage extends Error {
  readonly error: unknown
  readonly place: RecordPlace | undefined

  constructor(error: unknown, place: RecordPlace | undefined) {
    super('a stream is damaged', { cause: error })
    this.error = error
    this.place = place
  }
}

/** A stream whose snapshot others may start from. */
interface Base {
  file: string
  set: ObjectSet
}

export function registerStreamVerify(noun: Command): void {
  addCommand(
    noun,
    'verify',
    'check every byte of streams, and name what is broken by record and offset',
    'zoneflash stream verify full.zfs incremental.zfs',
    'zfs send pool/zone@snap | zoneflash stream verify -',
  )
    .argument('<file...>', 'streams; an increment is applied to its base when that came before it')
    .action(async (files: string[], { json }: { json?: boolean }) => {
      checkFiles(files)
      const bases = new Map<string, Base>()
      const needed = await neededGuids(files)
      const counts = { broken: 0, unread: 0 }
      for (const file of files) {
        try {
          const verified = await verify(file, bases)
          if (verified.read) {
            const { toGuid } = verified.read.set.begin
            if (needed === 'any' || needed.has(toGuid)) bases.set(toGuid, { file, set: verified.read.set })
          }
          if (json) await printLine(JSON.stringify(verifiedFacts(verified)))
          else await print(renderVerified(verified))
        } catch (error) {
          const { error: failure, place } = error instanceof Damage ? error : { error }
          if (!(failure instanceof ProvisionError) && !(failure instanceof CliFailure)) throw failure
          const { code, message } = failure
          const isUnread = code === 'CannotRead'
          counts[isUnread ? 'unread' : 'broken'] += 1
          const at = place && { record: place.number, offset: place.at }
          if (json)
            await printLine(JSON.stringify({ file: shownFile(file), ok: false, code, message, ...at }))
          else if (isUnread) await printLine(`${renderName(message)} (${code})`)
          else await printLine(`${shownFile(file)}: BROKEN: ${renderName(message)} (${code})`)
        }
      }
      judge(files.length, counts)
    })
}

/** @throws CliFailure unless all streams are good */
function judge(all: number, { broken, unread }: { broken: number; unread: number }): void {
  const unreadToo = unread > 0 ? `, ${unread} cannot be read` : ''
  if (broken > 0) {
    const what = all === 1 ? 'the stream is' : `${broken} of ${all} streams are`
    throw refused('StreamBroken', `${what} broken${unreadToo}, expected whole ones`)
  }
  if (unread > 0) {
    const what = all === 1 ? 'the file' : `${unread} of ${all} files`
    throw refused('CannotRead', `${what} cannot be read, expected streams`)
  }
}

/** The snapshots that a later file may start from: only their objects are kept. */
async function neededGuids(files: readonly string[]): Promise<ReadonlySet<string> | 'any'> {
  if (files.includes('-')) return 'any'
  const guids = new Set<string>()
  for (const file of files.slice(1)) {
    const begin = await firstBegin(streamBytes(file)).catch(() => undefined)
    if (begin !== undefined && begin.fromGuid !== '0') guids.add(begin.fromGuid)
  }
  return guids
}

async function verify(file: string, bases: ReadonlyMap<string, Base>): Promise<Verified> {
  const progress = startProgress(`verifying ${shownFile(file)}`, await sizeOf(file))
  try {
    return await read(file, bases, progress)
  } finally {
    progress.stop()
  }
}

async function read(file: string, bases: ReadonlyMap<string, Base>, progress: Progress): Promise<Verified> {
  let read = 0
  const bytes = streamBytes(file, (length) => progress.to((read += length)))
  const { begin, all } = await firstSnapshot(headerFirst(bytes))
  const from = begin === undefined || begin.fromGuid === '0' ? undefined : begin.fromGuid
  const base = from === undefined ? undefined : bases.get(from)
  const isAlone = from !== undefined && base === undefined
  const tree = isAlone ? undefined : new TreeReader(base?.set)
  const reader = new RecordReader(tree ?? recordsAlone)
  for await (const chunk of all) located(reader, () => reader.push(chunk))
  located(reader, () => reader.finish())
  const result = tree?.result()
  const why = isAlone ? `its base, the snapshot of guid ${from}, was not given before it` : tree?.why
  return {
    file: shownFile(file),
    info: reader.info(),
    ...(result && { read: result }),
    ...(base && { base: shownFile(base.file) }),
    ...(why !== undefined && { why }),
  }
}

/** The first header by itself: what is broken behind it is found by who says where. */
async function* headerFirst(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true
  for await (const chunk of chunks) {
    if (isFirst) yield chunk.subarray(0, RECORD_HEADER)
    yield isFirst ? chunk.subarray(RECORD_HEADER) : chunk
    isFirst = false
  }
}

function located(reader: RecordReader, read: () => void): void {
  try {
    read()
  } catch (error) {
    throw new Damage(error, reader.place)
  }
}
