// What OmniOS kayak fetches to install a host: /kayak/:mac, /kayak/media/:file, and its log (jumpstart.md 6.1).
// The client takes any body that contains the name of one of its functions, so that failures are a few plain words here.
import express, { type Express, type Request, type Response } from 'express'
import { z } from 'zod'
import { findKayakClient, kayakClientOf, type KayakClient } from '#app/boot/kayak-host.ts'
import { assertMediumIsThere, findKayakMedium } from '#app/boot/kayak-medium.ts'
import { refuseRevokedInstall } from '#app/channels/install-block.ts'
import type { Install } from '#app/ports/installs.ts'
import { parseMediumName } from '#core/boot/kayak.ts'
import { nothingHere, ProvisionError } from '#core/errors.ts'
import { NOTICE } from '#core/install-state.ts'
import { renderInstallScript } from '#core/install-script.ts'
import { renderKayakConfig } from '#core/kayak/config.ts'
import { isWholeMac, macDigits } from '#core/mac.ts'
import { ProfileName, TemplateName, TemplateRef, VersionName } from '#core/names.ts'
import { Plan, PlannedKayak } from '#core/plan/schema.ts'
import { mayAct } from '#core/role.ts'
import { readFinishScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { createReaderOf } from '../artifact-reader.ts'
import { sendArtifact } from '../artifacts.ts'
import { bearerSecret } from '../auth.ts'
import { createOpenInstall, type OpenInstall } from '../open-install.ts'
import type { ProcessShared } from '../process-shared.ts'
import { readBody } from '../read-body.ts'
import type { Services } from '../services.ts'
import type { WrongTokens } from '../wrong-tokens.ts'
import type { FurtherTokens } from './further-tokens.ts'
import { LastAsked } from './last-asked.ts'
import { answerPlainly, plainly } from './plain-answers.ts'

/** What of a plan the configuration is made of. */
const PlannedHost = z.object({
  profile: ProfileName,
  kayak: PlannedKayak.optional(),
  zones: z.array(z.unknown()),
  system: z
    .object({
      template: TemplateName,
      version: VersionName,
      capturedZones: z.array(z.unknown()).default([]),
    })
    .optional(),
})

const MAX_LOG = 1024 * 1024

interface Needs {
  services: Services
  openInstall: OpenInstall
  lastAsked: LastAsked
  furtherTokens: FurtherTokens
}

/** Mounts it; it comes before the documents below /js/:host/:token, which take every path. */
export function mountKayak(app: Express, services: Services, shared: ProcessShared): void {
  const { sending, wrongTokens, furtherTokens } = shared
  const openInstall = createOpenInstall(services.installs, wrongTokens)
  const needs: Needs = { services, openInstall, lastAsked: new LastAsked(services.clock), furtherTokens }
  const readerOf = createReaderOf(services, wrongTokens)

  app.get(
    both('/kayak/media/:file'),
    plainly(async (request, response) => {
      const medium = parseMediumName(String(request.params['file']))
      const reader = await readerOf(request, response)
      if (!medium || !reader) throw nothingHere()
      const { reference, compression } = medium
      const found = await findKayakMedium(reference, compression, reader, services)
      response.set('content-type', 'application/octet-stream')
      await sendArtifact(request, response, found, found.version === reference.selector, sending)
    }),
  )

  app.get(
    '/js/:host/:token/kayak/zones.sh',
    plainly(async (request, response) => {
      const install = await openInstall(request, response)
      if (!install) throw nothingHere()
      const refusal = await refuseRevokedInstall(install, services)
      if (refusal) throw refusal
      const plan = Plan.parse(install.plan)
      if (!plan.kayak) throw nothingHere()
      const token = String(request.params['token'])
      const options = { token, baseUrl: services.config.url, phase: 'first-boot' as const }
      const script = renderInstallScript(plan, options, await readFinishScripts())
      response.set('cache-control', 'no-store').type('text/plain').send(script)
    }),
  )

  app.get(
    both('/kayak/:mac'),
    plainly((request, response) => sendConfig(request, response, needs)),
  )

  const readLog = express.raw({ type: () => true, limit: MAX_LOG, inflate: false })
  app.put(
    both('/kayaklog/:name'),
    plainly(async (request, response) => {
      const { mac, at } = logName(request)
      if (at !== undefined || !(await mayWriteLog(mac, request, response, needs))) throw nothingHere()
      const log = await readBody(readLog, request, response).catch(refuseTooLong)
      const body = Buffer.isBuffer(log) ? log : Buffer.alloc(0)
      const epoch = Math.floor(services.clock.now().getTime() / 1000)
      await services.kayakLogs.put({ mac, at: epoch, body })
      response.status(201).set('cache-control', 'no-store').type('text/plain').send(`${mac}.${epoch}\n`)
    }),
  )

  app.get(
    both('/kayaklog/:name'),
    plainly(async (request, response) => {
      const { mac, at } = logName(request)
      const may =
        (await isViewer(request, response, services, wrongTokens)) ||
        (await mayWriteLog(mac, request, response, needs))
      const log = may ? await services.kayakLogs.find(mac, at) : undefined
      if (!log) throw nothingHere()
      response.set({ 'cache-control': 'no-store', 'x-zoneflash-log': `${mac}.${log.at}` }).type('text/plain')
      response.send(Buffer.from(log.body))
    }),
  )

  // Nothing below may come to an answer that repeats the path.
  app.all(both('/kayak{/*rest}'), (_request, response) => answerPlainly(response, 404))
  app.all(both('/kayaklog{/*rest}'), (_request, response) => answerPlainly(response, 404))
}

const both = (path: string): string[] => [path, `/js/:host/:token${path}`]

async function sendConfig(request: Request, response: Response, needs: Needs): Promise<void> {
  const { services } = needs
  const client = await findClient(request, response, needs)
  if (!client) throw nothingHere()
  const { host, install, isGroup, token } = client
  if (await refuseRevokedInstall(install, services)) throw nothingHere()
  const plan = PlannedHost.parse(install.plan)
  const { kayak, system } = plan
  if (!kayak) throw nothingHere()
  if (system) await needMedium(install, { template: system.template, selector: system.version }, services)
  if (system && token === undefined) {
    // the loader's line for all hosts names what the profile names now
    const { system: now } = await services.profiles.get(plan.profile)
    if (now) await needMedium(install, TemplateRef.parse(now.template), services)
  }
  // machines of a group fetch and report nothing
  const secret = token ?? (isGroup ? '' : await needs.furtherTokens.of(install.id))
  const text = renderKayakConfig({
    host: host.name,
    planned: kayak,
    documents: `${services.config.url}/js/${host.name}/${secret}`,
    hasZones: plan.zones.length > 0 || (plan.system?.capturedZones.length ?? 0) > 0,
    isGroup,
  })
  await remark(
    install,
    'kayak',
    `kayak fetched its configuration as ${macDigits(String(request.params['mac']))}`,
    services,
  )
  response.set('cache-control', 'no-store').type('text/plain').send(text)
}

/** @throws MediumNotReady, which stands in the timeline then */
async function needMedium(install: Install, reference: TemplateRef, services: Services): Promise<void> {
  try {
    await assertMediumIsThere(reference, services)
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'MediumNotReady')
      await remark(install, 'kayak-medium', `kayak gets no configuration yet: ${error.message}`, services)
    throw error
  }
}

/** One line a minute at most. */
async function remark(
  { id }: Install,
  what: string,
  message: string,
  { installs, clock }: Services,
): Promise<void> {
  const minute = Math.floor(clock.now().getTime() / 60_000)
  await installs.record(id, { id: `${what}-${minute}`, step: NOTICE, state: 'done', message })
}

/** By the token in the path and the address; else by the address alone. */
async function findClient(
  request: Request,
  response: Response,
  { services, openInstall, lastAsked }: Needs,
): Promise<(KayakClient & { token?: string }) | undefined> {
  const digits = macDigits(String(request.params['mac']))
  if (digits === undefined) return undefined
  const { token } = request.params
  if (token !== undefined) {
    const install = await openInstall(request, response)
    if (!install) return undefined
    const client = await kayakClientOf(install, digits, services)
    return client && { ...client, token: String(token) }
  }
  const address = request.socket.remoteAddress ?? ''
  if (isWholeMac(digits)) lastAsked.note(address, digits)
  return findKayakClient(digits, lastAsked.of(address), services)
}

/** `001122334455`, or `001122334455.1795258800` for one of several. */
function logName(request: Request): { mac: string; at?: number } {
  const text = String(request.params['name'])
  const [, name = text, at] = /^([0-9A-Fa-f]{12})\.([0-9]{1,12})$/.exec(text) ?? []
  const mac = macDigits(name)
  if (mac === undefined || !isWholeMac(mac)) throw nothingHere()
  return { mac, ...(at !== undefined && { at: Number(at) }) }
}

/** The host itself, while it is armed. */
async function mayWriteLog(
  mac: string,
  request: Request,
  response: Response,
  { services, openInstall }: Needs,
): Promise<boolean> {
  if (request.params['token'] !== undefined) {
    const install = await openInstall(request, response)
    return install !== undefined && (await kayakClientOf(install, mac, services)) !== undefined
  }
  return (await findKayakClient(mac, undefined, services)) !== undefined
}

async function isViewer(
  request: Request,
  response: Response,
  { tokens }: Services,
  wrongTokens: WrongTokens,
): Promise<boolean> {
  const secret = bearerSecret(request)
  if (secret === undefined || request.params['token'] !== undefined) return false
  const token = await wrongTokens.check(secret, { request, response }, (one) => tokens.authenticate(one))
  return token !== undefined && mayAct(token.role, 'viewer')
}

function refuseTooLong(cause: unknown): never {
  if ((cause as { type?: unknown }).type !== 'entity.too.large') throw cause
  throw new ProvisionError('too-large', 'BodyTooLarge', `a log is at most ${MAX_LOG} bytes`, { cause })
}
