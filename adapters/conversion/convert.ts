// Makes forms of a version out of others, each in one pass into the blob store.
import type { BlobStore } from '#app/ports/blobs.ts'
import type { Convert, ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import type { Limits } from '#core/config.ts'
import { isArchive } from '#core/manifest.ts'
import { archiveToArchive } from './archive-to-archive.ts'
import { recompress } from './recompress.ts'
import { streamToArchive } from './stream-to-archive.ts'
import { writeFlar, type WriteArchive } from './write-flar.ts'
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
  if (to.format === 'flar') return [await writeFlar(request, needs, writeZoneroot)]
  return [
    isArchive(source.artifacts[0])
      ? await archiveToArchive(request, needs, { store: needs.blobs, layout: source.layout })
      : await streamToArchive(request, needs, needs.blobs),
  ]
}

/** An archive of the zone's root alone. */
const writeZoneroot: WriteArchive = (request, needs, store) =>
  isArchive(request.source.artifacts[0])
    ? archiveToArchive(request, needs, { store, layout: 'zoneroot' })
    : streamToArchive(request, needs, store)
