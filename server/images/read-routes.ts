// What imgadm asks of a source of images (jumpstart.md 6.2.2), also below /t/:token.
import type { Express, Request, Response } from 'express'
import { findImage, listImageChannels, listImages } from '#app/images/find-image.ts'
import type { Md5s } from '#app/images/md5-of.ts'
import type { ReadSources } from '#app/images/shared-sources.ts'
import type { ImageReader } from '#app/images/sources.ts'
import { imageNotFound, invalidParameter } from '#core/images/errors.ts'
import { parseListQuery } from '#core/images/list-query.ts'
import type { ImageManifest } from '#core/images/manifest.ts'
import type { SendNeeds } from '../send-blob.ts'
import type { Services } from '../services.ts'
import { imageRoute, parametersOf, sendJson } from './reply.ts'
import { sendFile } from './send-file.ts'
import { askerOf, withAndWithoutToken, type AskerNeeds } from './who-asks.ts'

/** IMGAPI's answer to a ping. `imgapi: true` is what makes `imgadm sources -a` take the server. */
const PING = { ping: 'pong', version: '2.2.0', imgapi: true }

export interface ReadNeeds extends AskerNeeds {
  services: Services
  md5s: Md5s
  sending: SendNeeds
  readSources: ReadSources
}

/** Mounts them; HEAD comes with GET. */
export function mountImageReads(app: Express, needs: ReadNeeds): void {
  const { services } = needs
  const get = (
    path: string,
    handle: (request: Request, response: Response, reader: ImageReader) => Promise<void>,
  ): void => {
    const route = imageRoute(services.log, async (request, response) =>
      handle(request, response, await askerOf('imgadm', request, response, needs)),
    )
    app.get(withAndWithoutToken(path), route)
  }

  get('/ping', async (_request, response) => sendJson(response, PING))

  get('/images', async (request, response, reader) => {
    const query = parseListQuery(parametersOf(request))
    const images = await listImages(query, reader, needs.readSources)
    sendJson(
      response,
      images.map((image) => forVersion(request, image)),
    )
  })

  get('/images/:uuid', async (request, response, reader) => {
    const { manifest } = await findImage(String(request.params['uuid']), reader, services)
    assertInChannel(request, manifest)
    sendJson(response, forVersion(request, manifest))
  })

  get('/images/:uuid/file', async (request, response, reader) => {
    assertFirstFile(request)
    const { manifest, chosen, source } = await findImage(String(request.params['uuid']), reader, services)
    // what was revoked is told of, so that nobody wonders, and not given
    if (source.isDisabled) throw imageNotFound(manifest.uuid)
    assertInChannel(request, manifest)
    const { artifact } = chosen
    await sendFile(
      request,
      response,
      {
        artifact,
        etag: artifact.sha1,
        md5: await needs.md5s.of(artifact),
        modified: new Date(manifest.published_at),
        isOpen: source.isOpen,
        immutable: true,
      },
      needs.sending,
    )
  })

  get('/images/:uuid/icon', async (request) => {
    throw imageNotFound(String(request.params['uuid']))
  })

  get('/images/:uuid/jobs', async (request, response, reader) => {
    await findImage(String(request.params['uuid']), reader, services)
    sendJson(response, [])
  })

  get('/channels', async (_request, response, reader) =>
    sendJson(response, await listImageChannels(reader, needs.readSources)),
  )
}

/** Clients of before version 2 know no channels. */
function forVersion(request: Request, { channels, ...image }: ImageManifest): object {
  const asked = request.headers['accept-version']
  const isOld = asked === undefined || /^[~^]?[01](\.|$)/.test(String(asked).trim())
  return { ...image, ...(!isOld && channels && { channels }) }
}

/** A client that follows a channel sees what is in it. @throws ResourceNotFound */
function assertInChannel(request: Request, { uuid, channels = [] }: ImageManifest): void {
  const channel = parametersOf(request).get('channel')
  if (channel !== null && channel !== '*' && !channels.includes(channel)) throw imageNotFound(uuid)
}

/** A zone has one file. @throws InvalidParameter, ResourceNotFound */
function assertFirstFile(request: Request): void {
  const index = parametersOf(request).get('index') ?? '0'
  if (!/^[0-9]{1,4}$/.test(index)) throw invalidParameter('index', 'expected a whole number')
  if (Number(index) !== 0) throw imageNotFound(String(request.params['uuid']))
}
