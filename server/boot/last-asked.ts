// The whole MAC address that a client asked by before it asks by the beginning of one. Kept for minutes, in memory.
import type { Clock } from '#app/ports/queue.ts'
import { Newest } from '../newest.ts'

const KEPT_MS = 300_000
const MOST_CLIENTS = 10_000

/** Several machines may have one IP address here, behind a proxy or a router: then nobody knows which of them asks. */
export class LastAsked {
  readonly #clock: Clock
  readonly #asked = new Newest<string, { mac: string | undefined; until: number }>(MOST_CLIENTS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(address: string, mac: string): void {
    const now = this.#clock.now().getTime()
    const before = this.#asked.get(address)
    const isOther = before && before.until > now && before.mac !== mac
    this.#asked.set(address, { mac: isOther ? undefined : mac, until: now + KEPT_MS })
  }

  /** Undefined where none was asked by lately, or more than one. */
  of(address: string): string | undefined {
    const asked = this.#asked.get(address)
    return asked && asked.until > this.#clock.now().getTime() ? asked.mac : undefined
  }
}
