// The bytes of an image or of a file of zadm's catalogue.
import type { Request, Response } from 'express'
import type { Artifact } from '#core/manifest.ts'
import { sendBlob, type SendNeeds } from '../send-blob.ts'
import { sendJson } from './reply.ts'
import { sendRanges } from '../send-ranges.ts'

/** The names that restify gives them, with which other servers of the kind are made. */
const PRECONDITION_FAILED = 'PreconditionFailedError'
const RANGE_NOT_SATISFIABLE = 'RequestedRangeNotSatisfiableError'

export interface SentFile {
  artifact: Pick<Artifact, 'sha256' | 'size'>
  /** of the bytes, without quotes */
  etag: string
  /** hex; absent: not told */
  md5?: string
  /** of an address that always has these bytes: those of a channel become older ones when somebody moves it back */
  modified?: Date | undefined
  /** needs no token */
  isOpen: boolean
  /** the address has these bytes for ever */
  immutable: boolean
}

/** Length, type and digests as imgadm compares them: no redirect, no encoding; ranges for those who ask (jumpstart.md 6.2.2). */
export async function sendFile(
  request: Request,
  response: Response,
  { artifact, etag, md5, modified, isOpen, immutable }: SentFile,
  needs: SendNeeds,
): Promise<void> {
  const { sha256, size } = artifact
  const quoted = `"${etag}"`
  response.setHeader('content-type', 'application/octet-stream')
  response.set({
    etag: quoted,
    ...(modified && { 'last-modified': modified.toUTCString() }),
    'accept-ranges': 'bytes',
    'cache-control': `${isOpen ? 'public' : 'private'}, ${immutable ? 'max-age=31536000, immutable' : 'no-cache'}`,
    vary: 'authorization',
  })
  const whole = md5 === undefined ? {} : { 'content-md5': Buffer.from(md5, 'hex').toString('base64') }
  await sendRanges(
    request,
    response,
    { etag: quoted, size, modified, whole },
    async (range) => sendBlob(response, sha256, range, needs),
    ({ message }, status) =>
      sendJson(
        response,
        { code: status === 412 ? PRECONDITION_FAILED : RANGE_NOT_SATISFIABLE, message },
        status,
      ),
  )
}
