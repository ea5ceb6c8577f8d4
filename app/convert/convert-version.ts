// The `convert` job: another form of a version's tree, made of one that is there and read back before anyone gets it.
import { defaultZpl, findConverted, isStreamTarget, partsOf } from '#core/conversion/target.ts'
import { ProvisionError } from '#core/errors.ts'
import type { JobData } from '#core/jobs.ts'
import { artifactExtension, type Manifest } from '#core/manifest.ts'
import { storedDetachedXml } from '#core/plan/flash-config.ts'
import { wrongState } from '#core/store-errors.ts'
import type { Clock } from '../ports/queue.ts'
import { everySoOften, type Report } from '../report-progress.ts'
import { openConversionSource, openIndexed, type OpenedSource } from './choose-source.ts'
import { closeForms, indexesOf, makeForms, type FormsRequest, type MakingNeeds } from './make-forms.ts'
import { originChain } from './version-chain.ts'

export interface ConversionNeeds extends MakingNeeds {
  clock: Clock
}

/**
 * May be run again after a crash: what it stores belongs to nobody until one transaction at the end gives it to the version.
 * @throws VersionNotFound, WrongState unless it is ready, NothingToConvert, NoOriginStream, ConversionDiffers, CannotConvert, NoSpace
 */
export async function convertVersion(
  job: JobData<'convert'>,
  signal: AbortSignal,
  report: Report,
  needs: ConversionNeeds,
): Promise<void> {
  const { template, version, to, zpl } = job
  const { manifest, state } = await needs.catalog.getVersion(template, version)
  if (state !== 'ready') throw wrongState(template, version, state, 'ready')
  if (findConverted(manifest.artifacts, to, zpl)) return
  const progress = everySoOften(report, needs.clock)
  const source = await openConversionSource(manifest, job, needs)
  try {
    await convertFrom(source, job, manifest, signal, progress, needs)
  } catch (error) {
    if (!signal.aborted && error instanceof ProvisionError && error.kind !== 'unavailable')
      await report({ step: 'failed', bytes: 0, code: error.code })
    throw error
  } finally {
    await source.close()
  }
}

async function convertFrom(
  source: OpenedSource,
  job: JobData<'convert'>,
  manifest: Manifest,
  signal: AbortSignal,
  progress: ReturnType<typeof everySoOften>,
  needs: ConversionNeeds,
): Promise<void> {
  const { template, version, to, zpl = defaultZpl } = job
  const total = source.artifacts.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  const makesStream = isStreamTarget(to) && !source.isSameForm
  const chain = makesStream ? await originChain(manifest, job, needs.catalog) : undefined
  const origin = chain && (await openIndexed(chain, false, needs))
  const request: FormsRequest = {
    source,
    to: partsOf(to),
    zpl,
    snapshot: {
      name: `zoneflash-${version}`,
      created: Math.floor(Date.parse(manifest.createdAt) / 1000),
    },
    ...(makesStream && source.layout === 'zoneroot' && { detachedXml: storedDetachedXml(manifest) }),
    ...(origin && { origin }),
    isZplFree: job.zpl === undefined,
    signal,
    onProgress: (bytes) => progress('convert', bytes, total),
  }
  const made = await makeForms(request, needs, () => progress('verify', 0, total))
  try {
    await needs.catalog.addArtifacts(
      { template, version },
      made.map(({ artifact }) => artifact),
      indexesOf(made),
      {
        actor: job.actor,
        action: 'version.convert',
        subject: `${template}@${version}`,
        details: {
          to: made.map(({ artifact }) => artifactExtension(artifact)),
          from: artifactExtension(source.artifacts[0]),
        },
        at: needs.clock.now(),
      },
    )
  } finally {
    await closeForms(made)
  }
}
