// Looking into versions: what must not travel in one, and what is different between two.
import { z } from 'zod'
import { openFileReader } from '#adapters/archive/read-files.ts'
import { openEntrySorter } from '#adapters/archive/sort-entries.ts'
import { checkVersion } from '#app/check-version.ts'
import { diffVersions } from '#app/diff-versions.ts'
import { HygieneFinding } from '#core/build/hygiene.ts'
import { DiffLine } from '#core/diff/line.ts'
import { TemplateName, TemplateRef, VersionName, VersionOrChannel } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const HygieneReport = z
  .object({
    template: TemplateName,
    version: VersionName,
    findings: z.array(HygieneFinding),
    notices: z.array(z.string()),
  })
  .meta({ id: 'HygieneReport' })

const OneVersion = z.strictObject({ name: TemplateName, version: VersionOrChannel })
const Flag = z.enum(['true', 'false']).optional()

export const inspectionRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/templates/:name/versions/:version/hygiene',
    // it tells what an archive holds, so it needs what fetching the archive needs
    role: 'operator',
    summary: 'What must not travel and is in a version’s archive, by the rules of docs/hygiene.md',
    params: OneVersion,
    reply: HygieneReport,
    handle: ({ params, signal }) =>
      checkVersion(
        { template: params.name, version: params.version, signal },
        { ...services, readFiles: openFileReader(services.config) },
      ),
  }),
  route({
    method: 'get',
    path: '/api/v1/templates/:name/versions/:version/diff',
    role: 'operator',
    summary: 'What is different in another version, one JSON object on each line',
    params: OneVersion,
    query: z.strictObject({
      /** the other version: `template@version` or `template@channel` */
      with: z.string().max(200).pipe(TemplateRef),
      facts: Flag.describe('false: files alone'),
      times: Flag.describe('true: also files that differ in their time alone'),
    }),
    media: 'application/x-ndjson',
    reply: DiffLine,
    handle: ({ params, query, signal }) =>
      Promise.resolve(
        diffVersions(
          {
            from: { template: params.name, version: params.version },
            to: { template: query.with.template, version: query.with.selector },
            facts: query.facts !== 'false',
            times: query.times === 'true',
            signal,
          },
          {
            ...services,
            readFiles: openFileReader(services.config),
            sortEntries: openEntrySorter(services.config),
          },
        ),
      ),
  }),
]
