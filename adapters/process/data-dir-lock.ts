import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'
import { processStart } from './process-identity.ts'

/** Says that this process works on a data directory, until `release` or its death. */
export interface DataDirLock {
  release(): void
}

interface Holder {
  pid: number
  start: string
}

const LOCK_FILE = 'zoneflash.pid'

/**
 * Takes the data directory for this process. The file names its holder, so one that was killed holds nothing.
 * @throws DataDirInUse naming the pid of the process that has it
 */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const file = path.join(dataDir, LOCK_FILE)
  const mine = `${file}.${process.pid}`
  const me = `${JSON.stringify({ pid: process.pid, start: processStart(process.pid) ?? 'unknown' })}\n`
  writeFileSync(mine, me)
  try {
    // A link is made whole or not at all, and only where there is none.
    while (!tryLink(mine, file)) {
      const holder = lockHolder(dataDir)
      if (holder !== undefined) throw inUse(dataDir, holder)
      removeStale(file, dataDir)
    }
  } finally {
    unlinkSync(mine)
  }
  return {
    release() {
      if (readIfThere(file) === me) unlinkSync(file)
    },
  }
}

/** The pid of the live process that holds the data directory. */
export function lockHolder(dataDir: string): number | undefined {
  const holder = parseHolder(readIfThere(path.join(dataDir, LOCK_FILE)))
  return holder && processStart(holder.pid) === holder.start ? holder.pid : undefined
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Moves a dead holder's file away; when another start was quicker and it is a live one's, puts it back. */
function removeStale(file: string, dataDir: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  const holder = parseHolder(readIfThere(aside))
  const live = holder && processStart(holder.pid) === holder.start
  if (live) tryLink(aside, file)
  unlinkSync(aside)
  if (live) throw inUse(dataDir, holder.pid)
}

function inUse(dataDir: string, pid: number): ProvisionError {
  return new ProvisionError(
    'conflict',
    'DataDirInUse',
    `the data directory ${dataDir} is in use by process ${pid}, stop it or set ZONEFLASH_DATA to another directory`,
    { details: { dataDir, pid } },
  )
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  const match = /^\{"pid":(\d+),"start":"([^"]+)"\}\n$/.exec(text ?? '')
  return match?.[1] && match[2] ? { pid: Number(match[1]), start: match[2] } : undefined
}
