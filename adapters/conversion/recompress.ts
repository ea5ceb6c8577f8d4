/** The same bytes in another compression. */
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import { decompress } from '../archive/decompress.ts'
import { compressors, Packed } from '../packaging/packed.ts'
import type { ConverterNeeds } from './convert.ts'

export async function recompress(
  { source, to, signal, onProgress }: ConversionRequest,
  { blobs }: Pick<ConverterNeeds, 'blobs'>,
): Promise<ConvertedForm> {
  const [{ sha256, compression }] = source.artifacts
  const bytes = decompress(await blobs.open(sha256), compression)
  const blob = await storeForm(bytes, to.compression, { signal, onProgress }, blobs)
  return { format: to.format, blob, layout: source.layout }
}

/** Stores bytes in a compression. @throws NoSpace, and what `bytes` throws; nothing is left behind then */
export async function storeForm(
  bytes: AsyncIterable<Uint8Array>,
  compression: ConversionRequest['to']['compression'],
  { signal, onProgress }: Pick<ConversionRequest, 'signal' | 'onProgress'>,
  blobs: ConverterNeeds['blobs'],
): Promise<ConvertedForm['blob']> {
  const packed = new Packed(blobs, compressors[compression])
  let written = 0
  try {
    for await (const chunk of bytes) {
      signal.throwIfAborted()
      await packed.give(chunk)
      onProgress((written += chunk.byteLength))
    }
    return await packed.finish()
  } catch (error) {
    throw (await packed.abort(error)) ?? error
  }
}
