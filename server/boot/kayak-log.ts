// The logs that kayak leaves: /kayaklog/:mac, also below /js/:host/:token (jumpstart.md 6.1).
import express, { type Express, type Request, type Response } from 'express'
import { findKayakClient, kayakClientOf } from '#app/boot/kayak-host.ts'
import { nothingHere, ProvisionError } from '#core/errors.ts'
import { isWholeMac, macDigits } from '#core/mac.ts'
import { mayAct } from '#core/role.ts'
import { bearerSecret } from '../auth.ts'
import { createOpenInstall, withAndWithoutInstall, type OpenInstall } from '../open-install.ts'
import type { ProcessShared } from '../process-shared.ts'
import { readBody } from '../read-body.ts'
import type { Services } from '../services.ts'
import type { WrongTokens } from '../wrong-tokens.ts'
import { answerPlainly, plainly } from './plain-answers.ts'

const MAX_LOG = 1024 * 1024
const readLog = express.raw({ type: () => true, limit: MAX_LOG, inflate: false })

interface Needs {
  services: Services
  openInstall: OpenInstall
  wrongTokens: WrongTokens
}

/** Mounts writing and reading of them. */
export function mountKayakLogs(app: Express, services: Services, { wrongTokens }: ProcessShared): void {
  const openInstall = createOpenInstall(services.installs, wrongTokens)
  const needs: Needs = { services, openInstall, wrongTokens }
  const { clock, kayakLogs } = services
  const address = withAndWithoutInstall('/kayaklog/:name')

  app.put(
    address,
    plainly(async (request, response) => {
      const { mac, at } = logName(request)
      if (at !== undefined || !(await isArmedAs(mac, request, response, needs))) throw nothingHere()
      const log = await readBody(readLog, request, response).catch(refuseTooLong)
      const epoch = Math.floor(clock.now().getTime() / 1000)
      await kayakLogs.put({ mac, at: epoch, body: Buffer.isBuffer(log) ? log : Buffer.alloc(0) })
      response.status(201).set('cache-control', 'no-store').type('text/plain').send(`${mac}.${epoch}\n`)
    }),
  )

  app.get(
    address,
    plainly(async (request, response) => {
      const { mac, at } = logName(request)
      const mayRead =
        (await isViewer(request, response, needs)) || (await isArmedAs(mac, request, response, needs))
      const log = mayRead ? await kayakLogs.find(mac, at) : undefined
      if (!log) throw nothingHere()
      response.set({ 'cache-control': 'no-store', 'x-zoneflash-log': `${mac}.${log.at}` }).type('text/plain')
      response.send(Buffer.from(log.body))
    }),
  )

  // Nothing below may come to an answer that repeats the path.
  app.all(withAndWithoutInstall('/kayaklog{/*rest}'), (_request, response) => answerPlainly(response, 404))
}

/** `001122334455`, or `001122334455.1795258800` for one of several. */
function logName(request: Request): { mac: string; at?: number } {
  const text = String(request.params['name'])
  const [, name = text, at] = /^([0-9A-Fa-f]{12})\.([0-9]{1,12})$/.exec(text) ?? []
  const mac = macDigits(name)
  if (mac === undefined || !isWholeMac(mac)) throw nothingHere()
  return { mac, ...(at !== undefined && { at: Number(at) }) }
}

/** Whether the host itself asks, while it is armed. */
async function isArmedAs(
  mac: string,
  request: Request,
  response: Response,
  { services, openInstall }: Needs,
): Promise<boolean> {
  if (request.params['token'] === undefined)
    return (await findKayakClient(mac, undefined, services)) !== undefined
  const install = await openInstall(request, response)
  return install !== undefined && (await kayakClientOf(install, mac, services)) !== undefined
}

async function isViewer(
  request: Request,
  response: Response,
  { services: { tokens }, wrongTokens }: Needs,
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
