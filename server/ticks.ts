// What a server does from time to time. Every server does it: each piece of work sees to it that twice is as good as once.
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface Tick {
  name: string
  /** from the end of one run to the beginning of the next */
  everyMs: number
  /** from the server's start to the first run; default: none */
  afterMs?: number
  run: (signal: AbortSignal) => Promise<unknown>
}

export interface RunningTicks {
  /** Begins no more runs, and waits for those under way, which are told by their signal. */
  stop(): Promise<void>
}

/** Runs each tick after its `afterMs` and then every `everyMs`. None overlaps itself; a failure is logged and does not end it. */
export function startTicks(log: Logger, ticks: readonly Tick[]): RunningTicks {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = ticks.map(async ({ name, everyMs, afterMs, run }) => {
    const pause = (ms: number) => wait(ms, undefined, { signal }).catch(() => undefined) // told to stop
    if (afterMs !== undefined) await pause(afterMs)
    while (!signal.aborted) {
      try {
        await run(signal)
      } catch (error) {
        if (!signal.aborted) log.error({ err: error, tick: name }, 'periodic work failed, it is tried again')
      }
      await pause(everyMs)
    }
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
