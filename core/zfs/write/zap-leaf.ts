// One leaf of a fat ZAP: a hash table of chains, and chunks of 24 bytes for entries, names and values (zfs-stream.md 6.3).

import {
  ARRAY_BYTES,
  BlockType,
  CHUNK_BYTES,
  ChunkType,
  LEAF_HEADER_BYTES,
  LEAF_MAGIC,
  leafLayout,
  NO_CHUNK,
} from '../zap/layout.ts'

/** Values are integers of one size. */
export interface FatEntry {
  name: Uint8Array
  integerBytes: 1 | 2 | 4 | 8
  values: readonly bigint[]
}

/** An entry with its hash, and its number among those with the same hash. */
export interface HashedEntry extends FatEntry {
  hash: bigint
  differentiator: number
}

const SORTED_BY_DIFFERENTIATOR = 1
/** left free, so that the receiver need not split a leaf for its first new name */
const SPARE_CHUNKS = 20

/** The chunks that an entry takes: its own, those of its name with the NUL, those of its values. */
function chunksOf({ name, integerBytes, values }: FatEntry): number {
  return (
    1 +
    Math.ceil((name.byteLength + 1) / ARRAY_BYTES) +
    Math.max(Math.ceil((integerBytes * values.length) / ARRAY_BYTES), 1)
  )
}

export function fitsLeaf(entries: readonly FatEntry[], blockShift: number): boolean {
  const needed = entries.reduce((sum, entry) => sum + chunksOf(entry), 0)
  return needed <= leafLayout(2 ** blockShift).chunks - SPARE_CHUNKS
}

/** The leaf of all hashes whose first `prefixBits` bits are `prefix`. The entries fit. */
export function encodeLeaf(
  entries: readonly HashedEntry[],
  {
    prefix,
    prefixBits,
    blockShift,
    littleEndian,
  }: { prefix: number; prefixBits: number; blockShift: number; littleEndian: boolean },
): Uint8Array {
  const leaf = new LeafWriter(blockShift, littleEndian)
  const slots = new Map<number, HashedEntry[]>()
  for (const entry of entries) {
    const slot = hashBits(entry.hash, prefixBits, blockShift - 5)
    const chain = slots.get(slot)
    if (chain) chain.push(entry)
    else slots.set(slot, [entry])
  }
  for (const [slot, chain] of slots) {
    let next = NO_CHUNK
    // A chain is sorted by differentiator, and built from its end.
    for (const entry of chain.toSorted((a, b) => b.differentiator - a.differentiator))
      next = leaf.add(entry, next)
    leaf.setSlot(slot, next)
  }
  return leaf.finish(prefix, prefixBits, entries.length)
}

/** `count` bits of a hash behind the first `skip`. */
export function hashBits(hash: bigint, skip: number, count: number): number {
  return Number(BigInt.asUintN(64, hash << BigInt(skip)) >> BigInt(64 - count))
}

class LeafWriter {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #chunksAt: number
  readonly #chunks: number
  readonly #littleEndian: boolean
  #used = 0

  constructor(blockShift: number, littleEndian: boolean) {
    this.#littleEndian = littleEndian
    this.#bytes = new Uint8Array(2 ** blockShift)
    this.#view = new DataView(this.#bytes.buffer)
    const { chunksAt, chunks } = leafLayout(2 ** blockShift)
    this.#chunksAt = chunksAt
    this.#chunks = chunks
    this.#bytes.fill(0xff, LEAF_HEADER_BYTES, this.#chunksAt)
  }

  setSlot(slot: number, chunk: number): void {
    this.#view.setUint16(LEAF_HEADER_BYTES + 2 * slot, chunk, this.#littleEndian)
  }

  /** Returns the entry's chunk. */
  add({ name, integerBytes, values, hash, differentiator }: HashedEntry, next: number): number {
    const chunk = this.#take()
    const nameBytes = new Uint8Array(name.byteLength + 1)
    nameBytes.set(name)
    const nameChunk = this.#addArray(nameBytes)
    const valueChunk = this.#addArray(bigEndian(values, integerBytes))
    const at = this.#at(chunk)
    this.#bytes[at] = ChunkType.entry
    this.#bytes[at + 1] = integerBytes
    this.#view.setUint16(at + 2, next, this.#littleEndian)
    this.#view.setUint16(at + 4, nameChunk, this.#littleEndian)
    this.#view.setUint16(at + 6, nameBytes.byteLength, this.#littleEndian)
    this.#view.setUint16(at + 8, valueChunk, this.#littleEndian)
    this.#view.setUint16(at + 10, values.length, this.#littleEndian)
    this.#view.setUint32(at + 12, differentiator, this.#littleEndian)
    this.#view.setBigUint64(at + 16, hash, this.#littleEndian)
    return chunk
  }

  finish(prefix: number, prefixBits: number, entries: number): Uint8Array {
    const free = this.#chunks - this.#used
    for (let chunk = this.#used; chunk < this.#chunks; chunk++) {
      this.#bytes[this.#at(chunk)] = ChunkType.free
      this.#view.setUint16(
        this.#at(chunk) + 22,
        chunk + 1 < this.#chunks ? chunk + 1 : NO_CHUNK,
        this.#littleEndian,
      )
    }
    this.#view.setBigUint64(0, BlockType.leaf, this.#littleEndian)
    this.#view.setBigUint64(16, BigInt(prefix), this.#littleEndian)
    this.#view.setUint32(24, LEAF_MAGIC, this.#littleEndian)
    this.#view.setUint16(28, free, this.#littleEndian)
    this.#view.setUint16(30, entries, this.#littleEndian)
    this.#view.setUint16(32, prefixBits, this.#littleEndian)
    this.#view.setUint16(34, free > 0 ? this.#used : NO_CHUNK, this.#littleEndian)
    this.#bytes[36] = SORTED_BY_DIFFERENTIATOR
    return this.#bytes
  }

  /** A chain of chunks; returns its first. */
  #addArray(bytes: Uint8Array): number {
    const first = this.#used
    for (let offset = 0; offset === 0 || offset < bytes.byteLength; offset += ARRAY_BYTES) {
      const chunk = this.#take()
      const isLast = offset + ARRAY_BYTES >= bytes.byteLength
      this.#bytes[this.#at(chunk)] = ChunkType.array
      this.#bytes.set(bytes.subarray(offset, offset + ARRAY_BYTES), this.#at(chunk) + 1)
      this.#view.setUint16(this.#at(chunk) + 22, isLast ? NO_CHUNK : chunk + 1, this.#littleEndian)
    }
    return first
  }

  #take(): number {
    if (this.#used >= this.#chunks) throw new Error(`a leaf of ${this.#chunks} chunks is full`)
    return this.#used++
  }

  #at(chunk: number): number {
    return this.#chunksAt + CHUNK_BYTES * chunk
  }
}

/** The integers one behind the other, big-endian in every stream. */
function bigEndian(values: readonly bigint[], integerBytes: 1 | 2 | 4 | 8): Uint8Array {
  const bytes = new Uint8Array(integerBytes * values.length)
  for (const [index, value] of values.entries()) {
    for (let byte = 0; byte < integerBytes; byte++) {
      bytes[index * integerBytes + byte] = Number((value >> BigInt(8 * (integerBytes - 1 - byte))) & 0xffn)
    }
  }
  return bytes
}
