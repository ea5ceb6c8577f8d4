// Undoes a compression as a stream: gzip and zstd in this process, xz and bzip2 by their programs.
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import { refusal } from '#core/archive/refusals.ts'
import type { Compression } from '#core/manifest.ts'
import { FilterFailed, runFilter } from './run-filter.ts'

type Decoder = Gunzip | ZstdDecompress

const CHUNK = 256 * 1024
/** xz -9 needs 65 MiB; whoever sends more wants our memory. */
const XZ_MEMORY = '200MiB'
/** Frames of zstd --ultra --long=27 still pass: 128 MiB of window. */
const ZSTD_WINDOW_LOG = 27

/** @throws CorruptStream, TruncatedStream; failures of `source` pass through */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  try {
    switch (compression) {
      case 'none':
        yield* source
        return
      case 'gzip':
        yield* gunzip(source)
        return
      case 'zstd':
        yield* frames(source, () =>
          createZstdDecompress({
            chunkSize: CHUNK,
            params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
          }),
        )
        return
      case 'xz':
        yield* runFilter(['xz', '-dc', '-T1', `--memlimit-decompress=${XZ_MEMORY}`], source)
        return
      case 'bzip2':
        yield* runFilter(['bzip2', '-dc'], source)
        return
    }
  } catch (error) {
    throw asRefusal(error, compression)
  }
}

/**
 * Decompresses frame after frame. node:zlib goes on by itself after a gzip member, but stops at the end of a zstd frame
 * and drops the rest of that chunk: so the rest starts a new decoder.
 */
async function* frames(
  source: AsyncIterable<Uint8Array>,
  createDecoder: () => Decoder,
): AsyncGenerator<Uint8Array> {
  const input = new RereadableSource(source)
  do yield* oneDecoder(input, createDecoder())
  while (await input.hasMore())
}

/** Decompresses until the source or the decoder has enough; what the decoder left unread goes back to the source. */
async function* oneDecoder(input: RereadableSource, decoder: Decoder): AsyncGenerator<Uint8Array> {
  const fed = feed(input, decoder).catch((error: unknown) => {
    decoder.destroy(error as Error)
  })
  try {
    for await (const bytes of decoder) yield bytes as Uint8Array
    await fed
  } finally {
    decoder.destroy()
  }
}

async function feed(input: RereadableSource, decoder: Decoder): Promise<void> {
  let given = 0
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    given += chunk.byteLength
    // The callback comes when the chunk is used up and its output was taken, or the decoder was destroyed.
    await new Promise<void>((resolve) => decoder.write(chunk, () => resolve()))
    const unread = given - decoder.bytesWritten
    if (decoder.destroyed) return
    if (unread > 0) return input.putBack(chunk.subarray(chunk.byteLength - unread))
  }
  decoder.end()
}

/** A source that takes back the unread rest of its last chunk. */
class RereadableSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  #back: Uint8Array | undefined

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  async read(): Promise<Uint8Array | undefined> {
    const back = this.#back
    this.#back = undefined
    if (back) return back
    for (;;) {
      const next = await this.#chunks.next()
      if (next.done === true) return undefined
      if (next.value.byteLength > 0) return next.value
    }
  }

  putBack(rest: Uint8Array): void {
    this.#back = rest
  }

  async hasMore(): Promise<boolean> {
    this.#back ??= await this.read()
    return this.#back !== undefined
  }
}

/** gzip ignores zeros behind the last member, as tapes and block devices leave them; anything else there is an error. */
async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new RereadableSource(source)
  yield* oneDecoder(input, createGunzip({ chunkSize: CHUNK }))
  for (let rest = await input.read(); rest !== undefined; rest = await input.read()) {
    if (!rest.every((byte) => byte === 0)) {
      throw refusal('CorruptStream', 'the gzip stream is followed by something else')
    }
  }
}

/** What the decoders say of bad input, in our words. */
function asRefusal(error: unknown, compression: Compression): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR') {
    return refusal('TruncatedStream', `the ${compression} stream ends too early`, { cause: error })
  }
  if (error instanceof FilterFailed && /unexpected end|ends unexpectedly/i.test(message)) {
    return refusal('TruncatedStream', `the ${compression} stream ends too early`, { cause: error })
  }
  if (error instanceof FilterFailed || /^(Z_|ZSTD_)/.test(code ?? '')) {
    return refusal('CorruptStream', `the ${compression} stream is corrupt: ${message}`, { cause: error })
  }
  return error
}
