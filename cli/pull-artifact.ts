// Fetches one artifact into a file, whole and verified; run again, it goes on where it stopped.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import type { Artifact } from '#core/manifest.ts'
import { unreachable, type Client } from './client.ts'
import { CliFailure, refused } from './failures.ts'
import { startProgress } from './progress.ts'

/** @throws FileExists */
export async function refuseExisting(file: string): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) return
  throw refused('FileExists', `${file} is there already, expected a new name`, {
    advice: 'choose another with -o, or replace it with --force',
  })
}

/** Fetches into `FILE.part`, from where an earlier run stopped, and names the file when the digest is right. */
export async function pullArtifact(
  client: Client,
  { sha256, size }: Pick<Artifact, 'sha256' | 'size'>,
  file: string,
): Promise<void> {
  const part = `${file}.part`
  const hash = createHash('sha256')
  const kept = await onDisk(part, hashWhatIsThere(part, size, hash))
  if (kept < size) await fetchRest(client, { sha256, size, part, kept, hash })
  const actual = hash.digest('hex')
  if (actual !== sha256) {
    await rm(part, { force: true })
    throw refused('DigestMismatch', `${file} came with sha256 ${actual}, expected ${sha256}`, {
      advice: 'what was fetched is removed: run the command again',
    })
  }
  await onDisk(file, rename(part, file))
}

/** @throws CliFailure with the reason instead of the system's error */
async function onDisk<T>(file: string, action: Promise<T>): Promise<T> {
  return action.catch((cause: unknown) => {
    throw refused('CannotWrite', `${file} cannot be written: ${(cause as Error).message}`, { cause })
  })
}

async function hashWhatIsThere(part: string, size: number, hash: Hash): Promise<number> {
  const length = (await stat(part).catch(() => undefined))?.size ?? 0
  if (length === 0) return 0
  if (length > size) {
    await rm(part)
    return 0
  }
  for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer)
  return length
}

interface Rest {
  sha256: string
  size: number
  part: string
  kept: number
  hash: Hash
}

async function fetchRest(client: Client, { sha256, size, part, kept, hash }: Rest): Promise<void> {
  const reply = await client.open(`/blobs/sha256/${sha256}`, {
    headers: kept > 0 ? { range: `bytes=${kept}-` } : {},
  })
  if (kept > 0 && reply.status !== 206)
    throw refused('RangeIgnored', `the server sent ${part} from its beginning`, {
      advice: `remove ${part} and run again`,
    })
  const handle = await onDisk(part, open(part, 'a'))
  const progress = startProgress(`pulling ${sha256.slice(0, 12)}`, size)
  let done = kept
  try {
    for await (const chunk of reply.body ?? new ReadableStream<Uint8Array>()) {
      hash.update(chunk)
      await onDisk(part, handle.writeFile(chunk))
      progress.to((done += chunk.length))
    }
    await onDisk(part, handle.sync())
  } catch (cause) {
    throw cause instanceof CliFailure ? cause : unreachable(client.server, cause)
  } finally {
    progress.stop()
    await handle.close()
  }
}
