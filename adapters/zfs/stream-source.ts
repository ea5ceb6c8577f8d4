// Streams that can be read from the start and by position: plain files, and a nameless copy of anything else.
import { open, type FileHandle } from 'node:fs/promises'
import { decompress } from '../archive/decompress.ts'
import { peek } from '../archive/peek.ts'
import { spool } from './spool.ts'
import { refusal } from '#core/archive/refusals.ts'
import { sniffCompression, SNIFF_BYTES } from '#core/archive/sniff.ts'

const READ_BYTES = 512 * 1024

export interface StreamSource {
  /** All of it, after decompression; may be called again. */
  read(): AsyncIterable<Uint8Array>
  /** Exactly `length` bytes. @throws TruncatedStream when there are fewer */
  readAt(position: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

export interface SpoolOptions {
  /** where temporary files may lie */
  directory: string
  /** a stream of more bytes, after decompression, is refused */
  maxBytes: number
}

/** An open file that holds a stream as it is. Closing the source closes the file. */
export class FileSource implements StreamSource {
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    this.#file = file
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await this.#file.read(
        Buffer.allocUnsafe(READ_BYTES),
        0,
        READ_BYTES,
        position,
      )
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      position += bytesRead
    }
  }

  async readAt(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length)
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, position + done)
      if (bytesRead === 0) {
        throw refusal('TruncatedStream', `zfs stream ends at byte ${position + done}, inside a block`)
      }
      done += bytesRead
    }
    return bytes
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** The stream that a path names: a file, or a pipe. */
export async function openStreamPath(path: string, options: SpoolOptions): Promise<StreamSource> {
  const file = await open(path)
  if ((await file.stat()).isFile()) return openStreamFile(file, options)
  return spoolStream(file.createReadStream({ highWaterMark: READ_BYTES }), options)
}

/** The stream in a file: read where it lies when it is plain, from a copy when it is compressed. The file is closed with it, or before. */
export async function openStreamFile(file: FileHandle, options: SpoolOptions): Promise<StreamSource> {
  const source = new FileSource(file)
  let isKept = false
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    isKept = sniffCompression(buffer.subarray(0, bytesRead)) === 'none'
    return isKept ? source : await spoolStream(source.read(), options)
  } finally {
    if (!isKept) await source.close()
  }
}

/** A stream that comes by itself, compressed or not: it is copied to where it can be read by position. */
export async function spoolStream(
  chunks: AsyncIterable<Uint8Array>,
  { directory, maxBytes }: SpoolOptions,
): Promise<StreamSource> {
  const { head, all } = await peek(chunks)
  return new FileSource(await spool(decompress(all, sniffCompression(head)), directory, maxBytes))
}
