// Every failure becomes one JSON form: {code, message, details?}.
import { inspect } from 'node:util'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Logger } from 'pino'
import { nothingHere, ProvisionError, type ErrorKind } from '#core/errors.ts'
import type { ApiError } from './api-error.ts'
import { maskPath } from './access-log.ts'

const statusOfKind: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  'too-large': 413,
  throttled: 429,
  unavailable: 503,
  'no-space': 507,
}

/** The HTTP status of a foreseen failure. */
export function statusOf(error: ProvisionError): number {
  return statusOfKind[error.kind]
}

/** The body of a foreseen failure, as it goes to the caller. */
export function errorBody(error: ProvisionError): ApiError {
  return { code: error.code, message: error.message, ...(error.details && { details: error.details }) }
}

/** What nothing else answered. The same bytes for a path that never was, a wrong token and a used one. */
export const notFound: RequestHandler = (_request, response) => {
  response.status(404).set('cache-control', 'no-store')
  response.json(errorBody(nothingHere()))
}

/** The one place that turns a thrown value into an answer; the unforeseen is logged with its causes and told to nobody. */
export function createErrorHandler(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = foreseen(thrown)
    if (!error) {
      log.error(
        { method: request.method, path: maskPath(request.originalUrl), causes: causeChain(thrown) },
        'unforeseen failure',
      )
    } else if (error.kind === 'unavailable' || error.kind === 'no-space') {
      log.warn(
        { code: error.code, path: maskPath(request.originalUrl), causes: causeChain(error) },
        error.message,
      )
    }
    if (response.headersSent) {
      response.destroy()
      return
    }
    dropEntityHeaders(response)
    response.status(error ? statusOf(error) : 500).set('cache-control', 'no-store')
    if (error?.kind === 'unavailable') response.set('retry-after', '5')
    response.json(
      error ? errorBody(error) : { code: 'InternalError', message: 'the server failed; its log says why' },
    )
  }
}

/** Headers that described the answer we meant to give. */
export function dropEntityHeaders(response: { removeHeader(name: string): void }): void {
  for (const name of [
    'content-length',
    'content-type',
    'content-disposition',
    'content-location',
    'etag',
    'digest',
    'repr-digest',
    'accept-ranges',
  ]) {
    response.removeHeader(name)
  }
}

/** ProvisionError as it is; what Express, its router and its body parsers throw, translated. */
function foreseen(thrown: unknown): ProvisionError | undefined {
  if (thrown instanceof ProvisionError) return thrown
  if (thrown instanceof URIError)
    return new ProvisionError('invalid', 'MalformedPath', 'the path is not valid percent-encoding')
  const { type, status, expose } = thrown as { type?: unknown; status?: unknown; expose?: unknown }
  if (typeof type === 'string') {
    const known = bodyFailures[type]
    if (known) return known(thrown as BodyFailure)
  }
  if (expose === true && typeof status === 'number' && status >= 400 && status < 500) {
    return new ProvisionError('invalid', 'InvalidRequest', (thrown as Error).message)
  }
  return undefined
}

interface BodyFailure {
  message: string
  limit?: number
  charset?: string
  encoding?: string
}

/** `type` of the errors of body-parser and raw-body. */
const bodyFailures: Record<string, (failure: BodyFailure) => ProvisionError> = {
  'entity.parse.failed': (failure) =>
    new ProvisionError('invalid', 'MalformedJson', `body is not JSON: ${failure.message}`),
  'entity.too.large': (failure) =>
    new ProvisionError(
      'too-large',
      'BodyTooLarge',
      `body is larger than ${failure.limit ?? 'the limit'} bytes`,
    ),
  'request.aborted': () => new ProvisionError('invalid', 'RequestAborted', 'the body ended early'),
  'request.size.invalid': () =>
    new ProvisionError('invalid', 'WrongContentLength', 'content-length differs from the body'),
  'charset.unsupported': (failure) =>
    new ProvisionError(
      'invalid',
      'UnsupportedCharset',
      `charset is ${failure.charset ?? 'unknown'}, expected utf-8`,
    ),
  'encoding.unsupported': (failure) =>
    new ProvisionError(
      'invalid',
      'UnsupportedEncoding',
      `content-encoding is ${failure.encoding ?? 'unknown'}, expected identity or gzip`,
    ),
}

/** Each cause's name, message and stack, outermost first; for the log only. */
function causeChain(thrown: unknown): unknown[] {
  const chain: unknown[] = []
  for (
    let cause = thrown;
    cause !== undefined && chain.length < 8;
    cause = (cause as { cause?: unknown }).cause
  ) {
    chain.push(
      cause instanceof Error
        ? { name: cause.name, message: cause.message, stack: cause.stack }
        : inspect(cause, { depth: 1 }),
    )
    if (typeof cause !== 'object' || cause === null) break
  }
  return chain
}
