// Sends a file by tus: after a lost connection, or a new start of the command, it goes on where it stopped.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { DetailedError, Upload } from 'tus-js-client'
import { CliFailure, exitCode } from '../failures.ts'
import { type Client, failureOfReply, unreachable } from '../client.ts'
import { UploadMemory, uploadMemoryPath } from './upload-memory.ts'

export interface ResumableUpload {
  file: string
  metadata: Record<string, string>
  onProgress: (sent: number, total: number) => void
}

/** Answers that time may mend. */
const RETRY_STATUS = new Set([423, 502, 503, 504])

/** Returns the body of the last reply. */
export async function uploadResumable(client: Client, upload: ResumableUpload): Promise<string> {
  const body = await send(client, upload, { isResumed: true })
  // another command is just finishing the same upload: its reply goes there, ours was to the question how far it is
  return body === '' ? send(client, upload, { isResumed: false }) : body
}

async function send(
  client: Client,
  { file, metadata, onProgress }: ResumableUpload,
  { isResumed }: { isResumed: boolean },
): Promise<string> {
  const fingerprint = await fingerprintOf(client.server, file, metadata)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // the library reads a file stream by its path, a part at a time; its types know only the browser's sources
  const upload = new Upload(createReadStream(file) as unknown as Pick<ReadableStreamDefaultReader, 'read'>, {
    endpoint: client.url('/api/v1/uploads').href,
    headers: client.credentials,
    metadata,
    fingerprint: async () => fingerprint,
    urlStorage: new UploadMemory(uploadMemoryPath(process.env)),
    removeFingerprintOnSuccess: true,
    retryDelays: [0, 1000, 3000, 5000],
    onShouldRetry: (error) => !error.originalResponse || RETRY_STATUS.has(error.originalResponse.getStatus()),
    onProgress,
    onSuccess: ({ lastResponse }) => resolve(lastResponse.getBody()),
    onError: (error) => reject(failureOf(client, error)),
  })
  const [previous] = isResumed ? await upload.findPreviousUploads() : []
  if (previous) upload.resumeFromPreviousUpload(previous)
  upload.start()
  return await promise
}

function failureOf(client: Client, error: Error): Error {
  if (!(error instanceof DetailedError))
    return new CliFailure(exitCode.refused, 'UploadFailed', error.message)
  const response = error.originalResponse
  return response
    ? failureOfReply(response.getStatus(), response.getBody())
    : unreachable(client.server, error.causingError)
}

/** The same file for the same purpose on the same server. */
async function fingerprintOf(
  server: string,
  file: string,
  metadata: Record<string, string>,
): Promise<string> {
  const { size, mtimeMs, ino } = await stat(file)
  const parts = [server, path.resolve(file), size, mtimeMs, ino, metadata]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
