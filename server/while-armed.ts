// Answers that exist only while a host is armed: below /js/:host/:token/.
import type { Request, RequestHandler, Response } from 'express'
import type { Install, InstallLog } from '#app/ports/installs.ts'
import { notFound } from './error-handler.ts'
import { createOpenInstall } from './open-install.ts'
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
  const openInstall = createOpenInstall(installs, wrongTokens)
  return (answer) => async (armed, response, next) => {
    const request = armed as Request
    const install = await openInstall(request, response)
    if (!install) return void notFound(request, response, next)
    response.set('cache-control', 'no-store')
    await answer({ install, token: armed.params.token, request, response })
  }
}
