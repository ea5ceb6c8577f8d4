// Answers to a conditional request that send none of the bytes it asked for.
import type { Response } from 'express'
import type { ApiError } from './api-error.ts'
import type { Answer } from './conditional.ts'
import { dropEntityHeaders } from './error-handler.ts'

export type SendError = (error: ApiError, status: number) => void

export type AnswerWithoutBytes = Exclude<Answer, { status: 200 | 206 }>

/** Ends the answer; 412 and 416 with the body of any other error, as `sendError` has it. `etag` with its quotes, `size` in bytes. */
export function sendWithoutBytes(
  response: Response,
  answer: AnswerWithoutBytes,
  { etag, size }: { etag: string; size: number },
  sendError: SendError = (error) => void response.json(error),
): void {
  const refuse = (error: ApiError): void => {
    // nothing that was said of the bytes holds for an answer about the request
    dropEntityHeaders(response)
    response.removeHeader('last-modified')
    response.set('cache-control', 'no-store')
    sendError(error, answer.status)
  }

  response.status(answer.status)
  switch (answer.status) {
    case 304:
      response.removeHeader('content-type')
      response.end()
      return
    case 412:
      refuse({
        code: 'PreconditionFailed',
        message: `the entity tag is ${etag}, the request's conditions say otherwise`,
      })
      return
    case 416:
      response.set('content-range', `bytes */${size}`)
      refuse({ code: answer.code, message: rangeMessage(answer.code, size) })
  }
}

function rangeMessage(code: 'ManyRanges' | 'RangeNotSatisfiable', size: number): string {
  return code === 'ManyRanges'
    ? 'several ranges were asked for, expected one'
    : `range lies outside the ${size} bytes there are`
}
