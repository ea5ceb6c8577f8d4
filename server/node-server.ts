// The listening side: node's own HTTP or HTTPS server with limits against slow and greedy peers.
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Config } from '#core/config.ts'
import { ProvisionError } from '#core/errors.ts'

const limits: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  /** a peer that dribbles its headers is cut off */
  headersTimeout: 20_000,
  /** for headers and body together: 64 GiB take 18 hours at 1 MB/s */
  requestTimeout: 24 * 3_600_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 10_000,
}
const MAX_HEADERS = 100
/** milliseconds without a byte in either direction */
const IDLE_TIMEOUT = 300_000

/** The server for an application; it does not listen yet. @throws WrongSetting for a certificate or key that cannot be used */
export async function createNodeServer(app: RequestListener, { tls }: Pick<Config, 'tls'>): Promise<Server> {
  const server = tls ? await createSecureServer(app, tls) : createServer(limits, app)
  server.maxHeadersCount = MAX_HEADERS
  server.timeout = IDLE_TIMEOUT
  return server
}

async function createSecureServer(app: RequestListener, tls: { cert: string; key: string }): Promise<Server> {
  const cert = await readPem('ZONEFLASH_TLS_CERT', tls.cert)
  const key = await readPem('ZONEFLASH_TLS_KEY', tls.key)
  try {
    return createTlsServer({ ...limits, cert, key }, app)
  } catch (cause) {
    throw wrongSetting(
      'ZONEFLASH_TLS_CERT and ZONEFLASH_TLS_KEY',
      `${tls.cert} and ${tls.key}`,
      'a certificate and its key as PEM',
      cause,
    )
  }
}

async function readPem(variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw wrongSetting(variable, file, 'a readable PEM file', cause)
  }
}

function wrongSetting(variable: string, holds: string, expected: string, cause: unknown): ProvisionError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ProvisionError(
    'invalid',
    'WrongSetting',
    `${variable} is ${holds}, expected ${expected}: ${reason}`,
    { cause },
  )
}
