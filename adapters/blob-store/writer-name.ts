// Names of files that are being written, by which a later process can tell whether the writer still lives.
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'

/** How old an unfinished file of another machine or container must be before it counts as abandoned; writers touch theirs. */
export const FOREIGN_STALE_MS = 60 * 60 * 1000
/** How often a writer touches the file it writes. */
export const HEARTBEAT_MS = 60 * 1000

/** A name for a new unfinished file: `<home>.<pid>.<start>.<random>`. */
export function writerName(): string {
  return `${home()}.${process.pid}.${startTime(process.pid) ?? 0}.${randomUUID()}`
}

/**
 * Whether the writer of an unfinished file is gone. Process ids mean something only in the same boot and pid namespace
 * (`home`): for files of other containers that share the store, age decides.
 */
export function isAbandoned(name: string, modifiedMs: number, nowMs: number): boolean {
  const [origin, pid, start] = name.split('.')
  if (origin !== home()) return nowMs - modifiedMs > FOREIGN_STALE_MS
  return startTime(Number(pid)) !== Number(start)
}

let cachedHome: string | undefined

/** Identifies this boot of this machine and this pid namespace. */
function home(): string {
  cachedHome ??= createHash('sha256')
    .update(readFileSync('/proc/sys/kernel/random/boot_id'))
    .update(readlinkSync('/proc/self/ns/pid'))
    .digest('hex')
    .slice(0, 16)
  return cachedHome
}

/** Start time of a process in clock ticks since boot (proc(5), field 22), or undefined when there is no such process. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return undefined
  }
}
