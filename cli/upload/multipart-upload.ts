// Sends a stream whose length nobody knows: one multipart request, at the pace at which the server takes it.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { type Client, failureOfReply, unreachable } from '../client.ts'

export interface MultipartUpload {
  route: string
  fields: Record<string, string>
  fileName: string
  source: AsyncIterable<Uint8Array>
  /** told the bytes of the file sent so far */
  onProgress: (sent: number) => void
}

/** How long after a failure of the source a refusal of the server, which is then the reason, may still arrive. */
const REFUSAL_MS = 1000

/**
 * Posts the fields, then the file; returns the body of the reply. A server that refuses early is heard at once:
 * the rest is not sent.
 */
export async function uploadMultipart(client: Client, upload: MultipartUpload): Promise<string> {
  const boundary = `zoneflash-${randomUUID()}`
  const url = client.url(upload.route)
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    headers: { ...client.credentials, 'content-type': `multipart/form-data; boundary=${boundary}` },
  })
  const answered = replyOf(request).catch((cause: unknown) => {
    throw unreachable(client.server, cause)
  })
  answered.catch(() => undefined) // awaited below
  try {
    await send(request, boundary, upload, answered)
  } catch (error) {
    const refusal = await Promise.race([
      answered.catch(() => undefined),
      wait(REFUSAL_MS, undefined, { ref: false }),
    ])
    request.destroy()
    if (refusal && refusal.status >= 300) throw failureOfReply(refusal.status, refusal.body)
    throw error
  }
  const { status, body } = await answered
  if (!request.writableEnded) request.destroy() // the rest is not wanted
  if (status >= 300) throw failureOfReply(status, body)
  return body
}

interface Reply {
  status: number
  body: string
}

/** The reply, whenever it comes; a connection that is reset after the reply came does not matter. */
function replyOf(request: ClientRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response: IncomingMessage) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
  })
}

async function send(
  request: ClientRequest,
  boundary: string,
  { fields, fileName, source, onProgress }: MultipartUpload,
  answered: Promise<unknown>,
): Promise<void> {
  let over = false
  const stop = answered.then(
    () => void (over = true),
    () => void (over = true),
  )
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    if (!request.write(chunk)) await Promise.race([once(request, 'drain').catch(() => undefined), stop])
  }
  for (const [name, value] of Object.entries(fields))
    await write(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  await write(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${encodeURIComponent(fileName)}"\r\n` +
      'content-type: application/octet-stream\r\n\r\n',
  )
  let sent = 0
  for await (const chunk of source) {
    if (over) return
    await write(chunk)
    onProgress((sent += chunk.length))
  }
  if (!over) request.end(`\r\n--${boundary}--\r\n`)
}
