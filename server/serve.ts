// `zoneflash serve`: the API, the console and the install-time endpoints, until a signal.
import { openLog } from '#adapters/process/process-log.ts'
import { stopSignal } from '#adapters/process/stop-signal.ts'
import type { Config } from '#core/config.ts'
import { announce } from './announce.ts'
import { stopReason } from './stop-reason.ts'
import { startServer } from './start-server.ts'

export async function serve(config: Config): Promise<void> {
  const stop = stopSignal()
  const log = openLog('server')
  const server = await startServer(config, log)
  announce(config, server)
  await stopReason(stop, server, log)
  await server.close()
}
