// `zoneflash work`: does the queue's jobs until a signal, or until the process that started it is gone.
import { openAdapters } from '#adapters/open-adapters.ts'
import { openLog } from '#adapters/process/process-log.ts'
import { stopSignal } from '#adapters/process/stop-signal.ts'
import type { Config } from '#core/config.ts'
import { createHandlers } from './handlers.ts'
import { startWorker } from './start-worker.ts'

export async function work(config: Config): Promise<void> {
  const stop = Promise.race([stopSignal(), parentGone()])
  const log = openLog('worker')
  const adapters = await openAdapters(config, 'worker')
  try {
    const { handlers, onGivenUp } = createHandlers(adapters, config)
    const worker = await startWorker(adapters.queueEngine, handlers, log, {
      concurrency: config.workerJobs,
      lockDurationMs: config.jobLockMs,
      onGivenUp,
    })
    log.info({ queue: adapters.queueEngine.kind }, 'worker takes jobs')
    // Whoever started us learns that what follows is no failure to start.
    process.send?.('ready', undefined, undefined, () => undefined)
    log.info({ signal: await stop }, 'stopping')
    await worker.close()
  } finally {
    await adapters.close()
  }
}

/** A worker that `zoneflash up` started ends with it, also when that was killed; one started alone never sees this. */
function parentGone(): Promise<string> {
  return new Promise((resolve) => process.once('disconnect', () => resolve('parent gone')))
}
