// The same bytes in another compression; of a stream the snapshot may get another name.
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import { SnapshotRenamer } from '#core/zfs/rename-snapshot.ts'
import { decompress } from '../archive/decompress.ts'
import { compressors, Packed } from '../packaging/packed.ts'
import type { ConverterNeeds } from './convert.ts'

export async function recompress(
  { source, to, rename, signal, onProgress }: ConversionRequest,
  { blobs }: Pick<ConverterNeeds, 'blobs'>,
): Promise<ConvertedForm> {
  const [{ sha256, compression }] = source.artifacts
  const bytes = decompress(await blobs.open(sha256), compression)
  const named = rename === undefined ? bytes : renamed(bytes, rename)
  const blob = await storeForm(named, to.compression, { signal, onProgress }, blobs)
  return { format: to.format, blob, layout: source.layout }
}

async function* renamed(bytes: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const renamer = new SnapshotRenamer(name)
  for await (const chunk of bytes) yield* renamer.push(chunk)
  renamer.finish()
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
