// Installs and their timelines.
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { followInstall } from '#app/follow-install.ts'
import { InstallState } from '#core/install-state.ts'
import { InstallEvent } from '#core/install.ts'
import { HostName } from '#core/names.ts'
import { route, type Route, type ServerSentEvent } from '../route.ts'
import type { Services } from '../services.ts'

/** How often a follower's install is looked at, in milliseconds. */
const LOOK_EVERY = 1000

/** Without the plan: it holds the hosts' secrets. */
const Install = z
  .object({
    id: z.string(),
    host: HostName,
    state: InstallState,
    armedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Install' })

const RecordedEvent = InstallEvent.extend({ receivedAt: z.iso.datetime(), seq: z.int() }).meta({
  id: 'RecordedEvent',
})

const OneInstall = z.strictObject({ id: z.string().max(64) })

export const installRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/hosts/:name/installs',
    role: 'viewer',
    summary: 'The installs of a host, newest first',
    params: z.strictObject({ name: HostName }),
    reply: z.array(Install),
    async handle({ params }) {
      await services.hosts.get(params.name)
      return services.installs.list(params.name)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/installs/:id',
    role: 'viewer',
    summary: 'One install',
    params: OneInstall,
    reply: Install,
    handle: ({ params }) => services.installs.get(params.id),
  }),
  route({
    method: 'get',
    path: '/api/v1/installs/:id/events',
    role: 'viewer',
    summary: 'The timeline of an install; as server-sent events it goes on until the install is over',
    params: OneInstall,
    reply: z.array(RecordedEvent),
    handle: ({ params }) => services.installs.events(params.id),
    async events({ params, request, signal }) {
      await services.installs.get(params.id)
      const afterSeq = z.coerce.number().int().min(0).catch(0).parse(request.headers['last-event-id'])
      return serverSent(followInstall({ id: params.id, afterSeq, wait: () => pause(signal) }, services))
    },
  }),
]

/** Resolves to false when the follower has gone. */
async function pause(signal: AbortSignal): Promise<boolean> {
  await wait(LOOK_EVERY, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}

async function* serverSent(steps: ReturnType<typeof followInstall>): AsyncIterable<ServerSentEvent> {
  for await (const step of steps) {
    if ('event' in step) yield { id: String(step.event.seq), data: RecordedEvent.parse(step.event) }
    else yield { comment: 'still here' }
  }
}
