/**
 * What the caller can do about a failure. HTTP status, CLI exit code and job retry all follow from this:
 * invalid 400, unauthenticated 401, forbidden 403, missing 404, conflict 409, too-large 413, throttled 429, unavailable 503, no-space 507.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'too-large'
  | 'throttled'
  | 'unavailable'
  | 'no-space'

export interface ProvisionErrorOptions extends ErrorOptions {
  /** machine-readable particulars that travel to the API client, never secrets */
  details?: Record<string, unknown>
}

/** A failure we foresaw. `code` is a stable part of the API; anything else that is thrown is a bug. */
export class ProvisionError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly details: Record<string, unknown> | undefined

  constructor(kind: ErrorKind, code: string, message: string, options?: ProvisionErrorOptions) {
    super(message, options)
    this.name = code
    this.kind = kind
    this.code = code
    this.details = options?.details
  }
}

/** One answer for what is not there and for what somebody may not have: nobody learns which of them it was. */
export function nothingHere(code = 'NotFound'): ProvisionError {
  return new ProvisionError('missing', code, 'there is nothing here')
}

/** For `.catch`: undefined for what is missing, anything else goes on being thrown. */
export function unlessMissing(error: unknown): undefined {
  if (error instanceof ProvisionError && error.kind === 'missing') return undefined
  throw error
}
