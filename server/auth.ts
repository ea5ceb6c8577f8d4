// Who may call: bearer tokens of the admin API.
import type { Request, RequestHandler } from 'express'
import type { TokenStore } from '#app/ports.ts'
import { ProvisionError } from '#core/errors.ts'
import { mayAct, type Role } from '#core/role.ts'

/** Makes the guard of a route; afterwards `response.locals.token` is the caller's ApiToken. */
export type RequireRole = (role: Role) => RequestHandler

/** The guard for every route of the admin API. @throws Unauthenticated, RoleTooLow */
export function createRequireRole(tokens: TokenStore): RequireRole {
  return (role) => async (request, response, next) => {
    const secret = bearerSecret(request)
    const token = secret === undefined ? undefined : await tokens.authenticate(secret)
    if (!token) {
      response.set('www-authenticate', 'Bearer realm="zoneflash"')
      throw new ProvisionError(
        'unauthenticated',
        'Unauthenticated',
        'expected an API token in the header "Authorization: Bearer zf_..."',
      )
    }
    if (!mayAct(token.role, role)) {
      throw new ProvisionError(
        'forbidden',
        'RoleTooLow',
        `token ${token.name} has role ${token.role}, expected ${role}`,
        { details: { role } },
      )
    }
    response.locals['token'] = token
    next()
  }
}

/** The secret of an `Authorization: Bearer` header. Absurdly long ones are not worth hashing. */
export function bearerSecret(request: Request): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1]
}
