// Failures in a few plain words: programs that boot a host look into every body they get, whatever its status is.
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { ProvisionError } from '#core/errors.ts'
import { dropEntityHeaders, statusOf } from '../error-handler.ts'

const words: Record<number, string> = {
  400: 'not understood\n',
  404: 'not found\n',
  413: 'too large\n',
  429: 'too many wrong tokens\n',
  503: 'not now\n',
}

/** Nothing of the request or of the failure is in the body. */
export function answerPlainly(response: Response, status: number): void {
  dropEntityHeaders(response)
  response.status(status).set('cache-control', 'no-store').type('text/plain')
  response.send(words[status] ?? 'refused\n')
}

/** Foreseen failures of `handle` are answered so; what is unforeseen is logged by the one error handler, which says nothing of it. */
export function plainly(handle: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return async (request, response, next: NextFunction) => {
    try {
      await handle(request, response)
    } catch (error) {
      if (!(error instanceof ProvisionError) || response.headersSent) return next(error)
      if (error.kind === 'unavailable') response.set('retry-after', '30')
      answerPlainly(response, statusOf(error))
    }
  }
}
