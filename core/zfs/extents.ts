// Where the contents of each file of a stream, or of a chain of streams, lie (zfs-stream.md 10 and 11).
import { refusal } from '../archive/refusals.ts'
import type { ContentSink, Extent } from './content-sink.ts'
import { SortedList } from './sorted-list.ts'

/** A part of a file, and the part of a block in the stream that it is. */
export interface Piece {
  /** in the file */
  offset: number
  length: number
  /** where the piece begins in the block */
  skip: number
  block: Extent
}

/** A file is a list of pieces; what is between them is zeros. Kept over all increments of a chain. */
export class ExtentMap implements ContentSink {
  readonly #files = new Map<number, SortedList<Piece>>()
  /** the objects of #files, by number */
  readonly #objects = new SortedList<number>((object) => object)
  readonly #maxPieces: number
  #pieces = 0

  /** Files may be in `maxPieces` pieces, all together: about 200 bytes of memory each. */
  constructor(maxPieces: number) {
    this.#maxPieces = maxPieces
  }

  /** How many pieces there are. */
  get size(): number {
    return this.#pieces
  }

  empty(object: number): void {
    const pieces = this.#files.get(object)
    if (pieces === undefined) return
    this.#pieces -= pieces.size
    this.#files.delete(object)
    this.#objects.cut(object, object + 1)
  }

  /** @throws TooManyEntries */
  block(object: number, extent: Extent): boolean {
    this.#replace(object, { offset: extent.offset, length: extent.length, skip: 0, block: extent })
    return false
  }

  data(): void {
    // block() wants none.
  }

  /** @throws TooManyEntries */
  hole(object: number, offset: number, length: number): void {
    const pieces = this.#files.get(object)
    if (pieces !== undefined) this.#clear(pieces, offset, offset + length)
  }

  /** @throws CorruptStream when there is no such block */
  copy(object: number, offset: number, length: number, from: { object: number; offset: number }): void {
    const piece = this.#files.get(from.object)?.get(from.offset)
    if (piece === undefined || piece.length !== length) {
      throw refusal(
        'CorruptStream',
        `zfs stream copies ${length} bytes at ${from.offset} of object ${from.object} to object ${object}, expected a block that came before`,
      )
    }
    this.#replace(object, { ...piece, offset })
  }

  forget(first: number, count: number): void {
    for (const object of this.#objects.cut(first, first + count)) {
      this.#pieces -= this.#files.get(object)?.size ?? 0
      this.#files.delete(object)
    }
  }

  /** The pieces that reach into `start` to below `end`, in order. The map must not change meanwhile. */
  *pieces(object: number, start: number, end: number): Generator<Piece> {
    const pieces = this.#files.get(object)
    if (pieces === undefined) return
    const reaching = pieces.before(start)
    if (reaching !== undefined && reaching.offset + reaching.length > start) yield reaching
    for (const piece of pieces.from(start)) {
      if (piece.offset >= end) return
      yield piece
    }
  }

  #replace(object: number, piece: Piece): void {
    let pieces = this.#files.get(object)
    if (pieces === undefined) {
      pieces = new SortedList<Piece>(({ offset }) => offset)
      this.#files.set(object, pieces)
      this.#objects.insert(object)
    }
    this.#clear(pieces, piece.offset, piece.offset + piece.length)
    if (piece.length > 0) this.#insert(pieces, piece)
  }

  /** Punches a hole: what lies inside goes, what reaches into it is trimmed. */
  #clear(pieces: SortedList<Piece>, start: number, end: number): void {
    if (!(start < end)) return
    const left = pieces.before(start)
    const inside = pieces.cut(start, end)
    this.#pieces -= inside.length
    const right = inside.at(-1) ?? left
    if (left !== undefined && left.offset + left.length > start) {
      pieces.insert({ ...left, length: start - left.offset })
    }
    if (right !== undefined && right.offset + right.length > end) this.#insert(pieces, behind(right, end))
  }

  #insert(pieces: SortedList<Piece>, piece: Piece): void {
    pieces.insert(piece)
    this.#pieces += 1
    if (this.#pieces > this.#maxPieces) {
      throw refusal(
        'TooManyEntries',
        `zfs stream has files in more than ${this.#maxPieces} pieces, expected fewer`,
      )
    }
  }
}

/** The part of a piece from `start`, an offset in the file, on. */
function behind(piece: Piece, start: number): Piece {
  const by = start - piece.offset
  return { ...piece, offset: start, length: piece.length - by, skip: piece.skip + by }
}
