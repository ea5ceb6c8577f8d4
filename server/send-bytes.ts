// Bytes that were made for one request, whole or a range of them: a host goes on from the byte that it reached.
import type { Request, Response } from 'express'
import { sendRanges } from './send-ranges.ts'

/** Answers GET and HEAD with what has this digest; headers about caching are the caller's. */
export function sendBytes(
  request: Request,
  response: Response,
  bytes: Uint8Array,
  sha256: string,
): Promise<void> {
  const etag = `"${sha256}"`
  response.set({
    etag,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  })
  return sendRanges(request, response, { etag, size: bytes.length }, async ({ start, end }) => {
    response.set('content-length', String(end - start + 1)).end(bytes.subarray(start, end + 1))
  })
}
