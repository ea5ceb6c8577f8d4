// Undoes compress(1), whose files end in `.Z`: LZW with codes of 9 to 16 bits.
import { refusal } from './refusals.ts'

export const LZW_MAGIC = [0x1f, 0x9d] as const

const HEADER = 3
const FIRST_BITS = 9
const MAX_BITS = 16
/** In block mode this code empties the table. */
const CLEAR = 256
const NO_CODE = -1
/** Bytes of a piece that is given out. */
const PIECE = 64 * 1024

/**
 * A decoder that is fed. Its tables have their full size from the start, 320 KiB, and one piece of output is made at a time: what a
 * few bytes become (a string of the table has up to 64 KiB) never lies in memory together. How much it may be in all is the caller's matter.
 */
export class LzwDecoder {
  readonly #prefix = new Uint16Array(1 << MAX_BITS)
  readonly #suffix = new Uint8Array(1 << MAX_BITS)
  /** a string comes out of the table backwards */
  readonly #string = new Uint8Array(1 << MAX_BITS)
  #piece = new Uint8Array(PIECE)
  #filled = 0
  /** bytes of the string that the piece had no room for */
  #waiting = 0
  #position = 0
  #maxBits = 0
  #isBlock = false
  #bits = FIRST_BITS
  /** the table may grow to this before codes need more bits */
  #highest = 0
  /** bits that wait for the rest of their code */
  #held = 0
  #heldBits = 0
  /** codes of this width: they come in groups of eight, which are filled up when the width changes */
  #codes = 0
  /** bytes of such a filling that are still to come */
  #skip = 0
  #free = 0
  #previous = NO_CODE
  #first = 0

  /** Bytes of input so far. */
  get position(): number {
    return this.#position
  }

  /** The bytes that `chunk` completes, each piece made when it is asked for. @throws CorruptStream */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let at = 0; at < chunk.byteLength || this.#waiting > 0;) {
      at = this.#position < HEADER ? this.#takeHeader(chunk, at) : this.#takeCodes(chunk, at)
      if (this.#filled === PIECE) yield this.#takePiece()
    }
    if (this.#filled > 0) yield this.#takePiece()
  }

  /** The input is over. @throws TruncatedStream when there is not even a header; compress(1) leaves no mark at its end */
  finish(): void {
    if (this.#position < HEADER)
      throw refusal(
        'TruncatedStream',
        `the compress stream ends at byte ${this.#position}, inside of its header`,
      )
  }

  /** Takes one byte of the header; returns where to go on. */
  #takeHeader(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] ?? 0
    const magic = LZW_MAGIC[this.#position]
    this.#position += 1
    if (magic === undefined) this.#takeFlags(byte)
    else if (byte !== magic)
      throw refusal(
        'CorruptStream',
        'the stream is none of compress(1), expected it to begin with bytes 1f 9d',
      )
    return at + 1
  }

  #takeFlags(byte: number): void {
    this.#maxBits = byte & 0x1f
    this.#isBlock = (byte & 0x80) !== 0
    if (this.#maxBits < FIRST_BITS || this.#maxBits > MAX_BITS || (byte & 0x60) !== 0) {
      const hex = byte.toString(16).padStart(2, '0')
      throw refusal(
        'CorruptStream',
        `the compress stream has the flags ${hex}, expected codes of 9 to 16 bits`,
      )
    }
    this.#free = this.#isBlock ? CLEAR + 1 : CLEAR
    this.#highest = highestOf(FIRST_BITS, this.#maxBits)
  }

  /** Takes codes until the piece is full or the chunk is used up; returns where to go on. */
  #takeCodes(chunk: Uint8Array, start: number): number {
    this.#copyString()
    let at = start
    while (at < chunk.byteLength && this.#filled < PIECE) {
      if (this.#skip > 0) {
        this.#skip -= 1
        at += 1
        continue
      }
      let held = this.#held
      let heldBits = this.#heldBits
      const bits = this.#bits
      while (heldBits < bits && at < chunk.byteLength) {
        held |= (chunk[at++] ?? 0) << heldBits
        heldBits += 8
      }
      const isWhole = heldBits >= bits
      this.#held = isWhole ? held >>> bits : held
      this.#heldBits = isWhole ? heldBits - bits : heldBits
      if (!isWhole) break
      this.#codes += 1
      this.#expand(held & ((1 << bits) - 1), this.#position + at - start)
    }
    this.#position += at - start
    return at
  }

  /** Gives the string of a code to the piece and learns the next one, or empties the table. `end`: bytes of input up to here. */
  #expand(code: number, end: number): void {
    const prefix = this.#prefix
    const suffix = this.#suffix
    const string = this.#string
    const free = this.#free
    const previous = this.#previous
    if (previous === NO_CODE ? code >= 256 : code > free) throw this.#corrupt(code, end)
    if (code === CLEAR && this.#isBlock) {
      // the entry that the next code makes is CLEAR's own, which nobody can name
      this.#free = CLEAR
      return this.#changeWidth(FIRST_BITS)
    }
    const isFull = free === 1 << this.#maxBits
    let length = 0
    let at = code
    // its own next entry: the string before, and the first byte of that once more
    if (code === free) {
      if (isFull) throw this.#corrupt(code, end)
      string[length++] = this.#first
      at = previous
    }
    // a prefix is always older than its string, so this ends
    while (at >= 256) {
      string[length++] = suffix[at] ?? 0
      at = prefix[at] ?? 0
    }
    string[length++] = at
    this.#first = at
    this.#waiting = length
    this.#copyString()
    if (!isFull && previous !== NO_CODE) {
      prefix[free] = previous
      suffix[free] = at
      this.#free = free + 1
      if (free + 1 > this.#highest) this.#changeWidth(this.#bits + 1)
    }
    this.#previous = code
  }

  /** As much of the string as the piece has room for. */
  #copyString(): void {
    const piece = this.#piece
    const string = this.#string
    let filled = this.#filled
    let waiting = this.#waiting
    while (waiting > 0 && filled < PIECE) piece[filled++] = string[--waiting] ?? 0
    this.#filled = filled
    this.#waiting = waiting
  }

  #takePiece(): Uint8Array {
    const isFull = this.#filled === PIECE
    const piece = isFull ? this.#piece : this.#piece.slice(0, this.#filled)
    if (isFull) this.#piece = new Uint8Array(PIECE)
    this.#filled = 0
    return piece
  }

  /** The encoder wrote whole groups of eight codes: what is left of the last one means nothing. */
  #changeWidth(bits: number): void {
    const missing = ((8 - (this.#codes % 8)) % 8) * this.#bits
    this.#skip = (missing - this.#heldBits) / 8
    this.#held = 0
    this.#heldBits = 0
    this.#codes = 0
    this.#bits = bits
    this.#highest = highestOf(bits, this.#maxBits)
  }

  #corrupt(code: number, end: number): Error {
    const most = this.#previous === NO_CODE ? 255 : this.#free
    return refusal(
      'CorruptStream',
      `the compress stream has the code ${code} before byte ${end}, expected at most ${most}`,
    )
  }
}

/** Codes do not become wider than the widest, however full the table is. */
function highestOf(bits: number, maxBits: number): number {
  return bits === maxBits ? 1 << maxBits : (1 << bits) - 1
}
