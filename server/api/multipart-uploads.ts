// POST a version as multipart/form-data: multer parses, the file goes straight into the blob store.
import type { Request, RequestHandler } from 'express'
import multer, { type StorageEngine } from 'multer'
import type { ApiToken } from '#app/ports/access.ts'
import { checkPush, checkSize, pushVersion, type Pushed, type PushNeeds } from '#app/push-version.ts'
import { ProvisionError } from '#core/errors.ts'
import { TemplateName } from '#core/names.ts'
import { parsePushFields } from './push-fields.ts'

/** zonecfg text of 256 KiB, escaped as JSON */
const MAX_FIELD_BYTES = 1024 * 1024
/** How long a refused sender may go on before it is cut off: most notice the answer and stop. */
const DRAIN_MS = 30_000

/** The handler of `POST /api/v1/templates/:name/versions`: answers 201 with the version, 200 when it was there with this content. */
export function multipartUpload(needs: PushNeeds): RequestHandler {
  return async (request, response) => {
    if (request.is('multipart/form-data') === false) {
      throw new ProvisionError(
        'invalid',
        'ExpectedMultipart',
        'expected multipart/form-data with the fields facts and file',
      )
    }
    const length = Number(request.headers['content-length'] ?? 0)
    await refuseEarly(request, () => checkSize(length, needs))
    const { actor } = { actor: (response.locals['token'] as ApiToken).name }
    const { record, isNew } = await refuseEarly(request, () => receive(request, response, actor, needs))
    response
      .status(isNew ? 201 : 200)
      .set('cache-control', 'no-store')
      .json(record)
  }
}

/** Lets a refusal be answered at once, while the rest of the request is thrown away for a while. */
export async function refuseEarly<T>(request: Request, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    request.resume()
    const cut = setTimeout(() => request.destroy(), DRAIN_MS)
    cut.unref()
    request.once('close', () => clearTimeout(cut))
    throw error
  }
}

/** Resolves when the form is complete and the version recorded; rejects as soon as it is refused. */
function receive(
  request: Request,
  response: Parameters<RequestHandler>[1],
  actor: string,
  needs: PushNeeds,
): Promise<Pushed> {
  return new Promise((resolve, reject) => {
    let pushed: Pushed | undefined
    const storage = new VersionStorage(async (file) => {
      pushed = await pushFile(request, file, actor, needs)
    }, reject)
    const parse = multer({
      storage,
      limits: { files: 1, fields: 8, fieldSize: MAX_FIELD_BYTES, fieldNestingDepth: 0 },
    }).single('file')
    parse(request, response, (error: unknown) => {
      if (error) reject(asProvisionError(error))
      else if (pushed) resolve(pushed)
      else
        reject(
          new ProvisionError(
            'invalid',
            'FileMissing',
            'the form has no file, expected the field "file" with a file name',
          ),
        )
    })
  })
}

async function pushFile(
  request: Request,
  file: Express.Multer.File,
  actor: string,
  needs: PushNeeds,
): Promise<Pushed> {
  const fields = request.body as Record<string, unknown>
  if (fields['facts'] === undefined) {
    throw new ProvisionError(
      'invalid',
      'FieldOrder',
      'the field facts is missing, expected facts and sha256 before the file',
    )
  }
  const { name } = request.params
  const push = {
    ...parsePushFields('form', { ...fields, template: TemplateName.safeParse(name).data ?? name }),
    actor,
  }
  await checkPush(push, needs)
  return pushVersion(push, file.stream, needs)
}

/** Hands the file's stream on instead of storing it; what it is told of a failure it tells at once. */
class VersionStorage implements StorageEngine {
  readonly #take: (file: Express.Multer.File) => Promise<void>
  readonly #onFailure: (error: unknown) => void

  constructor(take: (file: Express.Multer.File) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#take = take
    this.#onFailure = onFailure
  }

  _handleFile(_request: Request, file: Express.Multer.File, callback: (error?: unknown) => void): void {
    this.#take(file).then(
      () => callback(),
      (error: unknown) => {
        this.#onFailure(asProvisionError(error))
        callback(error)
      },
    )
  }

  _removeFile(_request: Request, _file: Express.Multer.File, callback: (error: Error | null) => void): void {
    // The version is recorded by now, and versions are never overwritten: there is nothing to remove.
    callback(null)
  }
}

/** What multer and its parser throw about a malformed form. */
function asProvisionError(error: unknown): unknown {
  if (error instanceof ProvisionError || !(error instanceof Error)) return error
  if (
    error instanceof multer.MulterError ||
    /^(Unexpected end of|Malformed|Multipart:|Request (aborted|closed))/.test(error.message)
  ) {
    return new ProvisionError('invalid', 'InvalidMultipart', `the form cannot be read: ${error.message}`, {
      cause: error,
    })
  }
  return error
}
