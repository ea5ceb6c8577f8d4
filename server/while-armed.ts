// Answers that exist only while a host is armed: below /js/:host/:token/.
import type { Request, RequestHandler, Response } from 'express'
import type { Install, InstallLog } from '#app/ports/installs.ts'
import { HostName } from '#core/names.ts'
import { notFound } from './error-handler.ts'
import type { WrongTokens } from './wrong-tokens.ts'

export interface ArmedRequest {
  install: Install
  token: string
  request: Request
  response: Response
}

export type WhileArmed = (
  answer: (armed: ArmedRequest) => void | Promise<void>,
) => RequestHandler<{ host: string; token: string }>

/**
 * A wrong, used or expired token is no failure here: it gets the same answer as a path that never was, after the same one look-up by
 * the token's hash, whatever else is mounted at the path; one that comes too often has to wait.
 */
export function createWhileArmed(installs: InstallLog, wrongTokens: WrongTokens): WhileArmed {
  return (answer) => async (request, response, next) => {
    const { host, token } = request.params
    const lookUp = (secret: string) =>
      HostName.safeParse(host).success ? installs.authenticate(host, secret) : Promise.resolve(undefined)
    const install = await wrongTokens.check(token, { request: request as Request, response }, lookUp)
    if (!install) return void notFound(request as Request, response, next)
    response.set('cache-control', 'no-store')
    await answer({ install, token, request: request as Request, response })
  }
}
