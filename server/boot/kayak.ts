// What OmniOS kayak fetches to install a host: /kayak/:mac, /kayak/media/:file, and the script of its first boot (jumpstart.md 6.1).
// The client takes any body that contains the name of one of its functions, so that failures are a few plain words here.
import type { Express, Request, Response } from 'express'
import { kayakConfig, type KayakAsked } from '#app/boot/kayak-config.ts'
import { findKayakMedium } from '#app/boot/kayak-medium.ts'
import { refuseRevokedInstall } from '#app/channels/install-block.ts'
import { parseMediumName } from '#core/boot/kayak.ts'
import { nothingHere } from '#core/errors.ts'
import { renderInstallScript } from '#core/install-script.ts'
import { isWholeMac, macDigits } from '#core/mac.ts'
import { Plan } from '#core/plan/schema.ts'
import { readFinishScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { createReaderOf } from '../artifact-reader.ts'
import { sendArtifact } from '../artifacts.ts'
import { createOpenInstall, withAndWithoutInstall, type OpenInstall } from '../open-install.ts'
import type { ProcessShared } from '../process-shared.ts'
import type { Services } from '../services.ts'
import { mountKayakLogs } from './kayak-log.ts'
import { LastAsked } from './last-asked.ts'
import { answerPlainly, plainly } from './plain-answers.ts'

/** Mounts it with its logs; it comes before the documents below /js/:host/:token, which take every path. */
export function mountKayak(app: Express, services: Services, shared: ProcessShared): void {
  const { sending, wrongTokens, furtherTokens } = shared
  const openInstall = createOpenInstall(services.installs, wrongTokens)
  const readerOf = createReaderOf(services, wrongTokens)
  const lastAsked = new LastAsked(services.clock)
  const { url: baseUrl } = services.config
  const needs = { ...services, baseUrl, furtherToken: (install: string) => furtherTokens.of(install) }

  app.get(
    withAndWithoutInstall('/kayak/media/:file'),
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
      const { install, token } = await armedBy(request, response, openInstall)
      const refusal = await refuseRevokedInstall(install, services)
      if (refusal) throw refusal
      const plan = Plan.parse(install.plan)
      if (!plan.kayak) throw nothingHere()
      const options = { token, baseUrl, phase: 'first-boot' as const }
      sendText(response, renderInstallScript(plan, options, await readFinishScripts()))
    }),
  )

  app.get(
    withAndWithoutInstall('/kayak/:mac'),
    plainly(async (request, response) => {
      const asked = await readAsked(request, response, openInstall, lastAsked)
      sendText(response, await kayakConfig(asked, needs))
    }),
  )

  // Nothing below may come to an answer that repeats the path.
  app.all(withAndWithoutInstall('/kayak{/*rest}'), (_request, response) => answerPlainly(response, 404))
  mountKayakLogs(app, services, shared)
}

/** By the token in the path and the address; else by the address alone. @throws NotFound */
async function readAsked(
  request: Request,
  response: Response,
  openInstall: OpenInstall,
  lastAsked: LastAsked,
): Promise<KayakAsked> {
  const digits = macDigits(String(request.params['mac']))
  if (digits === undefined) throw nothingHere()
  if (request.params['token'] !== undefined)
    return { digits, armed: await armedBy(request, response, openInstall) }
  const address = request.socket.remoteAddress ?? ''
  if (isWholeMac(digits)) lastAsked.note(address, digits)
  return { digits, asker: lastAsked.of(address) }
}

/** @throws NotFound */
async function armedBy(
  request: Request,
  response: Response,
  openInstall: OpenInstall,
): Promise<NonNullable<KayakAsked['armed']>> {
  const install = await openInstall(request, response)
  if (!install) throw nothingHere()
  return { install, token: String(request.params['token']) }
}

function sendText(response: Response, text: string): void {
  response.set('cache-control', 'no-store').type('text/plain').send(text)
}
