// Opens the engines, assembles the application and listens.
import { once } from 'node:events'
import { chmod, mkdir, open, rename } from 'node:fs/promises'
import type { Server } from 'node:http'
import path from 'node:path'
import type { Logger } from 'pino'
import { openAdapters, type OpenedAdapters } from '#adapters/open-adapters.ts'
import type { Config } from '#core/config.ts'
import { ProvisionError } from '#core/errors.ts'
import { watchEventStreams } from './event-streams.ts'
import { createHttpServer } from './http-server.ts'
import { createLegacyServer } from './legacy-server.ts'
import { createNodeServer } from './node-server.ts'
import { periodicWork } from './periodic-work.ts'
import { createProcessShared } from './process-shared.ts'
import { startTicks, type RunningTicks } from './ticks.ts'

export interface RunningServer {
  databaseUrl: string
  /** resolves when the embedded database has ended under the server */
  databaseEnded: Promise<void>
  /** the secret of the first admin token, at the first start only */
  firstAdminToken: string | undefined
  /** Takes no more requests, lets those under way end for a while, closes the engines. */
  close(): Promise<void>
}

/** How long requests under way may go on after the server was told to stop. */
const GRACE_MS = 5000

/** @throws AddressInUse and what openAdapters throws */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const adapters = await openAdapters(config, 'server')
  try {
    log.info({ swept: adapters.swept }, 'swept what earlier processes left')
    const services = { ...adapters, config, log }
    const shared = createProcessShared(services)
    const app = createHttpServer(services, shared)
    // the token is told once, so it is made when nothing stops the start any more; requests wait for it
    const opened = Promise.withResolvers<void>()
    const server = await createNodeServer(
      (request, response) => void opened.promise.then(() => app(request, response)),
      config,
    )
    const cutEventStreams = watchEventStreams(server)
    const servers = [server]
    await listen(server, 'ZONEFLASH_LISTEN', config.listen)
    const cutOff = (error: unknown) => {
      for (const one of servers) {
        one.close()
        one.closeAllConnections()
      }
      throw error
    }
    if (config.legacyListen) {
      const legacy = createLegacyServer(services, shared)
      await listen(legacy, 'ZONEFLASH_LEGACY_LISTEN', config.legacyListen).catch(cutOff)
      servers.push(legacy)
    }
    const firstAdminToken = await adapters.tokens
      .ensureFirstAdmin((secret) => keepAdminToken(config.dataDir, secret))
      .catch(cutOff)
    opened.resolve()
    const ticks = startTicks(log, periodicWork(services))
    const { databaseUrl, databaseEnded } = adapters
    return {
      databaseUrl,
      databaseEnded,
      firstAdminToken,
      close: () => close(servers, cutEventStreams, ticks, adapters),
    }
  } catch (error) {
    await adapters.close()
    throw error
  }
}

/** `<data>/admin.token`, for the client on this machine: readable by us alone, whole or not at all. */
async function keepAdminToken(dataDir: string, secret: string): Promise<void> {
  const file = path.join(dataDir, 'admin.token')
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await chmod(`${file}.new`, 0o600)
    await handle.writeFile(`${secret}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}

async function listen(server: Server, variable: string, { host, port }: Config['listen']): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const reason = code === 'EADDRINUSE' ? 'another process listens there' : code
    throw new ProvisionError(
      'unavailable',
      'AddressInUse',
      `${variable} is ${host}:${port}, expected an address that is free: ${reason}`,
      { cause },
    )
  }
}

async function close(
  servers: readonly Server[],
  cutEventStreams: () => void,
  ticks: RunningTicks,
  adapters: OpenedAdapters,
): Promise<void> {
  const closed = Promise.all(servers.map((server) => once(server, 'close')))
  for (const server of servers) {
    server.close()
    server.closeIdleConnections()
  }
  cutEventStreams()
  const cut = setTimeout(() => servers.forEach((server) => server.closeAllConnections()), GRACE_MS)
  await closed
  clearTimeout(cut)
  await ticks.stop()
  await adapters.close()
}
