// A host's whole system as a version, and the script that restores its zones elsewhere.
import { z } from 'zod'
import { readRestoreLibrary } from '#adapters/finish-scripts/read-archive-scripts.ts'
import { requestArchive, requestRepair } from '#app/system-archive/request-archive.ts'
import { renderRestore } from '#app/system-archive/render-restore.ts'
import { AttachPolicy } from '#core/attach-policy.ts'
import { InterfaceMapText } from '#core/system-archive/map-interfaces.ts'
import { HostName, TemplateName, VersionName, VersionOrChannel } from '#core/names.ts'
import { ExcludedDirectory } from '#core/system-archive/excluded-directory.ts'
import { ArchiveRow } from '#core/system-archive/finding.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const OneHost = z.strictObject({ name: HostName })

export const systemArchiveRoutes = (services: Services): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/hosts/:name/archive',
    role: 'publisher',
    summary:
      'Archive the whole system of a host with its zones as a new version of a template of kind system',
    params: OneHost,
    body: z.strictObject({
      template: TemplateName,
      version: VersionName.optional(),
      allow: z.array(ArchiveRow).max(32).default([]).describe('refused rows that travel all the same'),
      halt: z.boolean().default(false).describe('halt zones that run, and boot them again afterwards'),
      exclude: z.array(ExcludedDirectory).max(256).default([]).describe('directories that stay, empty'),
    }),
    status: 202,
    reply: z.object({ job: z.string(), version: VersionName }),
    handle: ({ params, body: { version, ...body }, token }) =>
      requestArchive({ ...body, version, host: params.name, actor: token.name }, services),
  }),
  route({
    method: 'post',
    path: '/api/v1/hosts/:name/archive/repair',
    role: 'publisher',
    summary: 'Attach and boot again what an archive job that is over left detached or halted on the host',
    params: OneHost,
    status: 202,
    reply: z.object({ job: z.string() }),
    handle: ({ params, token }) => requestRepair({ host: params.name, actor: token.name }, services),
  }),
  route({
    method: 'get',
    path: '/api/v1/templates/:name/versions/:version/restore-script',
    role: 'viewer',
    summary: 'The script that restores the zones of a system on a host that was installed with it',
    params: z.strictObject({ name: TemplateName, version: VersionOrChannel }),
    query: z.strictObject({
      map: InterfaceMapText.optional(),
      allow: listOf(ArchiveRow).optional(),
      attach: AttachPolicy.default('strict'),
    }),
    media: 'text/plain',
    reply: z.string(),
    handle: async ({ params, query: { map = {}, allow = [], attach } }) =>
      renderRestore(
        { template: params.name, version: params.version, map, allow, attach },
        { catalog: services.catalog, library: await readRestoreLibrary() },
      ),
  }),
]

/** `device,svm` */
function listOf(row: typeof ArchiveRow) {
  return z
    .string()
    .max(1024)
    .transform((text) => text.split(','))
    .pipe(z.array(row))
}
