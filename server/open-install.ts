// The open install whose token stands in the path, for answers that are not found like any other when it does not open.
import type { Request, Response } from 'express'
import type { Install, InstallLog } from '#app/ports/installs.ts'
import { HostName } from '#core/names.ts'
import type { WrongTokens } from './wrong-tokens.ts'

/** The install of a path below /js/:host/:token. @throws TooManyWrongTokens */
export type OpenInstall = (request: Request, response: Response) => Promise<Install | undefined>

/** The same address at the top, and below that of a host with its token. */
export function withAndWithoutInstall<P extends string>(path: P): [P, `/js/:host/:token${P}`] {
  return [path, `/js/:host/:token${path}`]
}

export function createOpenInstall(installs: InstallLog, wrongTokens: WrongTokens): OpenInstall {
  return (request, response) => {
    const host = HostName.safeParse(request.params['host']).data
    const lookUp = (secret: string) =>
      host === undefined ? Promise.resolve(undefined) : installs.authenticate(host, secret)
    return wrongTokens.check(String(request.params['token']), { request, response }, lookUp)
  }
}
