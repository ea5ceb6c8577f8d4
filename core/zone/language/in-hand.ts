// The configuration in hand: read on first use, and replaced by what a command makes of it.
import { ProvisionError } from '../../errors.ts'
import type { ZoneConfig } from '../config.ts'
import { fail, refuse, say } from './complaints.ts'
import { strerror } from './messages.ts'
import type { Outcome } from './outcome.ts'
import type { ResourceScope } from './resource-scope.ts'
import type { SessionState } from './session-state.ts'
import { atLeast } from './world.ts'

/** The configuration in hand, read on first use; undefined for an unknown zone, which is said. */
export function load(session: SessionState, isNeeded = true): ZoneConfig | undefined {
  if (session.config) return session.config
  let reason: string = strerror.noZone
  try {
    session.config = session.world.readConfig(session.savedZone)
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    reason = strerror.invalidDocument
  }
  if (session.config) return session.config
  say(session, `${session.zone}: ${reason}`)
  if (isNeeded) session.failed = true
  if (reason === strerror.noZone && session.mode === 'interactive') {
    session.terminal.out("Use 'create' to begin configuring a new zone.\n")
  }
  return undefined
}

export function hold(session: SessionState, config: ZoneConfig): void {
  session.config = config
  session.changed = true
}

export function replace(session: SessionState, outcome: Outcome<ZoneConfig>): void {
  if ('refusals' in outcome) refuse(session, outcome)
  else hold(session, outcome.value)
}

export function change(session: SessionState, outcome: Outcome<ResourceScope['resource']>): void {
  if ('refusals' in outcome) refuse(session, outcome)
  else if (session.scope) session.scope = { ...session.scope, resource: outcome.value }
}

/** Refuses what cannot be changed once the zone is installed. */
export function isInstalled(session: SessionState, action: string): boolean {
  const state = session.world.stateOf(session.savedZone)
  if (state === undefined || !atLeast(state, 'installed')) return false
  fail(session, `Zone ${session.savedZone} already installed; ${action} not allowed.`)
  return true
}
