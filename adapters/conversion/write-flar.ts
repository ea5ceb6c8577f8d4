// Any form of a tree as a full flash archive of the zone's root: preamble and payload in one pass (jumpstart.md 4.8).
import type { BlobStore } from '#app/ports/blobs.ts'
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import { measureFlar } from '#core/conversion/flar-sizes.ts'
import { renderFlarPreamble } from '#core/flar/preamble.ts'
import type { ConverterNeeds } from './convert.ts'

/** Writes the archive that is asked for into this store. */
export type WriteArchive = (
  request: ConversionRequest,
  needs: ConverterNeeds,
  store: Pick<BlobStore, 'put'>,
) => Promise<ConvertedForm>

/**
 * The size of the payload stands in front of it and is known by the index before. Where names have bytes that an index only shows
 * it may be a guess: then the first pass tells the size, nothing of it stays, and a second one is right.
 */
export async function writeFlar(
  request: ConversionRequest,
  needs: ConverterNeeds,
  write: WriteArchive,
): Promise<ConvertedForm> {
  const { source, flar } = request
  if (!flar) throw new Error('a conversion to a flash archive came without its description')
  const sizes = await measureFlar(source.entries(), source.layout)
  const { archiver } = sizes
  const to = { format: archiver === 'pax' ? 'tar' : 'cpio', compression: 'none' } as const
  const attempt = async (archivedSize: number): Promise<ConvertedForm> => {
    const preamble = renderFlarPreamble(
      { ...flar.description, archiver, compression: 'none', archivedSize, unarchivedSize: sizes.unarchived },
      flar.sections,
    )
    const store = behindPreamble(needs.blobs, preamble, archivedSize)
    return { ...(await write({ ...request, to }, needs, store)), format: 'flar' }
  }
  try {
    return await attempt(sizes.archived)
  } catch (error) {
    if (!(error instanceof OtherSize)) throw error
    return attempt(error.size)
  }
}

/** The payload came with other bytes than its preamble says. */
class OtherSize extends Error {
  /** bytes */
  readonly size: number

  constructor(size: number, expected: number) {
    super(`the archive section has ${size} bytes, its preamble says ${expected}`)
    this.size = size
  }
}

/** Stores what comes behind a preamble, if it is as long as that says. @throws OtherSize, and nothing is left behind */
function behindPreamble(
  blobs: Pick<BlobStore, 'put'>,
  preamble: Uint8Array,
  size: number,
): Pick<BlobStore, 'put'> {
  async function* all(payload: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield preamble
    let bytes = 0
    for await (const chunk of payload) {
      bytes += chunk.byteLength
      yield chunk
    }
    if (bytes !== size) throw new OtherSize(bytes, size)
  }
  return {
    put: (payload, expected, accept) => blobs.put(all(payload), expected, accept),
  }
}
