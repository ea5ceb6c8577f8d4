// Copies a stream into a file without a name, to read it by position.
import type { FileHandle } from 'node:fs/promises'
import { asProvisionError, writeFully } from '../blob-store/disk.ts'
import { openNameless } from '../blob-store/nameless-file.ts'
import { refusal } from '#core/archive/refusals.ts'

/** @throws TooManyBytes, NoSpace, and what `chunks` throws; nothing is left then */
export async function spool(
  chunks: AsyncIterable<Uint8Array>,
  directory: string,
  maxBytes: number,
): Promise<FileHandle> {
  const file = await openNameless(directory)
  try {
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.byteLength
      if (size > maxBytes) {
        throw refusal('TooManyBytes', `the stream has more than ${maxBytes} bytes after decompression`)
      }
      await writeFully(file, chunk)
    }
    return file
  } catch (error) {
    await file.close()
    throw asProvisionError(error, directory)
  }
}
