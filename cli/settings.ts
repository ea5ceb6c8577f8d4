// Where the server is and which token to show it, from the environment.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { usageFailure } from './failures.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ClientSettings {
  /** without a slash at its end */
  server: string
  token: string | undefined
}

/** ZONEFLASH_SERVER and ZONEFLASH_TOKEN; without the latter, the token that `zoneflash up` left in the data directory. */
export function readClientSettings(env: Environment): ClientSettings {
  const server = (env['ZONEFLASH_SERVER'] || 'http://127.0.0.1:7070').replace(/\/+$/, '')
  if (!URL.canParse(server) || !/^https?:/.test(server))
    throw usageFailure(`ZONEFLASH_SERVER is ${JSON.stringify(server)}, expected an http or https URL`)
  return { server, token: readToken(env) }
}

/** @throws CliFailure that does not show the token */
function readToken(env: Environment): string | undefined {
  const file = path.join(env['ZONEFLASH_DATA'] || './data', 'admin.token')
  const given = env['ZONEFLASH_TOKEN']
  const token = given || tokenOfDataDirectory(file)
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  const where = given ? 'ZONEFLASH_TOKEN' : file
  throw usageFailure(
    `${where} holds characters that no token has, expected zf_ and letters, digits, "_", "-"`,
  )
}

function tokenOfDataDirectory(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined // no server ever started here: the request goes out without a token
  }
}
