// Gathers small pieces into chunks that are worth a write.

const CHUNK_BYTES = 256 * 1024

/** Pieces are copied before the next one is asked for: their maker may use their memory again. */
export async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let chunk = new Uint8Array(CHUNK_BYTES)
  let fill = 0
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.byteLength;) {
      const part = piece.subarray(taken, taken + CHUNK_BYTES - fill)
      chunk.set(part, fill)
      fill += part.byteLength
      taken += part.byteLength
      if (fill < CHUNK_BYTES) continue
      yield chunk
      chunk = new Uint8Array(CHUNK_BYTES)
      fill = 0
    }
  }
  if (fill > 0) yield chunk.subarray(0, fill)
  return undefined
}
