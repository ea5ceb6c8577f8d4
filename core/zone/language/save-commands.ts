// Checks of the configuration in hand, and saving it: verify and commit.
import { ProvisionError } from '../../errors.ts'
import type { ZoneConfig } from '../config.ts'
import { verifyConfig } from '../verify.ts'
import { fail, shortUsage } from './complaints.ts'
import { load } from './in-hand.ts'
import { strerror } from './messages.ts'
import type { Item } from './parse-line.ts'
import type { SessionState } from './session-state.ts'

export function verify(session: SessionState, items: readonly Item[]): void {
  if (items.length > 0) return shortUsage(session, 'verify')
  verifyZone(session, false)
}

export function commit(session: SessionState, items: readonly Item[]): void {
  if (items.length > 0) return shortUsage(session, 'commit')
  verifyZone(session, true)
}

export function verifyZone(session: SessionState, save: boolean): void {
  const config = load(session)
  if (!config) return
  const { complaints, reason: found } = verifyConfig(config, session.release)
  for (const complaint of complaints) fail(session, complaint)
  if (session.scope) fail(session, 'resource specification incomplete')
  let reason = found ?? (session.scope ? strerror.insufficient : undefined)
  if (save && reason !== undefined) fail(session, `Zone ${session.zone} failed to verify`)
  if (save && reason === undefined) reason = saveZone(session, config)
  if (reason !== undefined) fail(session, `${session.zone}: ${reason}`)
}

/** Writes the configuration; the reason when that is not possible. */
function saveZone(session: SessionState, config: ZoneConfig): string | undefined {
  try {
    session.world.save(config, session.savedZone === session.zone ? undefined : session.savedZone)
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    return error.code === 'ZoneValueInvalid' ? strerror.invalidDocument : error.message
  }
  session.changed = false
  session.savedZone = session.zone
  return undefined
}
