// Ctrl-C and SIGTERM: what is unfinished is taken away, and said.
import { CliFailure, exitCode } from '../failures.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Runs `work` with a signal that aborts when the program is told to stop. The reason is a CliFailure that says `said`; a second
 * Ctrl-C ends the program at once.
 */
export async function interruptible<T>(said: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController()
  const stop = () =>
    stopping.abort(new CliFailure(exitCode.interrupted, 'Interrupted', `interrupted, ${said}`))
  for (const name of SIGNALS) process.once(name, stop)
  try {
    return await work(stopping.signal)
  } finally {
    for (const name of SIGNALS) process.off(name, stop)
  }
}

/** What is waited for, or the reason of the signal when that comes first: `work` may go on then, and nobody hears of it. */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason as Error)
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The pieces of `chunks` until the signal comes. */
export async function* untilStopped<T>(signal: AbortSignal, chunks: AsyncGenerator<T>): AsyncGenerator<T> {
  let isOver = false
  try {
    for (;;) {
      const next = await unlessStopped(signal, chunks.next())
      isOver = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // one that is busy would answer when it is done
    if (!isOver && !signal.aborted) await chunks.return(undefined)
  }
}
