// What a person who starts the server is told.
import path from 'node:path'
import { legacyUrl, type Config } from '#core/config.ts'
import type { RunningServer } from './start-server.ts'

/** Prints where the server listens, and the first admin token this once. */
export function announce(config: Config, { firstAdminToken }: RunningServer): void {
  const { listen, legacyListen, url, dataDir } = config
  process.stdout.write(`zoneflash listens on ${listen.host} port ${listen.port}, hosts reach it at ${url}\n`)
  if (legacyListen) {
    process.stdout.write(
      `installers of old systems: ${legacyListen.host} port ${legacyListen.port}, read-only, without TLS; they reach it at ${legacyUrl(config)}\n`,
    )
  }
  if (firstAdminToken === undefined) return
  process.stdout.write(
    `first admin token, shown this once and kept in ${path.join(dataDir, 'admin.token')}:\n${firstAdminToken}\n`,
  )
}
