// The stream that kayak receives: a form of the version. It has to be there before a host is told to take its disks for it.
import { mediumName, MediumCompression } from '#core/boot/kayak.ts'
import { findConverted, type ConversionTarget } from '#core/conversion/target.ts'
import { nothingHere, ProvisionError } from '#core/errors.ts'
import type { TemplateRef } from '#core/names.ts'
import { conversionJob, requestConversion } from '../convert/request-conversion.ts'
import { findBlobArtifact, type ArtifactReader, type FoundArtifact } from '../find-artifact.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { JobQueue, JobStatus } from '../ports/queue.ts'

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
  queue: JobQueue
}

const FORMS = MediumCompression.options.map(formOf)

export interface RequestedMedium {
  /** `web@1.2.zfs.xz` */
  name: string
  /** whether it is there, for an administrator */
  note: string
}

/** Asks for it beforehand. @throws what requestConversion throws */
export async function requestKayakMedium(
  { template, selector }: TemplateRef,
  compression: MediumCompression,
  actor: string,
  needs: Pick<Needs, 'catalog' | 'queue'>,
): Promise<RequestedMedium> {
  const to = formOf(compression)
  const { job, version } = await requestConversion({ template, version: selector, to, actor }, needs)
  const form = `${to} of ${template}@${version}`
  return {
    name: mediumName(`${template}@${selector}`, compression),
    note:
      job === undefined
        ? `${form} is there`
        : `${form} is being made, job ${job}: the host gets no configuration before it is there`,
  }
}

/**
 * Asked for with a token it is made when it is not there; nobody makes workers work without one.
 * @throws NotFound alike for what is not there and what the reader may not have, MediumNotReady while it is being made
 */
export async function findKayakMedium(
  { template, selector }: TemplateRef,
  compression: MediumCompression,
  reader: ArtifactReader,
  needs: Needs,
): Promise<FoundArtifact> {
  const to = formOf(compression)
  const { manifest } = await needs.catalog.getVersion(template, selector)
  const medium = findConverted(manifest.artifacts, to)
  const [any] = manifest.artifacts
  const asked = medium ?? any
  if (!asked) throw nothingHere()
  const found = await findBlobArtifact(asked.sha256, reader, needs, 'kayak')
  if (medium) return { ...found, template, version: manifest.version }
  if (reader.kind === 'anyone') throw nothingHere()
  await requestConversion({ template, version: manifest.version, to, actor: 'kayak' }, needs)
  throw notReady(`${to} of ${template}@${manifest.version} is being made`)
}

/**
 * kayak destroys what is on the disks before it fetches the medium, and does not look at the status of the answer. One that is
 * missing is asked for, unless making it has failed: that takes a person.
 * @throws VersionNotFound, MediumNotReady unless the version has a medium, however compressed
 */
export async function assertMediumIsThere(
  { template, selector }: TemplateRef,
  needs: Pick<Needs, 'catalog' | 'queue'>,
): Promise<void> {
  const { manifest } = await needs.catalog.getVersion(template, selector)
  const { version, artifacts } = manifest
  if (FORMS.some((to) => findConverted(artifacts, to))) return
  const jobs = FORMS.map((to) => needs.queue.status(conversionJob({ template, version, to })))
  const states = (await Promise.all(jobs)).map((job) => job?.state)
  if (!states.some(isUnderWay)) {
    if (states.includes('failed')) throw notReady(`a medium of ${template}@${version} could not be made`)
    await requestConversion({ template, version, to: 'kayak.xz', actor: 'kayak' }, needs)
  }
  throw notReady(`a medium of ${template}@${version} is being made`)
}

/** The form of a version that is its medium. */
function formOf(compression: MediumCompression) {
  return `kayak.${compression}` as const satisfies ConversionTarget
}

function isUnderWay(state: JobStatus['state'] | undefined): boolean {
  return state === 'waiting' || state === 'active' || state === 'delayed'
}

function notReady(message: string): ProvisionError {
  return new ProvisionError('unavailable', 'MediumNotReady', message)
}
