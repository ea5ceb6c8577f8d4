// API tokens and the audit log: what only admins see.
import { z } from 'zod'
import { createToken, revokeToken } from '#app/create-token.ts'
import { TemplateName } from '#core/names.ts'
import { Role } from '#core/role.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const ApiToken = z
  .object({
    id: z.string(),
    name: z.string(),
    role: Role,
    templates: z
      .array(TemplateName)
      .optional()
      .describe('of a reader: the only templates whose bytes it gives'),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'ApiToken' })

const AuditEvent = z
  .object({
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    details: z.unknown(),
  })
  .meta({ id: 'AuditEvent' })

export const tokenRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/tokens',
    role: 'admin',
    summary: 'All API tokens, without their secrets',
    reply: z.array(ApiToken),
    handle: () => services.tokens.list(),
  }),
  route({
    method: 'post',
    path: '/api/v1/tokens',
    role: 'admin',
    summary: 'Create an API token; its secret is in this answer and nowhere else',
    body: z
      .strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/),
        role: Role,
        templates: z.array(TemplateName).min(1).max(256).optional(),
      })
      .refine(
        ({ role, templates }) => templates === undefined || role === 'reader',
        'templates go with the role reader',
      ),
    status: 201,
    reply: z.object({ token: ApiToken, secret: z.string() }),
    handle: ({ body, token }) => createToken({ ...body, actor: token.name }, services),
  }),
  route({
    method: 'delete',
    path: '/api/v1/tokens/:id',
    role: 'admin',
    summary: 'Revoke an API token',
    params: z.strictObject({ id: z.string().max(64) }),
    reply: z.undefined(),
    handle: ({ params, token }) => revokeToken({ id: params.id, actor: token.name }, services),
  }),
  route({
    method: 'get',
    path: '/api/v1/audit',
    role: 'admin',
    summary: 'Who did what, newest first',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(10_000).default(100) }),
    reply: z.array(AuditEvent),
    handle: ({ query }) => services.audit.list(query.limit),
  }),
]
