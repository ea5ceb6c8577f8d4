// Templates, their channels and who may fetch them.
import { z } from 'zod'
import { createTemplate } from '#app/create-template.ts'
import { setTemplateAccess } from '#app/set-template-access.ts'
import { withBlockedChannels } from '#app/channels/with-blocks.ts'
import { Block } from '#core/channel/schema.ts'
import { Client } from '#core/client.ts'
import { ArchiveLayout, TemplateKind } from '#core/manifest.ts'
import { TemplateName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

export const TemplateSummary = z
  .object({
    name: TemplateName,
    public: z.boolean(),
    openTo: z.array(Client).describe('the clients that may read it without a token'),
    imageLayout: ArchiveLayout.optional().describe('what the top of its images is; absent: by brand'),
    channels: z.record(z.string(), z.string()),
    versions: z.int(),
    latest: z.string().optional(),
    kind: TemplateKind.optional(),
    blocked: z
      .record(z.string(), Block)
      .optional()
      .describe('by channel: the revoked version that keeps new installs from what it points at'),
  })
  .meta({ id: 'TemplateSummary' })

export const templateRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/templates',
    role: 'viewer',
    summary: 'All templates with their channels',
    reply: z.array(TemplateSummary),
    handle: async () => withBlockedChannels(await services.catalog.listTemplates(), services),
  }),
  route({
    method: 'post',
    path: '/api/v1/templates',
    role: 'publisher',
    summary: 'Create a template; one that exists stays as it is',
    body: z.strictObject({ name: TemplateName }),
    status: 201,
    reply: TemplateSummary,
    handle: ({ body, token }) => createTemplate({ name: body.name, actor: token.name }, services),
  }),
  route({
    method: 'get',
    path: '/api/v1/templates/:name',
    role: 'viewer',
    summary: 'One template with its channels',
    params: z.strictObject({ name: TemplateName }),
    reply: TemplateSummary,
    handle: async ({ params }) =>
      (await withBlockedChannels([await services.catalog.getTemplate(params.name)], services))[0],
  }),
  route({
    method: 'patch',
    path: '/api/v1/templates/:name',
    role: 'publisher',
    summary:
      'Let everyone, some clients or only token holders fetch a template; say how its images are laid out',
    params: z.strictObject({ name: TemplateName }),
    body: z.strictObject({
      public: z.boolean().optional(),
      openTo: z.array(Client).max(16).optional(),
      imageLayout: ArchiveLayout.nullable().optional().describe('null: by brand again'),
    }),
    reply: TemplateSummary,
    handle: ({ params, body, token }) =>
      setTemplateAccess({ name: params.name, change: body, actor: token.name }, services),
  }),
]
