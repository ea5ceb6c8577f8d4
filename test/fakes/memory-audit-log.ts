import type { AuditLog } from '#app/ports/access.ts'
import type { Clock } from '#app/ports/queue.ts'
import { toStorable } from '#core/storable-text.ts'
import { systemClock } from './fake-clock.ts'

type Written = Parameters<AuditLog['write']>[0]
type Listed = Awaited<ReturnType<AuditLog['list']>>[number]

/** The audit log in an array. */
export class MemoryAuditLog implements AuditLog {
  #events: Listed[] = []
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async write({ actor, action, subject, details }: Written): Promise<void> {
    this.#events.push({
      at: this.#clock.now().toISOString(),
      actor: toStorable(actor),
      action: toStorable(action),
      subject: toStorable(subject),
      details: details && structuredClone(details),
    })
  }

  async list(limit: number): Promise<Listed[]> {
    return structuredClone(this.#events.toReversed().slice(0, limit))
  }

  async trim(before: Date): Promise<number> {
    const kept = this.#events.filter(({ at }) => at >= before.toISOString())
    const gone = this.#events.length - kept.length
    this.#events = kept
    return gone
  }
}
