// The uploads as the OpenAPI document describes them: they stream, so api/uploads.ts mounts them by itself.
import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { Sha256 } from '#core/digest.ts'
import { VersionFacts } from '#core/manifest.ts'
import { TemplateName } from '#core/names.ts'
import { VersionRecord } from './api/versions.ts'
import { ApiError } from './api-error.ts'

const failure = { description: 'refused or failed', content: { 'application/json': { schema: ApiError } } }
const version = { description: 'the version', content: { 'application/json': { schema: VersionRecord } } }
const tus = { description: 'as the tus protocol 1.0.0 says' }
const role = 'Needs a token with role publisher or higher.'

export const uploadPaths: ZodOpenApiPathsObject = {
  '/api/v1/templates/{name}/versions': {
    post: {
      operationId: 'pushVersion',
      summary: 'Push a version in one request; the fields come before the file',
      description: role,
      tags: ['templates'],
      requestParams: { path: z.strictObject({ name: TemplateName }) },
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: z.object({
              facts: VersionFacts.meta({ description: 'as JSON text' }),
              sha256: Sha256.optional(),
              file: z.string().meta({ format: 'binary' }),
            }),
          },
        },
      },
      responses: { '201': version, default: failure },
    },
  },
  '/api/v1/uploads': {
    post: {
      operationId: 'createUpload',
      summary:
        'Begin a resumable upload (tus); Upload-Metadata carries template, facts as JSON, sha256 and filename',
      description: role,
      tags: ['uploads'],
      responses: { '201': tus, default: failure },
    },
  },
  '/api/v1/uploads/{id}': {
    patch: {
      operationId: 'continueUpload',
      summary: 'Send the next bytes of a resumable upload (tus)',
      description: role,
      tags: ['uploads'],
      requestParams: { path: z.strictObject({ id: z.string() }) },
      responses: { '204': tus, default: failure },
    },
  },
  '/api/v1/uploads/{id}/result': {
    get: {
      operationId: 'getUploadResult',
      summary: 'The version that a finished upload became',
      description: role,
      tags: ['uploads'],
      requestParams: { path: z.strictObject({ id: z.string() }) },
      responses: { '200': version, default: failure },
    },
  },
}
