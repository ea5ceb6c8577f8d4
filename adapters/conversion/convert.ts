/** Makes forms of a version out of others, each in one pass into the blob store. */
import type { BlobStore } from '#app/ports/blobs.ts'
import type { Convert, ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import type { Limits } from '#core/config.ts'
import { archiveToArchive } from './archive-to-archive.ts'
import { recompress } from './recompress.ts'
import { streamToArchive } from './stream-to-archive.ts'
import { writeStreams } from './write-streams.ts'

export interface ConverterNeeds {
  blobs: BlobStore
  limits: Limits
  /** a directory that is swept, for what does not fit into memory */
  spoolDirectory: string
}

export function createConverter(needs: ConverterNeeds): Convert {
  return async (request) => [...(await convert(request, needs))]
}

async function convert(request: ConversionRequest, needs: ConverterNeeds): Promise<ConvertedForm[]> {
  const { source, to } = request
  if (source.isSameForm) return [await recompress(request, needs)]
  if (to.format === 'zfs' || to.format === 'zfs-incremental') return writeStreams(request, needs)
  const isArchive = source.artifacts[0].format === 'tar' || source.artifacts[0].format === 'cpio'
  return [await (isArchive ? archiveToArchive(request, needs) : streamToArchive(request, needs))]
}
