// Waits until this process is told to stop.

/** Resolves with the first SIGTERM or SIGINT. Further ones are ignored: the stop is under way, and kill -9 is always there. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal))
  })
}
