// The `convert` job: another form of a version's tree, made of one that is there and read back before anyone gets it.
import { assertTimesFitCpio } from '#core/conversion/cpio-times.ts'
import { defaultZpl, findConverted, isStreamTarget, partsOf, snapshotOf } from '#core/conversion/target.ts'
import { flarDescriptionOf, flarSectionsOf } from '#core/flar/template-facts.ts'
import type { JobData } from '#core/jobs.ts'
import { artifactExtension, type Manifest } from '#core/manifest.ts'
import { storedDetachedXml } from '#core/plan/flash-config.ts'
import { wrongState } from '#core/store-errors.ts'
import type { Clock } from '../ports/queue.ts'
import { everySoOften, reportFinalFailure, type Report, type Tell } from '../report-progress.ts'
import { chooseSource, openIndexed, type OpenedSource } from './choose-source.ts'
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
  const { template, version, to, zpl, layout } = job
  const { manifest, state } = await needs.catalog.getVersion(template, version)
  if (state !== 'ready') throw wrongState(template, version, state, 'ready')
  if (findConverted(manifest.artifacts, to, zpl, layout)) return
  const progress = everySoOften(report, needs.clock)
  try {
    const { artifacts, isSameForm } = await chooseSource(manifest, job, needs.catalog)
    const source = await openIndexed(artifacts, isSameForm, needs, signal)
    try {
      const notices = await convertFrom(source, job, manifest, signal, progress, needs)
      if (notices.length > 0) await report({ step: 'done', bytes: 0, notices })
    } finally {
      await source.close()
    }
  } catch (error) {
    await reportFinalFailure(error, signal, report)
    throw error
  }
}

/** What got lost, in words. */
async function convertFrom(
  source: OpenedSource,
  job: JobData<'convert'>,
  manifest: Manifest,
  signal: AbortSignal,
  progress: Tell,
  needs: ConversionNeeds,
): Promise<readonly string[]> {
  const { template, version, to, zpl = defaultZpl } = job
  if (partsOf(to).format === 'cpio' && !source.isSameForm)
    await assertTimesFitCpio(source.entries(), source.layout)
  const total = source.artifacts.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  const makesStream = isStreamTarget(to) && !source.isSameForm
  const snapshot = snapshotOf(to)
  const isRoot = snapshot !== undefined || manifest.kind === 'system'
  const layout = job.layout ?? (isRoot ? 'zoneroot' : 'zonepath')
  const shares = makesStream && layout === 'zonepath'
  const chain = shares ? await originChain(manifest, job, needs.catalog) : undefined
  const origin = chain && (await openIndexed(chain, false, needs, signal))
  const request: FormsRequest = {
    source,
    to: partsOf(to),
    zpl,
    rename: snapshot,
    snapshot: {
      name: snapshot ?? `zoneflash-${version}`,
      created: Math.floor(Date.parse(manifest.createdAt) / 1000),
    },
    ...(to === 'flar' && {
      flar: { description: flarDescriptionOf(manifest), sections: flarSectionsOf(manifest) },
    }),
    ...(makesStream && { layout }),
    ...(shares && source.layout === 'zoneroot' && { detachedXml: storedDetachedXml(manifest) }),
    ...(origin && { origin }),
    isZplFree: job.zpl === undefined,
    signal,
    onProgress: (bytes) => progress('convert', bytes, total),
  }
  const made = await makeForms(request, needs, () => progress('verify', 0, total))
  const lost = made[0]?.lost ?? []
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
          ...(lost.length > 0 && { lost }),
        },
        at: needs.clock.now(),
      },
    )
    return lost
  } finally {
    await closeForms(made)
  }
}
