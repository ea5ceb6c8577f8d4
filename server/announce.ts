// What a person who starts the server is told.
import path from 'node:path'
import type { Config } from '#core/config.ts'
import type { RunningServer } from './start-server.ts'

/** Prints where the server listens, and the first admin token this once. */
export function announce({ listen, url, dataDir }: Config, { firstAdminToken }: RunningServer): void {
  process.stdout.write(`zoneflash listens on ${listen.host} port ${listen.port}, hosts reach it at ${url}\n`)
  if (firstAdminToken === undefined) return
  process.stdout.write(
    `first admin token, shown this once and kept in ${path.join(dataDir, 'admin.token')}:\n${firstAdminToken}\n`,
  )
}
