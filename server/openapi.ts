// The OpenAPI document, from the same values that are mounted.
import { createRequire } from 'node:module'
import { z } from 'zod'
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import { ApiError } from './api-error.ts'
import type { Route } from './route.ts'
import { uploadPaths } from './upload-paths.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

export type ApiDocument = ReturnType<typeof createDocument>

/** Describes `routes` and the uploads as OpenAPI 3.1. */
export function describeRoutes(routes: readonly Route[]): ApiDocument {
  const paths: ZodOpenApiPathsObject = { ...uploadPaths }
  for (const one of routes) {
    const path = one.path.replace(/:([A-Za-z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [one.method]: describe(one) }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'zoneflash',
        version,
        description: 'The admin API of a provisioning server for golden-image zones.',
      },
      security: [{ token: [] }],
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'an API token, zf_...' } },
      },
      paths,
    },
    asStrings,
  )
}

function describe(one: Route): ZodOpenApiOperationObject {
  const answer =
    one.status === 204
      ? { description: 'done' }
      : {
          description: one.summary,
          content: {
            [one.media]: { schema: one.reply },
            ...(one.hasEvents && { 'text/event-stream': { schema: z.string() } }),
          },
        }
  return {
    operationId: operationId(one),
    summary: one.summary,
    description: `Needs a token with role ${one.role} or higher.`,
    tags: [one.path.split('/')[3] ?? 'api'],
    ...(one.params || one.query
      ? { requestParams: { ...(one.params && { path: one.params }), ...(one.query && { query: one.query }) } }
      : {}),
    ...(one.body && {
      requestBody: { required: true, content: { 'application/json': { schema: one.body } } },
    }),
    responses: {
      [String(one.status)]: answer,
      default: { description: 'refused or failed', content: { 'application/json': { schema: ApiError } } },
    },
  }
}

/** `get /api/v1/hosts/:name/plan` → `getHostsNamePlan`. */
function operationId({ method, path }: Route): string {
  const words = path.replace('/api/v1', '').split(/[/:]+/).filter(Boolean)
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** What a transform makes is, in every schema of ours, the same kind of text in its one spelling. */
const asStrings: CreateDocumentOptions = {
  override({ jsonSchema, zodSchema, io }) {
    if (zodSchema._zod.def.type === 'transform' && io === 'output') jsonSchema.type = 'string'
  },
}
