// A directory that is there whole or not at all.
import { lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { refused } from '../failures.ts'
import { cannotWrite } from '../file-failures.ts'

/** Fills a directory beside `target`, which takes its name at the end. */
export async function intoDirectory<T>(
  target: string,
  signal: AbortSignal,
  fill: (directory: string) => Promise<T>,
): Promise<T> {
  const staging = await mkdtemp(path.join(path.dirname(target), `.${path.basename(target)}.`)).catch(
    cannotWrite(target),
  )
  try {
    const filled = await fill(staging)
    signal.throwIfAborted()
    await rename(staging, target).catch(cannotWrite(target))
    return filled
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** @throws CliFailure unless there is nothing, or an empty directory */
export async function checkEmpty(target: string): Promise<void> {
  const found = await lstat(target).catch(() => undefined)
  if (found === undefined) return
  const isEmpty = found.isDirectory() && (await readdir(target).catch(cannotWrite(target))).length === 0
  if (!isEmpty)
    throw refused('DirectoryNotEmpty', `${target} is there already, expected a new or empty directory`)
}
