// Streams in the blob store as sources that can be read by position.
import { openStreamFile, spoolStream, type SpoolOptions, type StreamSource } from './stream-source.ts'
import type { StoredBytes } from '#app/ports/archives.ts'

/** All of them, or none when one cannot be opened. @throws BlobNotFound, TooManyBytes, NoSpace */
export async function openStored(
  stored: readonly StoredBytes[],
  options: SpoolOptions,
): Promise<StreamSource[]> {
  const sources: StreamSource[] = []
  try {
    for (const bytes of stored) sources.push(await openOne(bytes, options))
    return sources
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()))
    throw error
  }
}

async function openOne(bytes: StoredBytes, options: SpoolOptions): Promise<StreamSource> {
  if (bytes.openFile) return openStreamFile(await bytes.openFile(), options)
  const whole = await bytes.read()
  return spoolStream(whole, options).finally(() => whole.destroy())
}
