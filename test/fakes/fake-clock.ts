import type { Clock } from '#app/ports/queue.ts'

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() }

/** A clock that moves only when it is told to. */
export class FakeClock implements Clock {
  #milliseconds: number

  constructor(start = '2026-11-20T11:00:00.000Z') {
    this.#milliseconds = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#milliseconds)
  }

  advance(milliseconds: number): void {
    this.#milliseconds += milliseconds
  }
}
