// The `convert` job: another form of a version's tree, made of one that is there and read back before anyone gets it.
import { assertSameTree } from '#core/conversion/same-tree.ts'
import { defaultZpl, findConverted, isStreamTarget, partsOf } from '#core/conversion/target.ts'
import { treeLines } from '#core/conversion/tree-lines.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import type { JobData } from '#core/jobs.ts'
import { artifactExtension, type ArchiveLayout, type Artifact, type Manifest } from '#core/manifest.ts'
import { storedDetachedXml } from '#core/plan/flash-config.ts'
import { wrongState } from '#core/store-errors.ts'
import { everySoOften, type Report } from '../report-progress.ts'
import { openConversionSource, type OpenedSource } from './choose-source.ts'
import { readStored } from './read-stored.ts'
import { originChain } from './version-chain.ts'
import type { ArtifactIndex, ArtifactIndexer, SortEntries } from '../ports/archives.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { Convert, ConversionSource, ConvertedForm } from '../ports/conversion.ts'
import type { Clock } from '../ports/queue.ts'

export interface ConversionNeeds {
  catalog: TemplateCatalog
  clock: Clock
  blobs: BlobStore
  indexer: ArtifactIndexer
  convert: Convert
  sortEntries: SortEntries
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
  const origin = makesStream ? await originChain(manifest, to, needs.catalog) : undefined
  const forms = await needs.convert({
    source,
    to: partsOf(to),
    zpl,
    snapshot: {
      name: `zoneflash-${version}`,
      created: Math.floor(Date.parse(manifest.createdAt) / 1000),
    },
    ...(makesStream && source.layout === 'zoneroot' && { detachedXml: storedDetachedXml(manifest) }),
    ...(origin && { origin }),
    signal,
    onProgress: (bytes) => progress('convert', bytes, total),
  })
  progress('verify', 0, total)
  const made: { artifact: Artifact; index: ArtifactIndex }[] = []
  try {
    for (const form of forms) made.push(await verified(form, source, needs))
    await needs.catalog.addArtifacts(
      { template, version },
      made.map(({ artifact }) => artifact),
      new Map(
        made.flatMap(({ artifact, index }) =>
          artifact.entries === undefined ? [] : [[artifact.sha256, index.entries]],
        ),
      ),
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
    for (const { index } of made) await index.close()
  }
}

/** Reads a form as it was stored, and compares. @throws ConversionDiffers */
async function verified(
  { format, blob, layout }: ConvertedForm,
  source: ConversionSource,
  needs: ConversionNeeds,
): Promise<{ artifact: Artifact; index: ArtifactIndex }> {
  const index = await readStored(blob.sha256, needs)
  try {
    if (index.facts.format !== format || index.facts.layout !== layout)
      throw new Error(
        `${blob.sha256} reads as ${index.facts.format} of a ${index.facts.layout}, expected ${format} of a ${layout}`,
      )
    const isAlike = source.layout === layout
    const lines = (entries: () => AsyncIterable<Entry>, places: ArchiveLayout) =>
      needs.sortEntries(() => treeLines(entries, isAlike ? 'zoneroot' : places))
    await assertSameTree(
      lines(source.entries, source.layout),
      lines(() => index.entries, layout),
    )
    const derivedFrom = (source.artifacts.at(-1) ?? source.artifacts[0]).sha256
    return { artifact: { ...index.facts, ...blob, derivedFrom }, index }
  } catch (error) {
    await index.close()
    throw error
  }
}
