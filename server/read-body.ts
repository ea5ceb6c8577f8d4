// A body parser of Express for a route that decides first whether it reads the body at all.
import type { Request, RequestHandler, Response } from 'express'

/** What `parser` made of the body. @throws what the parser hands on: error-handler.ts knows it */
export async function readBody(
  parser: RequestHandler,
  request: Request,
  response: Response,
): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    void parser(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
  return request.body as unknown
}
