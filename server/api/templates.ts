// Templates, their channels and who may fetch them.
import { z } from 'zod'
import { createTemplate, setTemplatePublic } from '#app/create-template.ts'
import { promoteVersion } from '#app/promote-version.ts'
import { ChannelName, TemplateName, VersionName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const TemplateSummary = z
  .object({
    name: TemplateName,
    public: z.boolean(),
    channels: z.record(z.string(), z.string()),
    versions: z.int(),
    latest: z.string().optional(),
  })
  .meta({ id: 'TemplateSummary' })

export const templateRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/templates',
    role: 'viewer',
    summary: 'All templates with their channels',
    reply: z.array(TemplateSummary),
    handle: () => services.catalog.listTemplates(),
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
    handle: ({ params }) => services.catalog.getTemplate(params.name),
  }),
  route({
    method: 'patch',
    path: '/api/v1/templates/:name',
    role: 'publisher',
    summary: 'Let everyone fetch the artifacts of a template, or only token holders',
    params: z.strictObject({ name: TemplateName }),
    body: z.strictObject({ public: z.boolean() }),
    reply: TemplateSummary,
    handle: ({ params, body, token }) =>
      setTemplatePublic({ name: params.name, isPublic: body.public, actor: token.name }, services),
  }),
  route({
    method: 'put',
    path: '/api/v1/templates/:name/channels/:channel',
    role: 'publisher',
    summary: 'Point a channel at a ready version',
    params: z.strictObject({ name: TemplateName, channel: ChannelName }),
    body: z.strictObject({ version: VersionName }),
    reply: TemplateSummary,
    handle: ({ params, body, token }) =>
      promoteVersion(
        { template: params.name, channel: params.channel, version: body.version, actor: token.name },
        services,
      ),
  }),
]
