// Versions of a template: manifests, files, packaging, retirement. Uploads of new ones are in uploads.ts.
import { z } from 'zod'
import { revokeVersion, unrevokeVersion } from '#app/channels/revoke-version.ts'
import { withBlock, withBlocks } from '#app/channels/with-blocks.ts'
import { listFiles } from '#app/list-files.ts'
import { requestPackage } from '#app/request-package.ts'
import { deleteVersion } from '#app/retire-version.ts'
import { Block, Why } from '#core/channel/schema.ts'
import { Entry } from '#core/entry.ts'
import { Manifest } from '#core/manifest.ts'
import { HostName, TemplateName, VersionName, VersionOrChannel, ZoneName } from '#core/names.ts'
import { VersionState } from '#core/version-state.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

export const VersionRecord = z
  .object({
    manifest: Manifest,
    state: VersionState,
    blockedBy: Block.optional().describe('the revoked version that keeps new installs from this one'),
  })
  .meta({ id: 'VersionRecord' })

const OneVersion = z.strictObject({ name: TemplateName, version: VersionName })

export const versionRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/templates/:name/versions',
    role: 'viewer',
    summary: 'The versions of a template with their manifests',
    params: z.strictObject({ name: TemplateName }),
    reply: z.array(VersionRecord),
    handle: async ({ params }) => withBlocks(await services.catalog.listVersions(params.name), services),
  }),
  route({
    method: 'get',
    path: '/api/v1/templates/:name/versions/:version',
    role: 'viewer',
    summary: 'One version, by its name or by channel',
    params: z.strictObject({ name: TemplateName, version: VersionOrChannel }),
    reply: VersionRecord,
    handle: async ({ params }) =>
      withBlock(await services.catalog.getVersion(params.name, params.version), services),
  }),
  route({
    method: 'patch',
    path: '/api/v1/templates/:name/versions/:version',
    role: 'publisher',
    summary: 'Revoke a version, so that no new install gets it, or take that back',
    params: OneVersion,
    body: z.strictObject({ state: z.enum(['revoked', 'ready']), why: Why.optional() }),
    reply: VersionRecord,
    async handle({ params, body: { state, why }, token }) {
      const which = { template: params.name, version: params.version, actor: token.name, why }
      if (state === 'revoked') await revokeVersion(which, services)
      else await unrevokeVersion(which, services)
      return withBlock(await services.catalog.getVersion(params.name, params.version), services)
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/templates/:name/versions/:version',
    role: 'publisher',
    summary: 'Delete a version that nothing refers to',
    params: OneVersion,
    reply: z.undefined(),
    handle: ({ params, token }) =>
      deleteVersion({ template: params.name, version: params.version, actor: token.name }, services),
  }),
  route({
    method: 'get',
    path: '/api/v1/templates/:name/versions/:version/files',
    role: 'viewer',
    summary: 'The files in a version, one JSON object on each line',
    params: z.strictObject({ name: TemplateName, version: VersionOrChannel }),
    query: z.strictObject({ format: z.string().max(16).optional(), prefix: z.string().max(1023).optional() }),
    media: 'application/x-ndjson',
    reply: Entry,
    handle: ({ params, query }) =>
      listFiles(
        { template: params.name, version: params.version, format: query.format, prefix: query.prefix },
        services,
      ),
  }),
  route({
    method: 'post',
    path: '/api/v1/templates/:name/package',
    role: 'publisher',
    summary: 'Package a halted, detached zone of a host as a new version',
    params: z.strictObject({ name: TemplateName }),
    body: z.strictObject({
      host: HostName,
      zone: ZoneName,
      version: VersionName.optional(),
      origin: z.strictObject({ template: TemplateName, version: VersionName }).optional(),
    }),
    status: 202,
    reply: z.object({ job: z.string(), version: VersionName }),
    handle: ({ params, body, token }) =>
      requestPackage(
        {
          template: params.name,
          host: body.host,
          zone: body.zone,
          version: body.version,
          origin: body.origin,
          actor: token.name,
        },
        services,
      ),
  }),
]
