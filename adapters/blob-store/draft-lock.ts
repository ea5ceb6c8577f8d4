// One process at a time works on a draft: `locks/<id>`, a symbolic link to the name of its holder, made whole or not at all.
import { link, lstat, lutimes, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'
import { ensureDurableDirectory, isMissing } from './disk.ts'
import { HEARTBEAT_MS, isAbandoned, writerName } from './writer-name.ts'

export interface DraftLock {
  release(): Promise<void>
}

/** One that a dead process holds is taken over. @throws DraftBusy */
export async function lockDraft(directory: string, id: string): Promise<DraftLock> {
  await ensureDurableDirectory(directory)
  const file = path.join(directory, id)
  const mine = writerName()
  while (!(await isMade(symlink(mine, file)))) {
    if (!(await removeStale(file, mine)))
      throw new ProvisionError(
        'conflict',
        'DraftBusy',
        `another request works on upload ${id}, expected it to end first`,
      )
  }
  const heartbeat = setInterval(() => {
    lutimes(file, new Date(), new Date()).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  return {
    async release() {
      clearInterval(heartbeat)
      if ((await holderOf(file)) === mine) await rm(file, { force: true })
    },
  }
}

/** Removes the locks of processes that are gone. */
export async function sweepDraftLocks(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  for (const name of names) await removeStale(path.join(directory, name), writerName())
}

/** Takes a dead holder's lock away; when somebody was quicker and it is a live one's, puts it back. False for a live one's. */
async function removeStale(file: string, mine: string): Promise<boolean> {
  if (!(await isStale(file))) return (await holderOf(file)) === undefined
  const aside = `${file}.${mine}`
  if (!(await isThere(rename(file, aside)))) return true
  const isLive = !(await isStale(aside))
  if (isLive) await isMade(link(aside, file))
  await rm(aside, { force: true })
  return !isLive
}

async function isStale(file: string): Promise<boolean> {
  const holder = await holderOf(file)
  const status = await lstat(file).catch(() => undefined)
  return holder !== undefined && status !== undefined && isAbandoned(holder, status.mtimeMs, Date.now())
}

async function holderOf(file: string): Promise<string | undefined> {
  return readlink(file).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
}

async function isMade(making: Promise<void>): Promise<boolean> {
  try {
    await making
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isThere(moving: Promise<void>): Promise<boolean> {
  try {
    await moving
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
