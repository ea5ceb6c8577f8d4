// Temporary files without a name: nothing is left of them when the process dies.
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { writerName } from './writer-name.ts'

/** `directory` must be one that is swept: a kill between making and unlinking the file leaves an empty one. */
export async function openNameless(directory: string): Promise<FileHandle> {
  await mkdir(directory, { recursive: true })
  const name = path.join(directory, writerName())
  const file = await open(name, 'wx+', 0o600)
  await rm(name)
  return file
}
