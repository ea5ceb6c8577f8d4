// WAN boot of SPARC hosts: wanboot-cgi, the files it names, and bootlog-cgi (jumpstart.md 3.7). Unsigned; only while a host is armed.
import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Express, Request, RequestHandler, Response } from 'express'
import { armedAndOpen, knownByMac } from '#app/boot/known-by-mac.ts'
import { wanbootPayload, type WanbootHost } from '#app/boot/wanboot.ts'
import { refuseRevokedInstall } from '#app/channels/install-block.ts'
import type { Install } from '#app/ports/installs.ts'
import { aroundPayload, MULTIPART_TYPE } from '#core/boot/multipart.ts'
import { parseBootLine, parseWanbootQuery, type WanbootAsked } from '#core/boot/wanboot-query.ts'
import { legacyUrl } from '#core/config.ts'
import { ProvisionError } from '#core/errors.ts'
import { NOTICE } from '#core/install-state.ts'
import { macDigits } from '#core/mac.ts'
import { dropEntityHeaders, notFound, statusOf } from '../error-handler.ts'
import { createOpenInstall, withAndWithoutInstall, type OpenInstall } from '../open-install.ts'
import type { ProcessShared } from '../process-shared.ts'
import { whenReaderLeft } from '../route.ts'
import { sendRanges } from '../send-ranges.ts'
import type { Services } from '../services.ts'
import type { FurtherTokens } from './further-tokens.ts'

/** Lines of a boot that an install's timeline takes: a client in a loop must leave room for what the install says. */
const MOST_LINES = 200
const LINE_ID = 'bootlog-'
/** The client wants a body of the length that is announced; the first server of its kind sent 32 bytes. */
const LOGGED = 'The line is kept in the log now.'

/** Mounts it; it comes before the documents below /js/:host/:token, which take every path. */
export function mountWanboot(app: Express, services: Services, shared: ProcessShared): void {
  const { wrongTokens, furtherTokens } = shared
  const openInstall = createOpenInstall(services.installs, wrongTokens)

  app.all(
    withAndWithoutInstall('/cgi-bin/wanboot-cgi'),
    withReason(async (request, response) => {
      const asked = parseWanbootQuery(request.query)
      const known = await findHost(asked, request, response, { openInstall, furtherTokens, services })
      await sendParts(await wanbootPayload(asked, known, services), response, services)
    }),
  )
  app.all(
    withAndWithoutInstall('/cgi-bin/bootlog-cgi'),
    withReason(async (request, response) => {
      const query = /\?(.*)$/s.exec(request.originalUrl)?.[1] ?? ''
      const said = parseBootLine(query, services.clock.now().toISOString())
      if (!said) throw new ProvisionError('invalid', 'BadQuery', 'expected a line')
      const install = await findLogged(said.host, request, response, openInstall, services)
      if (!install) throw notKnown()
      await keepLine(install, said.line, services)
      response.set({ 'cache-control': 'no-store', 'content-type': 'text/plain' }).send(LOGGED)
    }),
  )
  app.get('/js/:host/:token/wanboot/:file', async (request, response, next) => {
    const file = String(request.params['file'])
    const found = (await openInstall(request, response)) && (await services.netboot.media.find(file))
    if (!found) return void notFound(request, response, next)
    const etag = `"${found.sha256}"`
    response.set({
      etag,
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      'content-type': 'application/octet-stream',
    })
    await sendRanges(request, response, { etag, size: found.size }, async (range) => {
      response.set('content-length', String(range.end - range.start + 1))
      await pipeline(await services.netboot.media.open(file, range), response).catch(whenReaderLeft)
    })
  })
}

/** By the token in the path, which has to be of the host with this address; else by the address, where the templates are open. */
async function findHost(
  { mac }: WanbootAsked,
  request: Request,
  response: Response,
  {
    openInstall,
    furtherTokens,
    services,
  }: { openInstall: OpenInstall; furtherTokens: FurtherTokens; services: Services },
): Promise<WanbootHost> {
  const server = legacyUrl(services.config)
  const { token } = request.params
  if (token === undefined) {
    const known = await knownByMac(mac, 'jumpstart', services)
    if (!known || (await refuseRevokedInstall(known.install, services))) throw notKnown()
    return { host: known.host, server, token: () => furtherTokens.of(known.install.id) }
  }
  const install = await openInstall(request, response)
  const host = install && (await services.hosts.get(install.host))
  const isOwn = host && (host.macs.length === 0 || host.macs.some((one) => macDigits(one) === mac))
  if (!isOwn || (await refuseRevokedInstall(install, services))) throw notKnown()
  return { host, server, token: async () => String(token) }
}

/** The install whose timeline gets the line. */
async function findLogged(
  name: string | undefined,
  request: Request,
  response: Response,
  openInstall: OpenInstall,
  services: Services,
): Promise<Install | undefined> {
  if (request.params['token'] !== undefined) return openInstall(request, response)
  const host = name === undefined ? undefined : await services.hosts.find(name)
  return host && (await armedAndOpen(host, 'jumpstart', services))?.install
}

async function keepLine({ id }: Install, line: string, { installs, clock }: Services): Promise<void> {
  const lines = (await installs.events(id)).filter((event) => event.id.startsWith(LINE_ID)).length
  if (lines >= MOST_LINES) return
  const digest = createHash('sha256').update(`${clock.now().getTime()} ${lines} ${line}`).digest('hex')
  await installs.record(id, {
    id: `${LINE_ID}${digest.slice(0, 32)}`,
    step: NOTICE,
    state: 'done',
    message: line,
  })
}

async function sendParts(
  payload: Awaited<ReturnType<typeof wanbootPayload>>,
  response: Response,
  { netboot }: Services,
): Promise<void> {
  const size = 'bytes' in payload ? payload.bytes.length : payload.size
  const { before, after } = aroundPayload(size)
  response.set({
    'content-type': MULTIPART_TYPE,
    'content-length': String(before.length + size + after.length),
    'cache-control': 'no-store',
  })
  const bytes = 'bytes' in payload ? [payload.bytes] : await netboot.media.open(payload.medium)
  await pipeline(async function* () {
    yield before
    yield* bytes
    yield after
  }, response).catch(whenReaderLeft)
}

/** Failures as the client reads them: 400 for the query, 403 for the method, 500 for the rest, and why in the status line. */
function withReason(handle: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return async (request, response, next) => {
    try {
      if (request.method === 'GET') await handle(request, response)
      else fail(response, 403, `the method is ${request.method}, expected GET`)
    } catch (error) {
      if (!(error instanceof ProvisionError) || response.headersSent) return next(error)
      const status = statusOf(error)
      fail(response, status === 400 ? status : 500, error.message)
    }
  }
}

/** A status line has no room for more than one line of plain characters. */
function fail(response: Response, status: number, reason: string): void {
  dropEntityHeaders(response)
  response.statusMessage = reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
  response.status(status).set({ 'cache-control': 'no-store', 'content-type': 'text/plain' })
  response.send(`${response.statusMessage}\n`)
}

function notKnown(): ProvisionError {
  return new ProvisionError('missing', 'HostNotKnown', 'no host with this address boots now')
}
