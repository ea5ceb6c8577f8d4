// Builds: asked for, watched, ended.
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { cancelBuild } from '#app/build/cancel-build.ts'
import { describePlannedBuild } from '#app/build/describe-build.ts'
import { discardBuild, keepBuild } from '#app/build/keep-build.ts'
import { followBuild, readLog } from '#app/build/follow-build.ts'
import type { WantedBuild } from '#app/build/plan-build.ts'
import { requestBuild } from '#app/build/request-build.ts'
import { showBuilds } from '#app/build/show-builds.ts'
import type { ApiToken } from '#app/ports/access.ts'
import type { LogLine } from '#app/ports/builds.ts'
import { Build, BuildState } from '#core/build/build.ts'
import { BuildStepName } from '#core/build/steps.ts'
import { HostName, TemplateName } from '#core/names.ts'
import { route, type Route, type ServerSentEvent } from '../route.ts'
import type { Services } from '../services.ts'

/** How often a follower's build is looked at, in milliseconds. */
const LOOK_EVERY = 500

const BuildReply = Build.extend({
  waitingFor: z.array(z.uuid()).optional().describe('the builds that run on its host'),
}).meta({ id: 'Build' })

const BuildPlanReply = z
  .object({
    template: TemplateName,
    host: HostName,
    origin: z.string().optional(),
    skipped: z.string().optional().describe('why it would be skipped'),
    steps: z.array(z.object({ step: BuildStepName, lines: z.array(z.string()) })),
  })
  .meta({ id: 'BuildPlan' })

const LogEvent = z.object({
  step: BuildStepName.optional(),
  at: z.iso.datetime(),
  text: z.string(),
})

const Wanted = z.strictObject({
  template: TemplateName,
  host: HostName.optional(),
  force: z.boolean().default(false),
  children: z.boolean().default(true),
})

const OneBuild = z.strictObject({ id: z.string().max(64) })

export const buildRoutes = (services: Services): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/builds',
    role: 'publisher',
    summary: 'Build a template; one whose inputs did not change is skipped, unless forced',
    body: Wanted,
    status: 202,
    reply: BuildReply,
    async handle({ body, token }) {
      const build = await requestBuild(wantedBy(body, token), services)
      return (await showBuilds([build], services))[0]
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/builds/plan',
    role: 'operator',
    summary: 'What a build would do: its steps and their commands',
    body: Wanted,
    reply: BuildPlanReply,
    handle: ({ body, token }) => describePlannedBuild(wantedBy(body, token), services),
  }),
  route({
    method: 'get',
    path: '/api/v1/builds',
    role: 'viewer',
    summary: 'Builds, newest first',
    query: z.strictObject({
      template: TemplateName.optional(),
      host: HostName.optional(),
      state: BuildState.optional(),
      parent: z.uuid().optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(50),
    }),
    reply: z.array(BuildReply),
    async handle({ query: { state, ...filter } }) {
      const builds = await services.builds.list({ ...filter, ...(state && { states: [state] }) })
      if (builds.length === 0) await refuseUnknown(filter, services)
      return showBuilds(builds, services)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/builds/:id',
    role: 'viewer',
    summary: 'One build',
    params: OneBuild,
    reply: BuildReply,
    async handle({ params }) {
      return (await showBuilds([await services.builds.find(params.id)], services))[0]
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/builds/:id/log',
    role: 'viewer',
    summary: 'What a build said; as server-sent events it goes on until the build is over',
    params: OneBuild,
    media: 'text/plain',
    reply: z.string(),
    async handle({ params }) {
      const { id } = await services.builds.find(params.id)
      return readLog(id, services)
    },
    async events({ params, request, signal }) {
      const { id } = await services.builds.find(params.id)
      const afterSeq = z.coerce.number().int().min(0).catch(0).parse(request.headers['last-event-id'])
      return serverSent(followBuild({ id, afterSeq, wait: () => pause(signal) }, services))
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/builds/:id/cancel',
    role: 'publisher',
    summary: 'End a build; nothing of it stays',
    params: OneBuild,
    status: 202,
    reply: BuildReply,
    async handle({ params, token }) {
      const { id } = await services.builds.find(params.id)
      return cancelBuild({ id, actor: token.name }, services)
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/builds/:id/keep',
    role: 'publisher',
    summary: 'Keep the zones of a build that fails, also when the next one succeeds',
    params: OneBuild,
    reply: BuildReply,
    async handle({ params, token }) {
      const { id } = await services.builds.find(params.id)
      return keepBuild({ id, actor: token.name }, services)
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/builds/:id/discard',
    role: 'publisher',
    summary: 'Remove the zones that a failed build has left',
    params: OneBuild,
    status: 202,
    reply: BuildReply,
    async handle({ params, token }) {
      const { id } = await services.builds.find(params.id)
      return discardBuild({ id, actor: token.name }, services)
    },
  }),
]

function wantedBy({ template, host, force, children }: z.infer<typeof Wanted>, token: ApiToken): WantedBuild {
  return { name: template, host, force, children, reason: `asked for by ${token.name}`, actor: token.name }
}

/** Resolves to false when the follower has gone. */
async function pause(signal: AbortSignal): Promise<boolean> {
  await wait(LOOK_EVERY, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}

async function* serverSent(
  pieces: AsyncIterable<{ line: LogLine } | { pause: true }>,
): AsyncIterable<ServerSentEvent> {
  for await (const piece of pieces) {
    if ('line' in piece) yield { id: String(piece.line.seq), data: LogEvent.parse(piece.line) }
    else yield { comment: 'still here' }
  }
}

/** No builds, because there is no such thing, is a spelling mistake. @throws HostNotFound, TemplateNotFound */
async function refuseUnknown(
  { host, template }: { host?: string | undefined; template?: string | undefined },
  { hosts, catalog, recipes }: Services,
): Promise<void> {
  if (host !== undefined) await hosts.get(host)
  if (template !== undefined && !(await recipes.list()).includes(template))
    await catalog.getTemplate(template)
}
