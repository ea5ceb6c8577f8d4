// Who brings the system that a host is installed with: its installer, or the script that the host runs.
import type { Plan } from './schema.ts'

/** `install`: JumpStart's finish script, below /a; `first-boot`: a service of the installed system; '': a person or a worker, on a host that is up. */
export type RunPhase = '' | 'install' | 'first-boot'

/**
 * A flash archive is JumpStart's own matter. kayak has installed its host before a script runs at the first boot; a script that
 * somebody runs by hand brings the system all the same. `nobody`: the plan has no system.
 */
export function whoBringsSystem(
  { system, jumpstart, kayak }: Partial<Pick<Plan, 'system' | 'jumpstart' | 'kayak'>>,
  phase: RunPhase = '',
): 'installer' | 'script' | 'nobody' {
  if (!system) return 'nobody'
  if (system.format === 'flar') return 'installer'
  const isKayaks = kayak !== undefined && jumpstart === undefined
  return isKayaks && phase === 'first-boot' ? 'installer' : 'script'
}
