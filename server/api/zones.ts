// The zones on hosts.
import { z } from 'zod'
import { ReportedZone as Zone } from '#core/channel/schema.ts'
import { HostName, TemplateName, ZoneName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

export const ReportedZone = Zone.meta({ id: 'ReportedZone' })

export const zoneRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/zones',
    role: 'viewer',
    summary: 'The zones on hosts and the versions they were made from, as the hosts last reported them',
    query: z.strictObject({ host: HostName.optional(), template: TemplateName.optional() }),
    reply: z.array(ReportedZone),
    async handle({ query }) {
      const zones = await services.zones.list(query)
      if (zones.length > 0) return zones
      // Nothing, because there is no such thing, is a spelling mistake.
      if (query.host !== undefined) await services.hosts.get(query.host)
      if (query.template !== undefined) await services.catalog.getTemplate(query.template)
      return zones
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/zones/:host/:zone',
    role: 'operator',
    summary: 'Forget a zone that is gone from its host: it keeps its version from being deleted no more',
    params: z.object({ host: HostName, zone: ZoneName }),
    reply: z.undefined(),
    async handle({ params: { host, zone }, token }) {
      await services.zones.forget(host, zone)
      await services.audit.write({ actor: token.name, action: 'zone.forget', subject: `${host}:${zone}` })
    },
  }),
]
