// `zoneflash up`: everything on one machine. The worker is a process of its own, so that a crash while packaging does not take the server.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { openLog } from '#adapters/process/process-log.ts'
import { stopSignal } from '#adapters/process/stop-signal.ts'
import type { Config } from '#core/config.ts'
import { announce } from '#server/announce.ts'
import { startServer } from '#server/start-server.ts'
import { stopReason } from '#server/stop-reason.ts'

const WORKER = fileURLToPath(import.meta.resolve('#worker/main.ts'))

/** A worker that cannot start is tried again after this long, doubled each time up to the second figure. */
const RESTART_MS = { first: 1000, most: 60_000 }
/** How long a worker may take to put its job back. */
const STOP_MS = 20_000

export async function up(config: Config): Promise<void> {
  const stop = stopSignal()
  const log = openLog('up')
  const server = await startServer(config, log)
  const worker = keepWorker(server.databaseUrl, log)
  announce(config, server)
  await stopReason(stop, server, log)
  await worker.stop()
  await server.close()
}

/** Runs a worker and runs another when it ends, until `stop`. */
function keepWorker(databaseUrl: string, log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let child: ChildProcess
  let delay = RESTART_MS.first
  const start = () => {
    if (stopping.signal.aborted) return
    child = fork(WORKER, { env: { ...process.env, DATABASE_URL: databaseUrl } })
    // Once it takes jobs, a job that kills its worker each time is what the queue puts an end to.
    child.once('message', () => (delay = RESTART_MS.first))
    child.once('exit', (code, signal) => {
      if (stopping.signal.aborted) return
      log.error({ code, signal, again: `in ${delay} ms` }, 'the worker ended')
      setTimeout(start, delay).unref()
      delay = Math.min(delay * 2, RESTART_MS.most)
    })
  }
  start()
  return {
    async stop() {
      stopping.abort()
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(insist)
    },
  }
}
