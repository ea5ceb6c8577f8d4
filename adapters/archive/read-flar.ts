// Reads a flash archive as it comes: all that stands in front at once, then its archive section as stored (jumpstart.md 4.8).
import { FlarReader, type FlarPreamble, type FlarSink } from '#core/flar/reader.ts'

/** What only the end of an archive shows. */
export interface FlarEnding {
  /** bytes of the archive section */
  payloadBytes: number
  problems: ReturnType<FlarReader['finish']>
}

export interface ReadFlar {
  preamble: FlarPreamble
  /** the archive section; who stops reading it lets go of the source */
  stored: AsyncGenerator<Uint8Array>
}

/** `onEnd` is told when all was read, and may throw. @throws CorruptStream, TruncatedStream, TooManyBytes */
export async function readFlar(
  source: AsyncIterable<Uint8Array>,
  onEnd: (ending: FlarEnding, preamble: FlarPreamble) => void = () => undefined,
): Promise<ReadFlar> {
  const chunks = source[Symbol.asyncIterator]()
  const found = new Found()
  const reader = new FlarReader(found)
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done === true) {
        reader.finish()
        throw new Error('a flash archive without a preamble was read to its end')
      }
      reader.push(next.value)
      const { front } = found
      if (!front) continue
      const atEnd = () => onEnd({ problems: reader.finish(), payloadBytes: reader.payloadBytes }, front)
      return { preamble: front, stored: payloadOf(reader, found, chunks, atEnd) }
    }
  } catch (error) {
    await chunks.return?.()
    throw error
  }
}

async function* payloadOf(
  reader: FlarReader,
  found: Found,
  chunks: AsyncIterator<Uint8Array>,
  atEnd: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* found.take()
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      reader.push(next.value)
      yield* found.take()
    }
  } finally {
    await chunks.return?.()
  }
  atEnd()
}

class Found implements FlarSink {
  front: FlarPreamble | undefined
  #pieces: Uint8Array[] = []

  preamble(preamble: FlarPreamble): void {
    this.front = preamble
  }

  payload(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
  }

  take(): Uint8Array[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }
}
