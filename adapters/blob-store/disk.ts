// The few file operations that make a rename durable, and what a full disk looks like.
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'

/** Flushes a directory, so that names made or removed in it survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes `directory` and its missing parents, for the owner alone, each flushed into its own parent. */
export async function ensureDurableDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = path.dirname(made)) {
    await syncDirectory(path.dirname(made))
  }
}

/** Writes all of `bytes`: one write(2) may take less. */
export async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done)
    done += bytesWritten
  }
}

/** Turns a full disk or an exceeded quota into the error that callers know. */
export function asProvisionError(error: unknown, directory: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new ProvisionError('no-space', 'NoSpace', `no space left below ${directory}`, { cause: error })
}

/** Whether the failure says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
