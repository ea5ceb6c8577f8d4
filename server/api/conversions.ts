// Further forms of a version, made by a worker.
import { z } from 'zod'
import { requestConversion } from '#app/convert/request-conversion.ts'
import { ConversionTarget, hasChosenLayout, isStreamTarget, ZplVersion } from '#core/conversion/target.ts'
import { ArchiveLayout, Artifact } from '#core/manifest.ts'
import { TemplateName, VersionName, VersionOrChannel } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const Conversion = z
  .object({
    version: VersionName,
    to: ConversionTarget,
    job: z.string().optional().describe('absent when there is nothing to do'),
    artifact: Artifact.optional().describe('the form, when it is there already'),
  })
  .meta({ id: 'Conversion' })

export const conversionRoutes = (services: Services): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/templates/:name/versions/:version/conversions',
    role: 'publisher',
    summary: 'Make another form of a version from one that it has; asked for twice, it is one job',
    params: z.strictObject({ name: TemplateName, version: VersionOrChannel }),
    body: z
      .strictObject({
        to: ConversionTarget,
        zpl: ZplVersion.optional().describe(
          'of a ZFS stream; default: one that is there counts whatever its version is, else 4, which every receiver takes, or that of the origin’s stream where the version has one to build on',
        ),
        layout: ArchiveLayout.optional().describe(
          'of a full ZFS stream: a zonepath with root/ in it, or the zone’s root alone; default: one that is there counts whatever its layout is, else a zonepath, of a system its root',
        ),
      })
      .refine(({ to, layout }) => layout === undefined || hasChosenLayout(to), {
        path: ['layout'],
        message: 'is for full ZFS streams, expected zfs, zfs.gz or zfs.zst in `to` with it',
      })
      .refine(({ to, zpl }) => zpl === undefined || isStreamTarget(to), {
        path: ['zpl'],
        message: 'is for ZFS streams, expected them in `to` with it',
      }),
    status: 202,
    reply: Conversion,
    handle: ({ params, body, token }) =>
      requestConversion(
        { template: params.name, version: params.version, ...body, actor: token.name },
        services,
      ),
  }),
]
