// Asks the workers for another form of a version.
import { findConverted, type ConversionTarget, type ZplVersion } from '#core/conversion/target.ts'
import type { Artifact } from '#core/manifest.ts'
import { wrongState } from '#core/store-errors.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { JobQueue } from '../ports/queue.ts'
import { chooseSource } from './choose-source.ts'
import { originChain } from './version-chain.ts'

interface Needs {
  catalog: TemplateCatalog
  queue: JobQueue
}

interface Wanted {
  template: string
  /** its name or a channel */
  version: string
  to: ConversionTarget
  zpl?: ZplVersion | undefined
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
  { template, version: selector, to, zpl, actor }: Wanted,
  { catalog, queue }: Needs,
): Promise<RequestedConversion> {
  const { manifest, state } = await catalog.getVersion(template, selector)
  const { version } = manifest
  if (state !== 'ready') throw wrongState(template, version, state, 'ready')
  const artifact = findConverted(manifest.artifacts, to, zpl)
  if (artifact) return { version, to, artifact }
  await chooseSource(manifest, { to, zpl }, catalog)
  if (to === 'izfs') await originChain(manifest, { to, zpl }, catalog)
  const job = await queue.add(
    'convert',
    { template, version, to, ...(zpl !== undefined && { zpl }), actor },
    `convert_${template}_${version}_${to}${zpl === undefined ? '' : `_${zpl}`}`,
  )
  return { version, to, job }
}
