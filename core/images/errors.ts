// Failures in the words of IMGAPI (jumpstart.md 6.2.2).
import type { z } from 'zod'
import { ProvisionError, type ErrorKind } from '../errors.ts'

export interface FieldError {
  field: string
  code: 'Invalid' | 'MissingParameter'
  message: string
}

/** HTTP statuses by code; what is not here has that of its kind. */
const statuses: Record<string, number> = {
  ValidationFailed: 422,
  InvalidParameter: 422,
  ImageFilesImmutable: 422,
  ImageAlreadyActivated: 422,
  NoActivationNoFile: 422,
  OriginDoesNotExist: 422,
  OriginIsNotActive: 422,
  ImageUuidAlreadyExists: 409,
  ResourceNotFound: 404,
  UnauthorizedError: 401,
  OperatorOnly: 403,
  Upload: 400,
  ImageFileTooBig: 400,
  NotImplemented: 400,
  BadRequestError: 400,
  ServiceUnavailableError: 503,
  InternalError: 500,
}

/** The code that a failure of ours has there. */
const codes: Record<ErrorKind, string> = {
  invalid: 'ValidationFailed',
  unauthenticated: 'UnauthorizedError',
  forbidden: 'OperatorOnly',
  missing: 'ResourceNotFound',
  conflict: 'ValidationFailed',
  'too-large': 'ImageFileTooBig',
  throttled: 'ServiceUnavailableError',
  unavailable: 'ServiceUnavailableError',
  'no-space': 'ServiceUnavailableError',
}

export interface ImageErrorBody {
  code: string
  message: string
  errors?: unknown
}

/** How an image client is told of a failure. */
export function imageErrorOf(error: ProvisionError): { status: number; body: ImageErrorBody } {
  const code = Object.hasOwn(statuses, error.code) ? error.code : codes[error.kind]
  const errors = error.details?.['errors']
  const body = { code, message: error.message, ...(errors !== undefined && { errors }) }
  return { status: statuses[code] ?? 500, body }
}

/** Also of what the asker may not know of. imgadm goes on to its next source on this and on nothing else. */
export const imageNotFound = (uuid: string) =>
  new ProvisionError('missing', 'ResourceNotFound', `there is no image ${uuid.slice(0, 64)}`)

export const invalidParameter = (field: string, message: string) =>
  new ProvisionError('invalid', 'InvalidParameter', `${field}: ${message}`, {
    details: { errors: [{ field, code: 'Invalid', message } satisfies FieldError] },
  })

export const validationFailed = (field: string, message: string) =>
  new ProvisionError('invalid', 'ValidationFailed', `${field}: ${message}`, {
    details: { errors: [{ field, code: 'Invalid', message } satisfies FieldError] },
  })

/** The refusal of a document that does not fit its schema. */
export function invalidDocument({ issues }: z.ZodError): ProvisionError {
  const errors = issues.slice(0, 32).map(({ path, message, code }): FieldError => {
    const isMissing = code === 'invalid_type' && message.endsWith('received undefined')
    return { field: path.join('.'), code: isMissing ? 'MissingParameter' : 'Invalid', message }
  })
  const told = errors
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    .join('; ')
  return new ProvisionError('invalid', 'ValidationFailed', told, { details: { errors } })
}

export const imageUuidExists = (uuid: string) =>
  new ProvisionError('conflict', 'ImageUuidAlreadyExists', `there is an image ${uuid} already`)

export const imageVersionTaken = (template: string, version: string) =>
  validationFailed('version', `${template}@${version} is another image, expected another`)

export const imageFileReplaced = (uuid: string) =>
  new ProvisionError(
    'conflict',
    'ImageFileReplaced',
    `the file of image ${uuid} was replaced meanwhile, expected the call once more`,
  )

export const imageFilesImmutable = (uuid: string) =>
  new ProvisionError(
    'conflict',
    'ImageFilesImmutable',
    `image ${uuid} is active, its file does not change any more`,
  )
