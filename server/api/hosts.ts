// Hosts: their records, and what is planned for them.
import { z } from 'zod'
import { readFinishScripts, readJumpStartScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { armHost } from '#app/arm-host.ts'
import { readJumpStartDocuments } from '#app/jumpstart-documents.ts'
import { currentPlan, planHost, type ArmedWith } from '#app/plan-host.ts'
import { addHost, removeHost, setHost } from '#app/save-host.ts'
import { legacyUrl } from '#core/config.ts'
import { Duration } from '#core/duration.ts'
import { ProvisionError } from '#core/errors.ts'
import { GivenHost, Host } from '#core/host.ts'
import { maskInstallScript, renderInstallScript } from '#core/install-script.ts'
import { NO_TOKEN } from '#core/install-token.ts'
import { isRendered, findDocument } from '#core/jumpstart/documents/documents.ts'
import { placeFlashArchive } from '#core/jumpstart/flash-profile.ts'
import { MASK } from '#core/mask-profile.ts'
import { HostName } from '#core/names.ts'
import { maskPlan } from '#core/plan/mask-plan.ts'
import { renderPlanText } from '#core/plan/render-plan.ts'
import { Plan } from '#core/plan/schema.ts'
import { mayAct } from '#core/role.ts'
import { route, type Route } from '../route.ts'
import { refuseOtherName } from '../same-name.ts'
import type { Services } from '../services.ts'

const OneHost = z.strictObject({ name: HostName })
const HostReply = Host.meta({ id: 'Host' })

/** By default the plan that the host is armed with, if it is. */
const fresh = z.literal('1').optional()

export const hostRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/hosts',
    role: 'viewer',
    summary: 'All hosts',
    reply: z.array(HostReply),
    handle: () => services.hosts.list(),
  }),
  route({
    method: 'post',
    path: '/api/v1/hosts',
    role: 'operator',
    summary: 'Add a host; only an admin may say how the workers reach it',
    body: z.strictObject(GivenHost.shape),
    status: 201,
    reply: HostReply,
    handle: ({ body, token }) => addHost({ host: body, token }, services),
  }),
  route({
    method: 'get',
    path: '/api/v1/hosts/:name',
    role: 'viewer',
    summary: 'One host',
    params: OneHost,
    reply: HostReply,
    handle: ({ params }) => services.hosts.get(params.name),
  }),
  route({
    method: 'put',
    path: '/api/v1/hosts/:name',
    role: 'operator',
    summary: 'Replace the record of a host; only an admin may change how the workers reach it',
    params: OneHost,
    body: z.strictObject({ ...GivenHost.shape, name: HostName.optional() }),
    reply: HostReply,
    async handle({ params, body, token }) {
      refuseOtherName('host', params.name, body.name)
      return setHost({ host: { ...body, name: params.name }, token }, services)
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/hosts/:name',
    role: 'operator',
    summary: 'Remove a host',
    params: OneHost,
    reply: z.undefined(),
    handle: ({ params, token }) => removeHost({ name: params.name, actor: token.name }, services),
  }),
  route({
    method: 'post',
    path: '/api/v1/hosts/:name/arm',
    role: 'operator',
    summary: 'Open the window in which the host may fetch its documents; an earlier window closes',
    params: OneHost,
    body: z.strictObject({ for: Duration.default(2 * 3_600_000) }).default({ for: 2 * 3_600_000 }),
    status: 201,
    reply: z.object({
      token: z.string(),
      url: z.string(),
      expiresAt: z.iso.datetime(),
      install: z.string(),
      boot: z
        .object({ words: z.string(), note: z.string().optional() })
        .optional()
        .describe(
          'what is typed, or stands in a boot menu, so that the installer of JumpStart or kayak finds its documents',
        ),
    }),
    handle: ({ params, body, token }) =>
      armHost(
        {
          host: params.name,
          ttlMs: body.for,
          baseUrl: services.config.url,
          installerUrl: legacyUrl(services.config),
          actor: token.name,
        },
        services,
      ),
  }),
  route({
    method: 'get',
    path: '/api/v1/hosts/:name/plan',
    role: 'viewer',
    summary:
      'What will happen on the host, step by step, secrets masked; ?fresh=1 plans anew for an armed host',
    params: OneHost,
    query: z.strictObject({ fresh }),
    reply: z
      .object({
        ...Plan.shape,
        armedUntil: z.iso.datetime().optional(),
        planChanged: z.boolean().optional().describe('arming again would give another plan'),
        refusal: z.string().optional().describe('why arming again would be refused'),
        text: z.string(),
      })
      .meta({ id: 'Plan' }),
    async handle({ params, query }) {
      const { plan, armed } = await planOf(params.name, query.fresh, services)
      const masked = placed(maskPlan(plan), services)
      return { ...masked, ...armed, text: renderPlanText(masked, armed) }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/hosts/:name/script',
    role: 'viewer',
    summary:
      'The script that the host would run, or ?document=finish of its JumpStart directory, without its token; ?masked=1 hides the other secrets, which only operators see, and the files that somebody stored',
    params: OneHost,
    query: z.strictObject({
      masked: z.enum(['0', '1']).optional(),
      document: z.string().max(100).optional(),
      fresh,
    }),
    media: 'text/plain',
    reply: z.string(),
    async handle({ params, query, token }) {
      const masked = query.masked === '1'
      if (masked && query.document !== undefined && !isRendered(query.document)) {
        throw new ProvisionError(
          'forbidden',
          'RoleTooLow',
          `${JSON.stringify(query.document)} is a file of the JumpStart directory, whose secrets nobody can mask: expected operator, without ?masked=1`,
          { details: { role: 'operator' } },
        )
      }
      if (!masked && !mayAct(token.role, 'operator')) {
        throw new ProvisionError(
          'forbidden',
          'RoleTooLow',
          `token ${token.name} has role ${token.role}, expected operator, or ?masked=1`,
          { details: { role: 'operator' } },
        )
      }
      const { plan } = await planOf(params.name, query.fresh, services)
      const baseUrl = services.config.url
      if (query.document !== undefined) return documentOf(plan, query.document, masked, services)
      const parts = await readFinishScripts()
      return masked
        ? maskInstallScript(plan, { baseUrl }, parts)
        : renderInstallScript(plan, { token: NO_TOKEN, baseUrl }, parts)
    },
  }),
]

/** The plan with the address that the installer is given for a flash archive, its token masked. */
function placed(plan: Plan, { config }: Services): Plan {
  const { jumpstart } = plan
  if (jumpstart?.installProfile === undefined) return plan
  const place = { baseUrl: legacyUrl(config), token: MASK }
  return {
    ...plan,
    jumpstart: { ...jumpstart, installProfile: placeFlashArchive(jumpstart.installProfile, place) },
  }
}

/** One of what the host's installer would find in its JumpStart directory. @throws DocumentNotFound, JumpStartNotPlanned */
async function documentOf(plan: Plan, path: string, masked: boolean, services: Services): Promise<string> {
  const documents = await readJumpStartDocuments(
    {
      plan: masked ? maskPlan(plan) : plan,
      token: masked ? MASK : NO_TOKEN,
      baseUrl: services.config.url,
      installerUrl: legacyUrl(services.config),
    },
    { ...services, scripts: await readJumpStartScripts() },
  )
  return findDocument(documents, path, plan.host).text
}

async function planOf(
  name: string,
  anew: '1' | undefined,
  services: Services,
): Promise<{ plan: Plan; armed?: ArmedWith }> {
  return anew
    ? { plan: await planHost(name, services.config.url, services) }
    : currentPlan(name, services.config.url, services)
}
