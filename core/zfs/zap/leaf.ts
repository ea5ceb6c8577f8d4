// Leaves of a fat ZAP (zfs-stream.md 6.3). Entries are found as a host finds them, along the chains of the hash table, and an entry that is in no chain is
// refused: what is listed here is what the host will list. Every chunk may be used once, so no chain loops and nothing grows beyond the block.
import { corruptZap, viewOf, type ZapEntry, type ZapOptions } from './entry.ts'
import {
  ARRAY_BYTES,
  BlockType,
  CHUNK_BYTES,
  ChunkType,
  LEAF_HEADER_BYTES,
  LEAF_MAGIC,
  MAX_NAME_BYTES,
  NO_CHUNK,
  leafLayout,
} from './layout.ts'

export interface ZapLeaf {
  entries: ZapEntry[]
  /** bits of the hash that all entries share, and how many they are */
  prefix: bigint
  prefixLength: number
}

/**
 * Reads the leaf in block `number` of the ZAP.
 * @throws CorruptStream with the chunk
 */
export function readLeaf(block: Uint8Array, number: number, options: ZapOptions): ZapLeaf {
  return new LeafReader(block, number, options).read()
}

class LeafReader {
  readonly #block: Uint8Array
  readonly #view: DataView
  readonly #littleEndian: boolean
  readonly #where: string
  readonly #chunks: number
  readonly #chunksAt: number
  readonly #hashSlots: number
  readonly #used: Uint8Array

  constructor(block: Uint8Array, number: number, { littleEndian, where }: ZapOptions) {
    const { hashSlots, chunksAt, chunks } = leafLayout(block.byteLength)
    this.#block = block
    this.#view = viewOf(block)
    this.#littleEndian = littleEndian
    this.#where = `${where}, zap leaf ${number}`
    this.#hashSlots = hashSlots
    this.#chunksAt = chunksAt
    this.#chunks = chunks
    this.#used = new Uint8Array(chunks)
  }

  read(): ZapLeaf {
    const type = this.#view.getBigUint64(0, this.#littleEndian)
    const magic = this.#view.getUint32(24, this.#littleEndian)
    if (type !== BlockType.leaf || magic !== LEAF_MAGIC) {
      throw corruptZap(this.#where, `type ${type} and magic ${magic} are not those of a leaf`)
    }
    const entries: ZapEntry[] = []
    for (let slot = 0; slot < this.#hashSlots; slot++) {
      let chunk = this.#u16(LEAF_HEADER_BYTES + 2 * slot)
      while (chunk !== NO_CHUNK) {
        const at = this.#claim(chunk, ChunkType.entry)
        entries.push(this.#entry(chunk, at))
        chunk = this.#u16(at + 2)
      }
    }
    this.#checkAllFound()
    return {
      entries,
      prefix: this.#view.getBigUint64(16, this.#littleEndian),
      prefixLength: this.#u16(32),
    }
  }

  #entry(chunk: number, at: number): ZapEntry {
    const integerBytes = this.#block[at + 1]
    if (integerBytes !== 1 && integerBytes !== 2 && integerBytes !== 4 && integerBytes !== 8) {
      throw corruptZap(
        this.#where,
        `chunk ${chunk} has integers of ${integerBytes} bytes, expected 1, 2, 4 or 8`,
      )
    }
    const nameBytes = this.#u16(at + 6)
    if (nameBytes === 0 || nameBytes > MAX_NAME_BYTES + 1) {
      throw corruptZap(
        this.#where,
        `chunk ${chunk} has a name of ${nameBytes} bytes, expected 1 to ${MAX_NAME_BYTES + 1}`,
      )
    }
    const name = this.#array(this.#u16(at + 4), nameBytes)
    if (name.indexOf(0) !== nameBytes - 1) {
      throw corruptZap(this.#where, `the name of chunk ${chunk} does not end where its length says`)
    }
    const count = this.#u16(at + 10)
    const bytes = this.#array(this.#u16(at + 8), count * integerBytes)
    return { name: name.slice(0, -1), integerBytes, values: integers(bytes, integerBytes) }
  }

  /** The `length` bytes of the chain of array chunks that starts at `first`. */
  #array(first: number, length: number): Uint8Array {
    if (length > this.#chunks * ARRAY_BYTES) {
      throw corruptZap(this.#where, `chunk ${first} begins ${length} bytes, more than a leaf can hold`)
    }
    const bytes = new Uint8Array(length)
    let chunk = first
    for (let done = 0; done < length; done += ARRAY_BYTES) {
      const at = this.#claim(chunk, ChunkType.array)
      const take = Math.min(ARRAY_BYTES, length - done)
      bytes.set(this.#block.subarray(at + 1, at + 1 + take), done)
      chunk = this.#u16(at + 22)
    }
    if (length > 0 && chunk !== NO_CHUNK) {
      throw corruptZap(this.#where, `the chain of chunk ${first} goes on at chunk ${chunk}, expected its end`)
    }
    return bytes
  }

  /** Where chunk `chunk` begins in the block. It must be of this type, and not have been used before. */
  #claim(chunk: number, type: number): number {
    if (chunk >= this.#chunks) {
      throw corruptZap(this.#where, `chunk ${chunk} is out of range, expected less than ${this.#chunks}`)
    }
    const at = this.#chunksAt + chunk * CHUNK_BYTES
    if (this.#block[at] !== type) {
      throw corruptZap(this.#where, `chunk ${chunk} has type ${this.#block[at]}, expected ${type}`)
    }
    if (this.#used[chunk] === 1) throw corruptZap(this.#where, `chunk ${chunk} is used twice`)
    this.#used[chunk] = 1
    return at
  }

  #checkAllFound(): void {
    for (let chunk = 0; chunk < this.#chunks; chunk++) {
      if (this.#used[chunk] === 0 && this.#block[this.#chunksAt + chunk * CHUNK_BYTES] === ChunkType.entry) {
        throw corruptZap(this.#where, `chunk ${chunk} is an entry that the hash table does not lead to`)
      }
    }
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian)
  }
}

/** Values are big-endian whatever the stream. */
function integers(bytes: Uint8Array, size: 1 | 2 | 4 | 8): bigint[] {
  const view = viewOf(bytes)
  const values: bigint[] = []
  for (let at = 0; at < bytes.byteLength; at += size) {
    if (size === 8) values.push(view.getBigUint64(at))
    else if (size === 4) values.push(BigInt(view.getUint32(at)))
    else if (size === 2) values.push(BigInt(view.getUint16(at)))
    else values.push(BigInt(view.getUint8(at)))
  }
  return values
}
