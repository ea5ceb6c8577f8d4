// Who asks for images: the token stands in the path, since imgadm and zadm can send it nowhere else, or in a header.
import type { Request, Response } from 'express'
import type { ImageReader } from '#app/images/sources.ts'
import type { Client } from '#core/client.ts'
import type { ApiToken } from '#app/ports/access.ts'
import { nothingHere, ProvisionError } from '#core/errors.ts'
import { basicPassword, bearerSecret } from '../auth.ts'
import type { Services } from '../services.ts'
import type { WrongTokens } from '../wrong-tokens.ts'

export interface AskerNeeds {
  tokens: Services['tokens']
  wrongTokens: WrongTokens
}

/** The same address at the top, and with a token before it. */
export function withAndWithoutToken<P extends string>(path: P): [P, `/t/:token${P}`] {
  return [path, `/t/:token${path}`]
}

/**
 * Finds out who reads. A wrong token in a header is as good as none, and so is any token of an address that offered too many wrong
 * ones: imgadm goes on to its next source after a 404 and nothing else (jumpstart.md 6.2.2).
 * @throws ResourceNotFound for a token in the path that is wrong or not looked at
 */
export async function askerOf(
  client: Client,
  request: Request,
  response: Response,
  needs: AskerNeeds,
): Promise<ImageReader> {
  const isInPath = request.params['token'] !== undefined
  const token = await tokenOf(request, response, needs).catch((error: unknown) => {
    if (!(error instanceof ProvisionError) || error.kind !== 'throttled') throw error
    if (isInPath) throw nothingHere('ResourceNotFound')
    return undefined
  })
  return { client, token }
}

/** @throws ResourceNotFound for a wrong token in the path, TooManyWrongTokens */
export async function tokenOf(
  request: Request,
  response: Response,
  { tokens, wrongTokens }: AskerNeeds,
): Promise<ApiToken | undefined> {
  const inPath = request.params['token']
  const secret = inPath === undefined ? (bearerSecret(request) ?? basicPassword(request)) : String(inPath)
  if (secret === undefined) return undefined
  const lookUp = (one: string) => tokens.authenticate(one)
  const token = await wrongTokens.check(secret, { request, response }, lookUp)
  if (inPath !== undefined && !token) throw nothingHere('ResourceNotFound')
  if (token) response.locals['token'] = token
  return token
}
