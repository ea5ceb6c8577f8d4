// What a host reads and reports while it is armed: /js/:host/:token/...
import express, { type Express } from 'express'
import { z } from 'zod'
import { readFinishScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { refuseRevokedInstall } from '#app/channels/install-block.ts'
import { postJson } from '#adapters/webhook/post-json.ts'
import { parseEvents, recordEvents } from '#app/record-events.ts'
import { renderPersonalStreamFor, warmPersonalStreams } from '#app/render-personal-stream.ts'
import { ProvisionError } from '#core/errors.ts'
import { renderPersonalStream } from '#core/identity/render-personal-stream.ts'
import { renderInstallScript } from '#core/install-script.ts'
import { ZoneName } from '#core/names.ts'
import { maskPlan } from '#core/plan/mask-plan.ts'
import { Plan } from '#core/plan/schema.ts'
import { mountJumpStartDocuments } from './jumpstart-documents.ts'
import type { ProcessShared } from './process-shared.ts'
import { readBody } from './read-body.ts'
import { sendBytes } from './send-bytes.ts'
import type { Services } from './services.ts'
import { createWhileArmed } from './while-armed.ts'

/** `zones/mysql02.zfs?from=GUID`: a zone of the plan, and the guid of the snapshot that the host has. */
const PersonalStreamRequest = z.object({
  zone: ZoneName,
  from: z.string('expected ?from=GUID').regex(/^[0-9]{1,20}$/, 'expected the guid of a snapshot, decimal'),
})

/** Bytes of one report. */
const MAX_REPORT = 256 * 1024

/** Mounts the documents; what JumpStart's installer reads is in jumpstart-documents.ts. */
export function mountInstallDocuments(
  app: Express,
  services: Services,
  { wrongTokens }: ProcessShared,
): void {
  const { installs } = services

  const whileArmed = createWhileArmed(installs, wrongTokens)

  const post = (url: string, body: object) =>
    postJson(url, body).catch((err: unknown) => {
      services.log.warn({ err, host: new URL(url).host }, 'a webhook was not told')
    })

  const readReport = express.text({ type: () => true, limit: MAX_REPORT })

  app.post(
    '/js/:host/:token/events',
    whileArmed(async ({ install, request, response }) => {
      const body = await readBody(readReport, request, response)
      const events = parseEvents(typeof body === 'string' ? body : '')
      await recordEvents(install, events, { ...services, post })
      response.json({ recorded: events.length })
    }),
  )

  app.get(
    '/js/:host/:token/zones.sh',
    whileArmed(async ({ install, token, response }) => {
      const refusal = await refuseRevokedInstall(install, services)
      if (refusal) throw refusal
      const options = { token, baseUrl: services.config.url }
      const script = renderInstallScript(Plan.parse(install.plan), options, await readFinishScripts())
      response.type('text/plain').send(script)
      warmPersonalStreams(install, services).catch((err: unknown) => {
        services.log.warn(
          { err, host: install.host },
          'the trees of personal streams were not opened beforehand',
        )
      })
    }),
  )

  // For holders of the install's token alone, as every document here. It holds what sysidcfg holds, and is kept nowhere.
  app.get(
    '/js/:host/:token/zones/:zone.zfs',
    whileArmed(async ({ install, token, request, response }) => {
      const wanted = readRequest({ zone: request.params['zone'], from: request.query['from'] })
      const needs = { ...services, render: renderPersonalStream }
      const { bytes, sha256 } = await renderPersonalStreamFor({ ...wanted, install, token }, needs)
      await sendBytes(request, response, bytes, sha256)
    }),
  )

  app.get(
    '/js/:host/:token/plan.json',
    whileArmed(({ install, response }) => {
      response.json(maskPlan(Plan.parse(install.plan)))
    }),
  )

  app.get(
    '/js/:host/:token/sysidcfg',
    whileArmed(({ install, request, response }) => {
      const zone = z.string().optional().catch(undefined).parse(request.query['zone'])
      response.type('text/plain').send(sysidcfgOf(Plan.parse(install.plan), zone))
    }),
  )

  app.get(
    '/js/:host/:token/zones/:zone/sysidcfg',
    whileArmed(({ install, request, response }) => {
      response.type('text/plain').send(sysidcfgOf(Plan.parse(install.plan), String(request.params['zone'])))
    }),
  )

  mountJumpStartDocuments(app, services, whileArmed)
}

/** @throws InvalidRequest */
function readRequest(request: Record<string, unknown>): z.infer<typeof PersonalStreamRequest> {
  const parsed = PersonalStreamRequest.safeParse(request)
  if (parsed.success) return parsed.data
  throw new ProvisionError('invalid', 'InvalidRequest', `personal stream: ${z.prettifyError(parsed.error)}`)
}

/**
 * The sysidcfg of the zone that is named; else of the global zone where the host is installed as a whole, and of the only zone that has any
 * where it is not. @throws SysidcfgNotFound
 */
function sysidcfgOf(plan: Plan, zone: string | undefined): string {
  const ofHost = plan.jumpstart?.sysidcfg ?? plan.system?.sysidcfg
  if (zone === undefined && ofHost !== undefined) return ofHost
  const asked = plan.zones.filter(
    ({ sysidcfg, name }) => sysidcfg !== undefined && (zone === undefined || name === zone),
  )
  const [one, another] = asked
  if (one?.sysidcfg !== undefined && !another) return one.sysidcfg
  const names = asked.map(({ name }) => name).join(', ')
  throw new ProvisionError(
    'missing',
    'SysidcfgNotFound',
    another
      ? `zones ${names} have a sysidcfg each, expected ?zone=NAME`
      : `there is no sysidcfg for ${zone ?? 'any zone'}: the plan has no such zone, or its system does not read one`,
  )
}
