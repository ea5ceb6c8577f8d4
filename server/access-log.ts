// One log line for each request, without its secrets.
import type { RequestHandler } from 'express'
import type { Logger } from 'pino'

/** The path of a request with its tokens hidden: they stand in `/js/:host/:token/`, in `/t/:token/` and in `?token=`. */
export function maskPath(url: string): string {
  return url
    .replace(/(\/js\/+[^/?]*\/+)[^/?]+/gi, '$1[token]')
    .replace(/^(\/+t\/+)[^/?]+/i, '$1[token]')
    .replace(/([?&]token=)[^&]*/gi, '$1[token]')
    .replace(/z[fi]_[A-Za-z0-9_-]+/g, '[token]')
}

/** Logs each answer when it is over, whether complete or not. */
export function accessLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const begun = performance.now()
    response.once('close', () => {
      log.info(
        {
          method: request.method,
          path: maskPath(request.originalUrl),
          status: response.statusCode,
          ms: Math.round(performance.now() - begun),
          remote: request.socket.remoteAddress,
          ...(response.locals['token'] !== undefined && {
            actor: (response.locals['token'] as { name: string }).name,
          }),
          ...(!response.writableFinished && { cut: true }),
        },
        'request',
      )
    })
    next()
  }
}
