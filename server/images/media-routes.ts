// What zadm and zap fetch below /media/ (jumpstart.md 6.3, 6.4), also below /t/:token.
import type { Express } from 'express'
import { findCatalogueFile, listCatalogue } from '#app/images/catalogue.ts'
import { parseMediaPath } from '#core/images/catalogue.ts'
import { imageNotFound } from '#core/images/errors.ts'
import { renderZadmPlugin } from '#core/images/zadm-plugin.ts'
import type { ReadNeeds } from './read-routes.ts'
import { imageRoute, sendJson } from './reply.ts'
import { sendFile } from './send-file.ts'
import { askerOf, withAndWithoutToken } from './who-asks.ts'

/** HEAD comes with GET. */
export function mountMedia(app: Express, needs: ReadNeeds): void {
  const { services } = needs

  app.get(
    withAndWithoutToken('/media/img.json'),
    imageRoute(services.log, async (request, response) => {
      const reader = await askerOf('zadm', request, response, needs)
      sendJson(response, { images: await listCatalogue(reader, needs.readSources) })
    }),
  )

  app.get(
    withAndWithoutToken('/media/Zoneflash.pm'),
    imageRoute(services.log, async (request, response) => {
      await askerOf('zadm', request, response, needs)
      const token = request.params['token']
      const below = token === undefined ? '' : `/t/${encodeURIComponent(String(token))}`
      response.set({
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': 'attachment; filename="Zoneflash.pm"',
        'cache-control': 'no-store',
      })
      response.send(renderZadmPlugin(`${services.config.url}${below}`))
    }),
  )

  app.get(
    withAndWithoutToken('/media/:template/:file'),
    imageRoute(services.log, async (request, response) => {
      const [template, file] = [String(request.params['template']), String(request.params['file'])]
      const wanted = parseMediaPath(template, file)
      const reader = await askerOf('zadm', request, response, needs)
      if (!wanted) throw imageNotFound(file)
      const { artifact, source, isVersion } = await findCatalogueFile(
        { template, ...wanted },
        reader,
        services,
      )
      await sendFile(
        request,
        response,
        {
          artifact,
          etag: artifact.sha256,
          modified: isVersion ? new Date(source.createdAt) : undefined,
          isOpen: source.isOpen,
          immutable: isVersion,
        },
        needs.sending,
      )
    }),
  )
}
