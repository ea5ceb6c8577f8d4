// Retention of templates, and the collection of what it lets go.
import { z } from 'zod'
import { collectGarbage } from '#app/gc/collect-garbage.ts'
import { retentionOf, setRetention } from '#app/gc/keep-versions.ts'
import { TemplateName } from '#core/names.ts'
import { Retention as Policy } from '#core/retention/policy.ts'
import { GarbageLine } from '#core/retention/report.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const Retention = Policy.meta({ id: 'Retention' })
const OneTemplate = z.strictObject({ name: TemplateName })

export const gcRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/templates/:name/retention',
    role: 'viewer',
    summary: 'How long versions of a template stay that nothing uses',
    params: OneTemplate,
    reply: Retention,
    handle: ({ params }) => retentionOf(params.name, services),
  }),
  route({
    method: 'put',
    path: '/api/v1/templates/:name/retention',
    role: 'publisher',
    summary:
      'Say how long versions of a template stay that nothing uses; a build that publishes says it again',
    params: OneTemplate,
    body: Policy,
    reply: Retention,
    handle: ({ params, body, token }) =>
      setRetention({ template: params.name, retention: body, actor: token.name }, services),
  }),
  route({
    method: 'post',
    path: '/api/v1/gc',
    role: 'admin',
    summary:
      'Collect garbage: every version, blob, log and zone with the reason it stays or goes, one JSON object on each line, the total last',
    body: z.strictObject({ dryRun: z.boolean().default(false) }).prefault({}),
    media: 'application/x-ndjson',
    reply: GarbageLine,
    async handle({ body, token, signal }) {
      const { dryRun } = body
      if (!dryRun) await services.audit.write({ actor: token.name, action: 'gc', subject: 'all' })
      return collectGarbage(services, { dryRun, actor: token.name, signal })
    },
  }),
]
