// What every subcommand that changes a zone asks first (zones.md 1.2 and 1.3).
import { Refused, RefusedWhole } from './failure.ts'
import { isSolaris10 } from './release.ts'
import type { ZonesHost } from './zones-host.ts'

/** Commands that a ready or running zone forbids. */
const unsafeWhenRunning = new Set(['install', 'uninstall', 'attach', 'detach', 'clone', 'move', 'mark'])
const needConfigured = new Set(['install', 'attach', 'clone'])
const needInstalled = new Set(['detach', 'move', 'ready', 'boot', 'mark'])
const needNoIncomplete = new Set(['verify'])

/** @throws Refused, RefusedWhole */
export function checkSanity(host: ZonesHost, command: string, name: string): void {
  if (process.env['ZONENAME'] !== undefined)
    throw new Refused(`must be in the global zone to ${command} a zone.`)
  if (process.getuid?.() !== 0) throw new Refused(`only a privileged user may ${command} a zone.`)
  if (name === 'global') throw new Refused(`${command} operation is invalid for the global zone.`)
  if (name.startsWith('SUNW'))
    throw new Refused(`${command} operation is invalid for zones starting with SUNW.`)
  const entry = host.store.findEntry(name)
  if (!entry) throw new RefusedWhole(`${name}: No such zone configured`)
  const kernel = host.store.kernelState(name)
  if (kernel && unsafeWhenRunning.has(command)) {
    throw new Refused(`${command} operation is invalid for ${kernel.state} zones.`)
  }
  const { state } = entry
  if (command === 'uninstall' && state === 'configured')
    throw new Refused("is already in state 'configured'.")
  if (needConfigured.has(command) && state === 'installed') throw new Refused('is already installed.')
  if ((needConfigured.has(command) || needNoIncomplete.has(command)) && state === 'incomplete') {
    throw new Refused('zone is incomplete; uninstall required.')
  }
  const mayMark = command === 'mark' && !isSolaris10(host.release)
  if (needInstalled.has(command) && state !== 'installed' && !mayMark) {
    throw new Refused(`must be installed before ${command}.`)
  }
}
