// The tus protocol (resumable uploads) over drafts of the blob store: the file that grows is the file that becomes the blob.
import type { Readable } from 'node:stream'
import type { RequestHandler, Response } from 'express'
import { DataStore, ERRORS, Server, Upload } from '@tus/server'
import type { ApiToken } from '#app/ports/access.ts'
import { ProvisionError } from '#core/errors.ts'
import { errorBody, statusOf } from '../error-handler.ts'
import { parsePushFields } from './push-fields.ts'
import type { UploadDrafts } from './upload-drafts.ts'

/** Where tus lives. */
export const UPLOADS_PATH = '/api/v1/uploads'

/** The metadata key under which the caller's name travels from the request to the store; never taken from the client. */
const ACTOR = 'zoneflash-actor'

class DraftDataStore extends DataStore {
  readonly #drafts: UploadDrafts

  constructor(drafts: UploadDrafts) {
    super()
    this.#drafts = drafts
    this.extensions = ['creation', 'creation-with-upload', 'termination']
  }

  override async create(upload: Upload): Promise<Upload> {
    const { [ACTOR]: actor, ...metadata } = upload.metadata ?? {}
    const push = {
      ...parsePushFields('metadata', metadata),
      actor: actor ?? 'unknown',
      size: upload.size ?? 0,
    }
    await this.#drafts.create(upload.id, push, metadata)
    return upload
  }

  override async getUpload(id: string): Promise<Upload> {
    const status = await this.#drafts.find(id)
    if (status === undefined) throw ERRORS.FILE_NOT_FOUND
    if (status.note.outcome?.state === 'refused') throw ERRORS.FILE_NO_LONGER_EXISTS
    const { size, createdAt, metadata } = status.note
    return new Upload({ id, size, offset: status.offset, metadata, creation_date: createdAt })
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    return this.#drafts.append(id, offset, source)
  }

  override async remove(id: string): Promise<void> {
    await this.getUpload(id)
    await this.#drafts.remove(id)
  }
}

/** The handler of all of tus below UPLOADS_PATH. The last PATCH is answered with the version, or why it was refused. */
export function tusUploads(drafts: UploadDrafts, onUnforeseen: (error: unknown) => void): RequestHandler {
  const server = new Server({
    path: UPLOADS_PATH,
    datastore: new DraftDataStore(drafts),
    relativeLocation: true,
    allowedOrigins: [],
    exposedHeaders: ['Upload-Result'],
    onUploadCreate: async (request, upload) => {
      const response = (request as { runtime?: { node?: { res?: unknown } } }).runtime?.node?.res as Response
      const token = response.locals['token'] as ApiToken
      return { metadata: { ...upload.metadata, [ACTOR]: token.name } }
    },
    onUploadFinish: async (_request, upload) => ({
      status_code: 200,
      headers: { 'content-type': 'application/json', 'upload-result': `${UPLOADS_PATH}/${upload.id}/result` },
      body: JSON.stringify(await drafts.finish(upload.id)),
    }),
    onResponseError: (_request, error) => {
      if (error instanceof ProvisionError) {
        return { status_code: statusOf(error), body: JSON.stringify(errorBody(error)) }
      }
      if ('status_code' in error) {
        const { status_code, body } = error
        return { status_code, body: JSON.stringify({ code: 'UploadRefused', message: body.trim() }) }
      }
      onUnforeseen(error)
      return {
        status_code: 500,
        body: JSON.stringify({ code: 'InternalError', message: 'the server failed; its log says why' }),
      }
    },
  })
  return (request, response) => server.handle(request, response)
}

/** The handler of `GET /api/v1/uploads/:id/result`: the version of a complete upload, or the refusal. */
export function uploadResult(drafts: UploadDrafts): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const record = await drafts.finish(request.params.id)
    response.set('cache-control', 'no-store').json(record)
  }
}
