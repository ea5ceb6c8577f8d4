// The stream that kayak receives: a form of the version, made when it is first asked for.
import { findConverted, type ConversionTarget } from '#core/conversion/target.ts'
import { ProvisionError } from '#core/errors.ts'
import type { TemplateRef } from '#core/names.ts'
import { requestConversion } from '../convert/request-conversion.ts'
import { findBlobArtifact, type ArtifactReader, type FoundArtifact } from '../find-artifact.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { JobQueue } from '../ports/queue.ts'

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
  queue: JobQueue
}

export type MediumCompression = 'xz' | 'gz' | 'bz2'

/** @throws NotFound alike for what is not there and what the reader may not have, MediumNotReady while it is being made */
export async function findKayakMedium(
  { template, selector }: TemplateRef,
  compression: MediumCompression,
  reader: ArtifactReader,
  needs: Needs,
): Promise<FoundArtifact> {
  const to = `kayak.${compression}` satisfies ConversionTarget
  const { manifest } = await needs.catalog.getVersion(template, selector)
  const medium = findConverted(manifest.artifacts, to)
  const [any] = manifest.artifacts
  const asked = medium ?? any
  if (!asked) throw new ProvisionError('missing', 'NotFound', 'there is nothing here')
  const found = await findBlobArtifact(asked.sha256, reader, needs, 'kayak')
  if (medium) return { ...found, template, version: manifest.version }
  await requestConversion({ template, version: manifest.version, to, actor: 'kayak' }, needs)
  throw new ProvisionError(
    'unavailable',
    'MediumNotReady',
    `${to} of ${template}@${manifest.version} is being made`,
  )
}
