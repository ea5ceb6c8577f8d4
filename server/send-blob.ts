// A range of a blob onto a response, at the reader's pace and in bounded memory.
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'
import type { BlobStore, ByteRange } from '#app/ports/blobs.ts'
import type { Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import type { BufferPool } from './buffer-pool.ts'
import { PacedWriter } from './paced-writer.ts'
import { whenReaderLeft } from './route.ts'

/** What sending costs, for /metrics. */
export interface SendMeter {
  readerCame(): void
  readerWent(): void
  sent(bytes: number): void
}

export interface SendNeeds {
  blobs: BlobStore
  pool: BufferPool
  meter: SendMeter
}

/** A write that took longer than this many milliseconds means a slow reader: it gets small pieces. */
const SLOW_WRITE = 20

/** Sends exactly `range` and ends the response; status and other headers are set by the caller. */
export async function sendBlob(
  response: Response,
  sha256: Sha256,
  range: ByteRange,
  needs: SendNeeds,
): Promise<void> {
  const { blobs, meter } = needs
  meter.readerCame()
  try {
    response.set('content-length', String(range.end - range.start + 1))
    const file = await openBlob(sha256, blobs)
    if (file === undefined) await sendStream(response, await blobs.open(sha256, range), meter)
    else await sendFile(response, file, sha256, range, needs)
  } catch (error) {
    whenReaderLeft(error)
  } finally {
    meter.readerWent()
  }
}

async function sendStream(
  response: Response,
  source: AsyncIterable<Uint8Array>,
  meter: SendMeter,
): Promise<void> {
  const counted = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      meter.sent(piece.length)
      yield piece
    }
  }
  await pipeline(source, counted, response)
}

/** Reads into pooled buffers: a fresh buffer for each piece, as a file stream has it, costs about twice the CPU. */
async function sendFile(
  response: Response,
  file: FileHandle,
  sha256: Sha256,
  range: ByteRange,
  { pool, meter }: SendNeeds,
): Promise<void> {
  using writer = new PacedWriter(response)
  try {
    let slow = false
    for (let position = range.start; position <= range.end;) {
      const buffer = pool.take(slow ? 'small' : 'large')
      try {
        const piece = await readPiece(file, buffer, position, range.end, sha256)
        const begun = performance.now()
        await writer.write(piece)
        slow = performance.now() - begun > SLOW_WRITE
        position += piece.length
        meter.sent(piece.length)
      } finally {
        pool.give(buffer)
      }
    }
  } finally {
    await file.close()
  }
  response.end()
}

/** Undefined when the store has no files. */
async function openBlob(sha256: Sha256, blobs: BlobStore): Promise<FileHandle | undefined> {
  try {
    return await blobs.openFile?.(sha256)
  } catch (cause) {
    if (!(cause instanceof ProvisionError) || cause.code !== 'BlobNotFound') throw cause
    throw new ProvisionError(
      'unavailable',
      'BlobMissing',
      `the catalog names a blob that the store lacks: ${sha256}`,
      { cause },
    )
  }
}

async function readPiece(
  file: FileHandle,
  buffer: Buffer,
  position: number,
  end: number,
  sha256: Sha256,
): Promise<Buffer> {
  const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position + 1), position)
  if (bytesRead === 0) throw new Error(`blob ${sha256} ends at ${position}, expected ${end + 1} bytes`)
  return buffer.subarray(0, bytesRead)
}
