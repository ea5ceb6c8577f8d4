// Asks the workers for another form of a version.
import { findConverted, type ConversionTarget } from '#core/conversion/target.ts'
import type { Artifact } from '#core/manifest.ts'
import { wrongState } from '#core/store-errors.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { JobQueue } from '../ports/queue.ts'
import { chooseSource, type WantedForm } from './choose-source.ts'
import { originChain } from './version-chain.ts'

interface Needs {
  catalog: TemplateCatalog
  queue: JobQueue
}

interface Wanted extends WantedForm {
  template: string
  /** its name or a channel */
  version: string
  actor: string
}

export interface RequestedConversion {
  version: string
  to: ConversionTarget
  /** absent when there is nothing to do */
  job?: string
  /** the form, when it is there already */
  artifact?: Artifact
}

/**
 * Queues the job, unless the form is there. The same request again is the same job.
 * @throws VersionNotFound, WrongState unless it is ready, NothingToConvert, NoOriginStream for an increment from nowhere
 */
export async function requestConversion(
  { template, version: selector, to, zpl, layout, actor }: Wanted,
  { catalog, queue }: Needs,
): Promise<RequestedConversion> {
  const { manifest, state } = await catalog.getVersion(template, selector)
  const { version } = manifest
  if (state !== 'ready') throw wrongState(template, version, state, 'ready')
  const artifact = findConverted(manifest.artifacts, to, zpl, layout)
  if (artifact) return { version, to, artifact }
  await chooseSource(manifest, { to, zpl, layout }, catalog)
  if (to === 'izfs') await originChain(manifest, { to, zpl }, catalog)
  const job = await queue.add(
    'convert',
    { template, version, to, ...(zpl !== undefined && { zpl }), ...(layout && { layout }), actor },
    conversionJob({ template, version, to, zpl, layout }),
  )
  return { version, to, job }
}

/** The id of the job that makes a form: one for each. */
export function conversionJob({ template, version, to, zpl, layout }: Omit<Wanted, 'actor'>): string {
  return [
    'convert',
    template,
    version,
    to,
    ...(zpl === undefined ? [] : [zpl]),
    ...(layout ? [layout] : []),
  ].join('_')
}
