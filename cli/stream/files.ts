// The FILE arguments: plain or compressed, a pipe, or - for stdin.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { decompress } from '#adapters/archive/decompress.ts'
import { peek } from '#adapters/archive/peek.ts'
import { firstSnapshot } from '#adapters/zfs/first-snapshot.ts'
import { openStreamPath, spoolStream, type StreamSource } from '#adapters/zfs/stream-source.ts'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import type { BeginInfo } from '#core/zfs/records.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead, shownFile, STDIN } from '../file-failures.ts'

const READ_BYTES = 512 * 1024
/** Copies of what is compressed or piped: as much as the disk of temporary files takes. */
const SPOOL = { directory: tmpdir(), maxBytes: Number.MAX_SAFE_INTEGER }

/** stdin can be read once. @throws CliFailure */
export function checkFiles(files: readonly string[]): void {
  if (files.filter((file) => file === STDIN).length > 1)
    throw usageFailure('stdin (-) is given twice, expected once')
}

/** Bytes of the file as it is on disk; 0 when nobody knows. */
export async function sizeOf(file: string): Promise<number> {
  if (file === STDIN) return 0
  const found = await stat(file).catch(cannotRead(file))
  return found.isFile() ? found.size : 0
}

/** The bytes of a file; `onBytes` is told of each piece before decompression. */
export async function* bytesOf(file: string, onBytes?: (length: number) => void): AsyncGenerator<Uint8Array> {
  const stream = file === STDIN ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES })
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      onBytes?.(chunk.byteLength)
      yield chunk
    }
  } catch (error) {
    cannotRead(file)(error)
  }
}

/** A stream from its start, decompressed, as it comes. @throws CliFailure when it is no ZFS stream */
export async function* streamBytes(
  file: string,
  onBytes?: (length: number) => void,
): AsyncGenerator<Uint8Array> {
  const outer = await peek(bytesOf(file, onBytes))
  const inner = await peek(decompress(outer.all, sniffCompression(outer.head)))
  checkFormat(file, inner.head)
  yield* inner.all
}

/** The first snapshot of a stream, without reading on; undefined when it has none. */
export async function firstBegin(chunks: AsyncIterable<Uint8Array>): Promise<BeginInfo | undefined> {
  const { begin, all } = await firstSnapshot(chunks)
  for await (const _chunk of all) break
  return begin
}

/** All snapshots of a stream; only a package is read to its end. @throws CorruptStream, TruncatedStream */
export async function snapshotsOf(chunks: AsyncIterable<Uint8Array>): Promise<BeginInfo[]> {
  const { begin, isInPackage, all } = await firstSnapshot(chunks)
  const reader = new RecordReader()
  for await (const chunk of all) {
    if (!isInPackage) return begin === undefined ? [] : [begin]
    reader.push(chunk)
  }
  reader.finish()
  return reader.info().snapshots
}

/** Anything as it is after decompression, as often as it is wanted. The caller must close it. */
export async function openAny(file: string): Promise<StreamSource> {
  return file === STDIN
    ? spoolStream(process.stdin as AsyncIterable<Uint8Array>, SPOOL)
    : openStreamPath(file, SPOOL).catch(cannotRead(file))
}

/** A stream that can be read by position. The caller must close it. */
export async function openSource(file: string): Promise<StreamSource> {
  const source = await openAny(file)
  try {
    checkFormat(file, (await peek(source.read())).head)
    return source
  } catch (error) {
    await source.close()
    throw error
  }
}

/** All of them, or none. */
export async function openSources(files: readonly string[]): Promise<StreamSource[]> {
  checkFiles(files)
  const sources: StreamSource[] = []
  try {
    for (const file of files) sources.push(await openSource(file))
    return sources
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()))
    throw error
  }
}

function checkFormat(file: string, head: Uint8Array): void {
  const format = sniffFormat(head)
  if (format === 'zfs') return
  const what =
    format === undefined ? describeUnknown(head) : `a ${format === 'flar' ? 'flash' : format} archive`
  throw refused('UnknownFormat', `${shownFile(file)} is ${what}, expected a zfs stream`, {
    ...(format !== undefined && { advice: 'make one of it: `zoneflash stream write FILE > FILE.zfs`' }),
  })
}
