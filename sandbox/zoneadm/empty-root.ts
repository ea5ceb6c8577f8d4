// What install and clone find where they want to put a zone (zones.md 1.3, root already present).
import { lstatSync } from 'node:fs'
import path from 'node:path'
import { hasManifest } from './detached-manifest.ts'
import { complain, FailedPlainly } from './failure.ts'
import { isSolaris10 } from './release.ts'
import type { ZonesHost } from './zones-host.ts'

/** @throws FailedPlainly when a detached zone or another root is in the way */
export function refuseOccupiedRoot({ release }: ZonesHost, command: string, zonepath: string): void {
  if (hasManifest(zonepath)) {
    complain(`Cannot ${command} detached zone.\nUse attach or remove ${zonepath} directory.`)
    throw new FailedPlainly()
  }
  const root = path.join(zonepath, 'root')
  const stats = lstatSync(root, { throwIfNoEntry: false })
  if (!stats) return
  if (isSolaris10(release)) {
    complain(`Rootpath ${root} exists; remove or move aside prior to ${command}.`)
    throw new FailedPlainly()
  }
  const faults = [
    ...(stats.isDirectory() ? [] : [`${root} is not a directory.`]),
    ...(stats.uid === 0 ? [] : [`${root} is not owned by root.`]),
    ...((stats.mode & 0o777) === 0o755 ? [] : [`${root} mode is not 0755.`]),
  ]
  for (const fault of faults) complain(fault)
  if (faults.length > 0) throw new FailedPlainly()
}
