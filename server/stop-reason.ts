// Waits until the server has a reason to stop.
import type { Logger } from 'pino'
import type { RunningServer } from './start-server.ts'

/** A signal, or the end of the embedded database: then the process fails, so that whoever watches it starts it again. */
export async function stopReason(
  signal: Promise<NodeJS.Signals>,
  { databaseEnded }: RunningServer,
  log: Logger,
): Promise<void> {
  const reason = await Promise.race([signal, databaseEnded.then(() => undefined)])
  if (reason !== undefined) return log.info({ signal: reason }, 'stopping')
  log.fatal('the embedded PostgreSQL ended, its log is postgres/postgres.log in the data directory')
  process.exitCode = 1
}
