// The one way in which bytes with an entity tag are sent: whole, a range of them, or an answer without any.
import type { Request, Response } from 'express'
import type { ByteRange } from '#app/ports/blobs.ts'
import { decideAnswer } from './conditional.ts'
import { sendWithoutBytes, type SendError } from './send-without-bytes.ts'

export interface Entity {
  /** with its quotes */
  etag: string
  /** bytes */
  size: number
  modified?: Date | undefined
  /** headers that hold for the whole alone */
  whole?: Readonly<Record<string, string>>
}

/** `send` sends the range and ends the answer; status and Content-Range are set by then. HEAD gets the length alone. */
export async function sendRanges(
  request: Request,
  response: Response,
  { etag, size, modified, whole = {} }: Entity,
  send: (range: ByteRange) => Promise<void>,
  sendError?: SendError,
): Promise<void> {
  const answer = decideAnswer(request.method, request.headers, etag, size, modified)
  if (answer.status !== 200 && answer.status !== 206)
    return sendWithoutBytes(response, answer, { etag, size }, sendError)
  response.status(answer.status)
  const isPart = answer.status === 206
  const range = isPart ? answer.range : { start: 0, end: size - 1 }
  response.set(isPart ? { 'content-range': `bytes ${range.start}-${range.end}/${size}` } : whole)
  if (request.method === 'HEAD' || size === 0) response.set('content-length', String(size)).end()
  else await send(range)
}
