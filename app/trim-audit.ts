// Keeps the audit log from growing for ever.
import type { AuditLog } from './ports/access.ts'
import type { Clock } from './ports/queue.ts'

const DAY = 86_400_000

/** Forgets events older than `days`; returns how many. */
export async function trimAudit(
  days: number,
  { audit, clock }: { audit: AuditLog; clock: Clock },
): Promise<number> {
  return audit.trim(new Date(clock.now().getTime() - days * DAY))
}
