// Answers as IMGAPI has them (jumpstart.md 6.2.2): plain JSON with its length, failures with their own codes.
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { ProvisionError } from '#core/errors.ts'
import { imageErrorOf, imageNotFound } from '#core/images/errors.ts'
import { maskPath } from '../access-log.ts'
import { dropEntityHeaders } from '../error-handler.ts'

/** The type exactly so, without a charset: imgadm compares it. */
export function sendJson(response: Response, value: unknown, status = 200): void {
  const body = Buffer.from(JSON.stringify(value))
  response.status(status)
  if (!response.hasHeader('cache-control')) response.set('cache-control', 'no-store')
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', body.byteLength)
  response.end(body)
}

/** What it throws and we foresaw goes to the client in the words of IMGAPI; the rest to the one error handler. */
export function imageRoute(
  log: Logger,
  handle: (request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const id = request.headers['x-request-id']
    if (typeof id === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(id)) response.set('x-request-id', id)
    try {
      await handle(request, response)
    } catch (thrown) {
      if (!(thrown instanceof ProvisionError) || response.headersSent) throw thrown
      const { status, body } = imageErrorOf(thrown)
      if (status >= 500) log.warn({ code: thrown.code, path: maskPath(request.originalUrl) }, thrown.message)
      dropEntityHeaders(response)
      response.removeHeader('content-md5')
      response.removeHeader('last-modified')
      response.set('cache-control', 'no-store')
      sendJson(response, body, status)
    }
  }
}

/** An address that cannot be decoded is one of nothing: imgadm goes on to its next source (jumpstart.md 6.2.2). */
export const malformedPath: ErrorRequestHandler = (thrown: unknown, request, response, next) => {
  const isOurs = /^(?:\/t\/[^/]*)?\/(?:images|media|ping|channels)(?:\/|$)/.test(request.path)
  if (!(thrown instanceof URIError) || !isOurs || response.headersSent) return next(thrown)
  const { status, body } = imageErrorOf(imageNotFound(request.path))
  sendJson(response, body, status)
}

/** The parameters in the query of an address. */
export function parametersOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at + 1))
}
