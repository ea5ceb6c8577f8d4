// Who may call: bearer tokens of the admin API.
import type { Request, RequestHandler } from 'express'
import type { TokenStore } from '#app/ports/access.ts'
import { ProvisionError } from '#core/errors.ts'
import { mayAct, type Role } from '#core/role.ts'
import type { WrongTokens } from './wrong-tokens.ts'

/**
 * Makes the guard of a route; afterwards `response.locals.token` is the caller's ApiToken. A `browser` is asked by HTTP Basic:
 * any name, the token as password.
 */
export type RequireRole = (role: Role, caller?: 'program' | 'browser') => RequestHandler

/** The guard for every route of the admin API. @throws Unauthenticated, RoleTooLow, TooManyWrongTokens */
export function createRequireRole(tokens: TokenStore, wrongTokens: WrongTokens): RequireRole {
  return (role, caller = 'program') =>
    async (request, response, next) => {
      const secret = bearerSecret(request) ?? (caller === 'browser' ? basicPassword(request) : undefined)
      const lookUp = (one: string) => tokens.authenticate(one)
      const token =
        secret === undefined ? undefined : await wrongTokens.check(secret, { request, response }, lookUp)
      if (!token) {
        response.set('www-authenticate', `${caller === 'browser' ? 'Basic' : 'Bearer'} realm="zoneflash"`)
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

/** The password of an `Authorization: Basic` header (RFC 7617). */
export function basicPassword(request: Request): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1]
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1')
  return /^[^:]*:([A-Za-z0-9._~+/=-]{1,256})$/.exec(decoded)?.[1]
}

/** The secret of an `Authorization: Bearer` header. Absurdly long ones are not worth hashing. */
export function bearerSecret(request: Request): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1]
}
