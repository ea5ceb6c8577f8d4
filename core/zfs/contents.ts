// Puts the contents of a file together from where its pieces lie.
import type { Extent, ReadAt } from './content-sink.ts'
import { decompressBlock, isPlain, type Inflaters } from './decompress.ts'
import type { ExtentMap, Piece } from './extents.ts'

const PIECE_BYTES = 256 * 1024
/** of decompressed blocks: two of the largest */
const KEPT_BYTES = 32 * 1024 * 1024
const zeros = new Uint8Array(PIECE_BYTES)

/** Which bytes of a file: from `start` (0) to below `end` (its size). */
export interface ByteRange {
  start?: number
  end?: number
}

/**
 * The bytes of `object`, a file of `size` bytes, in pieces of at most 256 KiB. What was never written is zeros, and what was
 * written behind the size is left out (zfs-stream.md 10). Nobody may write to the pieces.
 * @throws CorruptStream and what `readAt` throws
 */
export async function* contentsOf(
  map: ExtentMap,
  object: number,
  size: number,
  readAt: ReadAt,
  inflaters: Inflaters,
  range: ByteRange = {},
): AsyncGenerator<Uint8Array> {
  const end = Math.min(size, range.end ?? size)
  const blocks = new BlockReader(readAt, inflaters)
  let at = Math.min(range.start ?? 0, end)
  for (const piece of map.pieces(object, at, end)) {
    yield* zerosOf(piece.offset - at)
    at = Math.max(at, piece.offset)
    const stop = Math.min(end, piece.offset + piece.length)
    for (; at < stop;) {
      const bytes = await blocks.read(piece, at, Math.min(stop - at, PIECE_BYTES))
      at += bytes.byteLength
      yield bytes
    }
  }
  yield* zerosOf(end - at)
}

/** The ranges of a file of `size` bytes that were written, those that touch as one. */
export function* writtenOf(map: ExtentMap, object: number, size: number): Generator<Required<ByteRange>> {
  let range: Required<ByteRange> | undefined
  for (const { offset, length } of map.pieces(object, 0, size)) {
    const end = Math.min(offset + length, size)
    if (range?.end === offset) range.end = end
    else {
      if (range) yield range
      range = { start: offset, end }
    }
  }
  if (range) yield range
}

function* zerosOf(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= PIECE_BYTES) yield zeros.subarray(0, Math.min(left, PIECE_BYTES))
}

/** Reads parts of blocks. What it decompressed last it keeps: a block may lie in pieces with others between. */
class BlockReader {
  readonly #readAt: ReadAt
  readonly #inflaters: Inflaters
  /** the one used last at the end */
  readonly #kept = new Map<Extent, Uint8Array>()
  #keptBytes = 0

  constructor(readAt: ReadAt, inflaters: Inflaters) {
    this.#readAt = readAt
    this.#inflaters = inflaters
  }

  /** At least one byte and at most `length` of the piece, from `offset` of the file on. */
  async read({ block, offset: start, skip }: Piece, offset: number, length: number): Promise<Uint8Array> {
    const from = skip + offset - start
    const stored = Math.min(length, block.logical - from)
    if (stored <= 0) return zeros.subarray(0, length)
    if (isPlain(block.compression)) return this.#readAt(block.source, block.position + from, stored)
    return (await this.#whole(block)).subarray(from, from + stored)
  }

  async #whole(block: Extent): Promise<Uint8Array> {
    const bytes = this.#kept.get(block) ?? (await this.#decompress(block))
    if (this.#kept.delete(block)) this.#keptBytes -= bytes.byteLength
    this.#kept.set(block, bytes)
    this.#keptBytes += bytes.byteLength
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break
      this.#kept.delete(oldest)
      this.#keptBytes -= byteLength
    }
    return bytes
  }

  async #decompress({ source, position, stored, compression, logical }: Extent): Promise<Uint8Array> {
    const payload = await this.#readAt(source, position, stored)
    return decompressBlock(compression, payload, logical, this.#inflaters)
  }
}
