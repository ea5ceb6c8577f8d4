// zadm's catalogue and the files in it, as somebody may have them.
import { catalogueEntryOf, catalogueFiles, type CatalogueEntry } from '#core/images/catalogue.ts'
import { imageNotFound } from '#core/images/errors.ts'
import type { ImageSource } from '#core/images/source.ts'
import { unlessMissing } from '#core/errors.ts'
import { artifactExtension, type Artifact } from '#core/manifest.ts'
import { TemplateName, VersionOrChannel } from '#core/names.ts'
import type { ReadSources } from './shared-sources.ts'
import { sourceWithOrigins, type ImageNeeds, type ImageReader } from './sources.ts'

/** Oldest first; zap takes the last of several by its path. */
export async function listCatalogue(reader: ImageReader, read: ReadSources): Promise<CatalogueEntry[]> {
  const { all } = await read(reader)
  const entries = new Map<string, CatalogueEntry>()
  for (const source of all.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))) {
    const entry = catalogueEntryOf(source)
    if (entry && !entries.has(entry.uuid)) entries.set(entry.uuid, entry)
  }
  return [...entries.values()]
}

/** @throws ResourceNotFound alike for what does not exist and what the reader may not have */
export async function findCatalogueFile(
  { template, selector, extension }: { template: string; selector: string; extension: string },
  reader: ImageReader,
  needs: ImageNeeds,
): Promise<{ artifact: Artifact; source: ImageSource; isVersion: boolean }> {
  const isName = TemplateName.safeParse(template).success && VersionOrChannel.safeParse(selector).success
  const record = isName ? await needs.catalog.getVersion(template, selector).catch(unlessMissing) : undefined
  const source = record && (await sourceWithOrigins(record, reader, needs))?.source
  const artifact = source && catalogueFiles(source).find((one) => artifactExtension(one) === extension)
  if (!artifact) throw imageNotFound(`${template}-${selector}.${extension}`)
  return { artifact, source, isVersion: source.version === selector }
}
