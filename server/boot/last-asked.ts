// The whole MAC address that a client asked by before it asks by the beginning of one. Kept for minutes, in memory.
import type { Clock } from '#app/ports/queue.ts'

const KEPT_MS = 300_000
const MOST_CLIENTS = 10_000

export class LastAsked {
  readonly #clock: Clock
  readonly #macs = new Map<string, { mac: string; until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(address: string, mac: string): void {
    this.#macs.delete(address) // the newest is last
    this.#macs.set(address, { mac, until: this.#clock.now().getTime() + KEPT_MS })
    for (const oldest of this.#macs.keys()) {
      if (this.#macs.size <= MOST_CLIENTS) return
      this.#macs.delete(oldest)
    }
  }

  of(address: string): string | undefined {
    const asked = this.#macs.get(address)
    return asked && asked.until > this.#clock.now().getTime() ? asked.mac : undefined
  }
}
