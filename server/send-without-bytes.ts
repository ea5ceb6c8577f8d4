// Answers to a conditional request that send none of the bytes it asked for.
import type { Response } from 'express'
import type { ApiError } from './api-error.ts'
import type { Answer } from './conditional.ts'
import { dropEntityHeaders } from './error-handler.ts'

export type AnswerWithoutBytes = Exclude<Answer, { status: 200 | 206 }>

/** Ends the answer; 412 and 416 with the body of any other error. `etag` with its quotes, `size` in bytes. */
export function sendWithoutBytes(
  response: Response,
  answer: AnswerWithoutBytes,
  { etag, size }: { etag: string; size: number },
): void {
  response.status(answer.status)
  switch (answer.status) {
    case 304:
      response.removeHeader('content-type')
      response.end()
      return
    case 412:
      sendRefusal(response, {
        code: 'PreconditionFailed',
        message: `the entity tag is ${etag}, If-Match says otherwise`,
      })
      return
    case 416:
      response.set('content-range', `bytes */${size}`)
      sendRefusal(response, { code: answer.code, message: rangeMessage(answer.code, size) })
  }
}

/** An answer about the request: nothing that was said of the bytes holds for it. */
function sendRefusal(response: Response, error: ApiError): void {
  dropEntityHeaders(response)
  response.set('cache-control', 'no-store').json(error)
}

function rangeMessage(code: 'ManyRanges' | 'RangeNotSatisfiable', size: number): string {
  return code === 'ManyRanges'
    ? 'several ranges were asked for, expected one'
    : `range lies outside the ${size} bytes there are`
}
