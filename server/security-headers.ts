// Headers that keep browsers from doing more with our answers than we meant.
import type { RequestHandler } from 'express'

const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Sets them on every answer; `https` adds HSTS. */
export function securityHeaders(https: boolean): RequestHandler {
  return (_request, response, next) => {
    response.set({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      ...(https && { 'strict-transport-security': 'max-age=31536000' }),
    })
    next()
  }
}
