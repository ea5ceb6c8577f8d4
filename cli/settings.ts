// Where the server is and which token to show it, from the environment.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { defaultUrl, parseConfig } from '#core/config.ts'
import { usageFailure } from './failures.ts'
import { readRemembered } from './remembered-server.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ClientSettings {
  /** without a slash at its end */
  server: string
  token: string | undefined
}

/**
 * ZONEFLASH_SERVER, else what `zoneflash use` was told, else the server on this machine, where its own settings say. The token is ZONEFLASH_TOKEN, else the
 * remembered server's, else the one that `zoneflash up` left in the data directory.
 */
export function readClientSettings(env: Environment): ClientSettings {
  const said = env['ZONEFLASH_SERVER']
  if (said) return { server: parseServer('ZONEFLASH_SERVER', said), token: readToken(env) }
  const remembered = readRemembered(env)
  if (!remembered) return { server: localServer(env), token: readToken(env) }
  return { server: parseServer('URL', remembered.server), token: readToken(env, remembered.tokenFile) }
}

/** The server of our own on this machine. @throws WrongSetting */
function localServer(env: Environment): string {
  const { listen, tls } = parseConfig({
    ZONEFLASH_LISTEN: env['ZONEFLASH_LISTEN'],
    ZONEFLASH_TLS_CERT: env['ZONEFLASH_TLS_CERT'],
    ZONEFLASH_TLS_KEY: env['ZONEFLASH_TLS_KEY'],
  })
  return defaultUrl(listen, tls !== undefined)
}

/** Without a slash at its end. @throws CliFailure that names `what` */
export function parseServer(what: string, text: string): string {
  const server = text.replace(/\/+$/, '')
  if (URL.canParse(server) && /^https?:/.test(server)) return server
  throw usageFailure(`${what} is ${JSON.stringify(server)}, expected an http or https URL`)
}

/** @throws CliFailure that does not show the token */
function readToken(
  env: Environment,
  file = path.join(env['ZONEFLASH_DATA'] || './data', 'admin.token'),
): string | undefined {
  const given = env['ZONEFLASH_TOKEN']
  const token = given || tokenIn(file)
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  const where = given ? 'ZONEFLASH_TOKEN' : file
  throw usageFailure(
    `${where} holds characters that no token has, expected zf_ and letters, digits, "_", "-"`,
  )
}

function tokenIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined // no server ever started here: the request goes out without a token
  }
}
