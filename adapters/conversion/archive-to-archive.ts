/** tar to cpio and back, member by member in the order of the source. */
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { decompress } from '../archive/decompress.ts'
import { EntrySpool } from '../archive/entry-spool.ts'
import { CanonicalMembers } from '../packaging/canonical-members.ts'
import { Packing } from '../packaging/packing.ts'
import { archiveFormOf, onlyForm } from './archive-form.ts'
import type { ConverterNeeds } from './convert.ts'
import { linkGroupsOf } from './link-groups-of.ts'

export async function archiveToArchive(
  { source, to, signal, onProgress }: ConversionRequest,
  { blobs, limits, spoolDirectory }: ConverterNeeds,
): Promise<ConvertedForm> {
  const [artifact] = source.artifacts
  const members = new CanonicalMembers({ groups: await linkGroupsOf(source, { blobs, signal }), limits })
  const reader = artifact.format === 'tar' ? new TarReader(members) : new CpioReader(members)
  const spool = new EntrySpool(spoolDirectory)
  const packing = new Packing(blobs, spool, [archiveFormOf(to)])
  try {
    for await (const chunk of decompress(await blobs.open(artifact.sha256), artifact.compression)) {
      signal.throwIfAborted()
      reader.push(chunk)
      await packing.write(members.take())
      onProgress(packing.written)
    }
    reader.finish()
    members.finish()
    await packing.write(members.take())
    const blob = onlyForm(await packing.finish(members.entries), to)
    return { format: to.format, blob, layout: source.layout }
  } catch (error) {
    throw await packing.abort(error)
  } finally {
    await spool.close()
  }
}
