/** Undoes compress(1) as a stream. */
import { LzwDecoder } from '#core/archive/lzw.ts'

/** How much it may become is the caller's matter: each piece is made when it is asked for. @throws CorruptStream, TruncatedStream */
export async function* uncompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new LzwDecoder()
  for await (const chunk of source) yield* decoder.push(chunk)
  decoder.finish()
}
