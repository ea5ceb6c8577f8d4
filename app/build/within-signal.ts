/** What does not heed its signal is not waited for longer than this. */
const GRACE_MS = 30_000

/** What `work` gives; once `signal` is aborted, the work has a while to end, then it is left to itself. @throws the signal's reason then */
export async function withinSignal<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  graceMs = GRACE_MS,
): Promise<T> {
  signal.throwIfAborted()
  const { promise: late, reject } = Promise.withResolvers<never>()
  let grace: NodeJS.Timeout | undefined
  const stop = (): void => {
    grace = setTimeout(() => reject(signal.reason), graceMs)
  }
  signal.addEventListener('abort', stop, { once: true })
  const working = work()
  working.catch(() => undefined) // also when nobody waits for it any more
  try {
    return await Promise.race([working, late])
  } finally {
    signal.removeEventListener('abort', stop)
    clearTimeout(grace)
  }
}
