// Whether a zonepath may hold a zone, and making one that may (zones.md 1.3, zonepath checks).
import { chmodSync, lstatSync, mkdirSync, realpathSync, statSync, type Stats } from 'node:fs'
import path from 'node:path'
import { complain, FailedPlainly } from './failure.ts'
import { zoneState, type ZonesHost } from './zones-host.ts'

/** What is wrong with the owner and mode of a zonepath; an empty list when nothing is. */
export function zonepathFaults(
  zonepath: string,
  stats: Pick<Stats, 'uid' | 'mode' | 'isDirectory'>,
): string[] {
  if (!stats.isDirectory()) return [`${zonepath} is not a directory.`]
  const faults = stats.uid === 0 ? [] : [`${zonepath} is not owned by root.`]
  const bits = [
    [0o400, true, 'owner readable'],
    [0o200, true, 'owner writable'],
    [0o100, true, 'owner executable'],
    [0o040, false, 'group readable'],
    [0o020, false, 'group writable'],
    [0o010, false, 'group executable'],
    [0o004, false, 'world readable'],
    [0o002, false, 'world writable'],
    [0o001, false, 'world executable'],
  ] as const
  for (const [bit, wanted, words] of bits) {
    if (((stats.mode & bit) !== 0) !== wanted)
      faults.push(`${zonepath} must ${wanted ? '' : 'not '}be ${words}.`)
  }
  return faults
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}

/** Complains of every fault. @throws FailedPlainly when there is one, or the path is missing and must be there */
export function verifyZonepath(host: ZonesHost, name: string, zonepath: string, mustExist: boolean): void {
  const faults: string[] = []
  const stats = lstatSync(zonepath, { throwIfNoEntry: false })
  if (!path.isAbsolute(zonepath)) faults.push(`${zonepath} is not an absolute path.`)
  else if (!stats && mustExist) faults.push(`${zonepath}: No such file or directory`)
  else if (stats?.isSymbolicLink() || realParent(zonepath) !== path.dirname(zonepath)) {
    faults.push(`${zonepath}: Resolved path mismatch`)
  } else if (stats) faults.push(...zonepathFaults(zonepath, statSync(zonepath)))
  for (const other of host.store.listIndex()) {
    if (other.name === name || other.name === 'global' || zoneState(host, other) === 'configured') continue
    if (overlaps(zonepath, other.zonepath)) {
      faults.push(`${name} zonepath (${zonepath}) and ${other.name} zonepath (${other.zonepath}) overlap.`)
    }
  }
  if (faults.length === 0) return
  for (const fault of faults) complain(fault)
  complain(`could not verify zonepath ${zonepath} because of the above errors.`)
  throw new FailedPlainly()
}

/** The parent with symlinks resolved, or as it stands while it does not exist. */
function realParent(zonepath: string): string {
  const parent = path.dirname(zonepath)
  try {
    return realpathSync(parent)
  } catch {
    return parent
  }
}

/** Makes a missing zonepath: parents 0755, itself 0700. */
export function makeZonepath(zonepath: string): void {
  mkdirSync(zonepath, { recursive: true, mode: 0o755 })
  chmodSync(zonepath, 0o700)
}
