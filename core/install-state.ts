import { z } from 'zod'
import type { InstallEvent } from './install.ts'

/** A run of a host's plan: armed until the first report; open, with its token good, until it is done or expired. */
export const InstallState = z.enum(['armed', 'running', 'done', 'failed', 'expired'])
export type InstallState = z.infer<typeof InstallState>

/** States in which an install's documents exist, as long as its window lasts. A failed run may be tried again. */
export const openInstallStates = ['armed', 'running', 'failed'] as const satisfies readonly InstallState[]

export function isOpen(state: InstallState): boolean {
  return openInstallStates.some((open) => open === state)
}

/** The step of what the server itself adds to a timeline. */
export const NOTICE = 'notice'

/** The state of an open install once `event` is recorded: only the report on the whole run ends it. */
export function installStateAfter(
  event: Pick<InstallEvent, 'step' | 'state' | 'zone'>,
  before: InstallState,
): InstallState {
  if (event.step === NOTICE) return before
  if (event.step === 'install' && !event.zone) {
    if (event.state === 'done') return 'done'
    if (event.state === 'failed') return 'failed'
  }
  return 'running'
}
