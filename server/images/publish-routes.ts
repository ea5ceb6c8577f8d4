// `imgadm publish` and `imgadm create -p` (jumpstart.md 6.2.4), also below /t/:token.
import { isIP } from 'node:net'
import express, { type Express, type Request, type Response } from 'express'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { activateImage, deleteImage } from '#app/images/activate-image.ts'
import { importManifest, storeImageFile, type PublishNeeds } from '#app/images/publish-image.ts'
import { Sha1 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import { imageNotFound, invalidParameter } from '#core/images/errors.ts'
import { Uuid } from '#core/images/uuid.ts'
import type { Compression } from '#core/manifest.ts'
import { mayAct } from '#core/role.ts'
import { refuseEarly } from '../api/multipart-uploads.ts'
import { readBody } from '../read-body.ts'
import type { ReadNeeds } from './read-routes.ts'
import { imageRoute, parametersOf, sendJson } from './reply.ts'
import { tokenOf, withAndWithoutToken } from './who-asks.ts'

const compressions = ['none', 'gzip', 'bzip2', 'xz'] as const satisfies readonly Compression[]
const readJson = express.json({ limit: '256kb', type: 'application/json' })

/** Mounts the three calls and the one that takes an image back. */
export function mountImagePublishing(app: Express, needs: ReadNeeds): void {
  const { services } = needs
  const { config, log } = services
  if (config.publishOnLoopback && !isLoopback(new URL(config.url).hostname))
    log.warn(
      { url: config.url },
      'whoever reaches this server from its own machine publishes images: a proxy there must send X-Forwarded-For or Via',
    )
  const publishing: PublishNeeds = {
    ...services,
    limits: config.limits,
    indexer: openStreamIndexer(config),
  }

  app.post(
    withAndWithoutToken('/images/:uuid'),
    imageRoute(log, async (request, response) => {
      const actor = await publisherOf(request, response, needs)
      const uuid = uuidOf(request)
      switch (parametersOf(request).get('action')) {
        case 'import': {
          const document = await bodyOf(request, response)
          return sendJson(response, await importManifest({ uuid, document, actor }, publishing))
        }
        case 'activate':
          return sendJson(response, await activateImage({ uuid, actor }, publishing))
        default:
          throw new ProvisionError('invalid', 'NotImplemented', 'expected action=import or action=activate')
      }
    }),
  )

  app.put(
    withAndWithoutToken('/images/:uuid/file'),
    imageRoute(log, (request, response) =>
      refuseEarly(request, async () => {
        await publisherOf(request, response, needs)
        const file = { uuid: uuidOf(request), ...fileOf(request), bytes: bytesOf(request) }
        sendJson(response, await storeImageFile(file, publishing))
      }),
    ),
  )

  app.delete(
    withAndWithoutToken('/images/:uuid'),
    imageRoute(log, async (request, response) => {
      const actor = await publisherOf(request, response, needs)
      await deleteImage({ uuid: uuidOf(request), actor }, publishing)
      response.status(204).end()
    }),
  )
}

/** Who publishes, for the audit log. @throws UnauthorizedError, OperatorOnly, NotFound */
async function publisherOf(request: Request, response: Response, needs: ReadNeeds): Promise<string> {
  const token = await tokenOf(request, response, needs)
  if (token && mayAct(token.role, 'publisher')) return token.name
  if (token)
    throw new ProvisionError(
      'forbidden',
      'OperatorOnly',
      `token ${token.name} has role ${token.role}, expected publisher`,
    )
  if (needs.services.config.publishOnLoopback && isFromHere(request)) return 'imgadm on loopback'
  response.set('www-authenticate', 'Basic realm="zoneflash"')
  throw new ProvisionError(
    'unauthenticated',
    'UnauthorizedError',
    'expected a token of role publisher: in the address as /t/TOKEN, as bearer, or as the password of HTTP Basic',
  )
}

/** A program on this machine: neither through a proxy nor from a page in somebody's browser. */
function isFromHere({ socket, headers }: Request): boolean {
  const passedOn = ['origin', 'referer', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via']
  if (passedOn.some((name) => headers[name] !== undefined)) return false
  return isLoopback(socket.remoteAddress ?? '')
}

function isLoopback(host: string): boolean {
  const address = host.replace(/^::ffff:/i, '').replace(/^\[(.*)\]$/, '$1')
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** @throws ResourceNotFound */
function uuidOf(request: Request): Uuid {
  const text = String(request.params['uuid'])
  if (!Uuid.safeParse(text).success) throw imageNotFound(text)
  return text
}

/** @throws InvalidParameter */
function fileOf(request: Request): {
  compression: Compression
  sha1: string | undefined
  size: number | undefined
} {
  const parameters = parametersOf(request)
  const named = parameters.get('compression')
  const compression = compressions.find((one) => one === named)
  if (!compression) throw invalidParameter('compression', `expected one of ${compressions.join(', ')}`)
  const sha1 = parameters.get('sha1') ?? undefined
  if (sha1 !== undefined && !Sha1.safeParse(sha1).success)
    throw invalidParameter('sha1', 'expected 40 lower-case hex digits')
  const length = request.headers['content-length']
  return { compression, sha1, size: length === undefined ? undefined : Number(length) }
}

/** @throws BadRequestError for what is no JSON, or too much of it */
function bodyOf(request: Request, response: Response): Promise<unknown> {
  return readBody(readJson, request, response).catch((cause: unknown) => {
    throw new ProvisionError('invalid', 'BadRequestError', 'the body is not JSON of at most 256 KiB', {
      cause,
    })
  })
}

/** @throws Upload when the sender goes away */
async function* bytesOf(request: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* request as AsyncIterable<Uint8Array>
  } catch (cause) {
    throw new ProvisionError('invalid', 'Upload', 'the body ended early', { cause })
  }
}
