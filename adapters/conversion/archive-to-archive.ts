// An archive as another one, member by member in the order of the source.
import type { BlobStore } from '#app/ports/blobs.ts'
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import type { ArchiveLayout } from '#core/manifest.ts'
import { EntrySpool } from '../archive/entry-spool.ts'
import { openArchive } from '../archive/open-archive.ts'
import { CanonicalMembers, type ArchiveEvent } from '../packaging/canonical-members.ts'
import { Packing } from '../packaging/packing.ts'
import { archiveFormOf, onlyForm } from './archive-form.ts'
import type { ConverterNeeds } from './convert.ts'
import { linkGroupsOf } from './link-groups-of.ts'
import { ZoneEvents } from './zone-events.ts'

/** Writes an archive again. The layout `zoneroot` takes only the zone of a zonepath; without a layout it is that of the source. */
export async function archiveToArchive(
  { source, to, signal, onProgress }: ConversionRequest,
  { blobs, limits, spoolDirectory }: ConverterNeeds,
  { store, layout }: { store: Pick<BlobStore, 'put'>; layout: ArchiveLayout },
): Promise<ConvertedForm> {
  const [artifact] = source.artifacts
  const members = new CanonicalMembers({ groups: await linkGroupsOf(source, { blobs, signal }), limits })
  const zone = source.layout === layout ? undefined : new ZoneEvents()
  const take = (): Iterable<ArchiveEvent> => zone?.within(members.take()) ?? members.take()
  const spool = new EntrySpool(spoolDirectory)
  const packing = new Packing(store, spool, [archiveFormOf(to)])
  try {
    const bytes = await blobs.open(artifact.sha256)
    const { reader, chunks } = await openArchive(bytes, artifact, members)
    for await (const chunk of chunks) {
      signal.throwIfAborted()
      reader.push(chunk)
      await packing.write(take())
      onProgress(packing.written)
    }
    reader.finish()
    members.finish()
    await packing.write(take())
    const blob = onlyForm(await packing.finish(members.entries), to)
    return { format: to.format, blob, layout }
  } catch (error) {
    throw await packing.abort(error)
  } finally {
    await spool.close()
  }
}
