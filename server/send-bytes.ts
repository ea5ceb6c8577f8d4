// Bytes that were made for one request, whole or a range of them: a host goes on from the byte that it reached.
import type { Request, Response } from 'express'
import { decideAnswer } from './conditional.ts'
import { sendWithoutBytes } from './send-without-bytes.ts'

/** Answers GET and HEAD with what has this digest; headers about caching are the caller's. */
export function sendBytes(request: Request, response: Response, bytes: Uint8Array, sha256: string): void {
  const etag = `"${sha256}"`
  response.set({
    etag,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  })
  const answer = decideAnswer(request.method, request.headers, etag, bytes.length)
  switch (answer.status) {
    case 206: {
      const { start, end } = answer.range
      response.status(206).set('content-range', `bytes ${start}-${end}/${bytes.length}`)
      response.end(bytes.subarray(start, end + 1))
      return
    }
    case 200:
      response.status(200).set('content-length', String(bytes.length))
      response.end(request.method === 'HEAD' ? undefined : bytes)
      return
    default:
      sendWithoutBytes(response, answer, { etag, size: bytes.length })
  }
}
