/** The records of a ZFS send stream: headers of 312 bytes and the payload that follows each (zfs-stream.md 1). */
import { refusal } from '../archive/refusals.ts'

export const RECORD_HEADER = 312
/** where the running checksum stands in every header but BEGIN's */
export const CHECKSUM_OFFSET = 280

export const RecordType = {
  begin: 0,
  object: 1,
  freeObjects: 2,
  write: 3,
  free: 4,
  end: 5,
  writeByRef: 6,
  spill: 7,
  writeEmbedded: 8,
  objectRange: 9,
  redact: 10,
} as const

const MAX_BEGIN_PAYLOAD = 64 * 1024 * 1024
const MAX_WRITE = 16 * 1024 * 1024
const MAX_BONUS = 16 * 1024
const MAX_SPILL = 16 * 1024 * 1024
const MAX_EMBEDDED = 112

/** What BEGIN says of the snapshot. Guids in decimal. */
export interface BeginInfo {
  /** 1 a snapshot, 2 the preamble of a package */
  headerType: number
  features: bigint
  flags: number
  /** 2 a file system, 3 a volume */
  objsetType: number
  toGuid: string
  fromGuid: string
  /** `pool/dataset@snapshot` */
  toName: string
}

export class RecordHeader {
  readonly view: DataView
  readonly littleEndian: boolean
  readonly #bytes: Uint8Array
  readonly #where: string

  /** `where` names the record in messages, e.g. `record 3 at byte 936`. */
  constructor(bytes: Uint8Array, littleEndian: boolean, where: string) {
    this.#bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEADER)
    this.littleEndian = littleEndian
    this.#where = where
  }

  get type(): number {
    return this.#u32(0)
  }

  /** Four sums stored at `offset`. */
  checksumAt(offset: number): readonly [bigint, bigint, bigint, bigint] {
    return [this.#u64(offset), this.#u64(offset + 8), this.#u64(offset + 16), this.#u64(offset + 24)]
  }

  /** Bytes that follow the header. @throws CorruptStream for an unknown type or a length beyond what ZFS can make */
  payloadLength(isRaw: boolean): number {
    switch (this.type) {
      case RecordType.begin:
        return this.#bounded(this.#u32(4), MAX_BEGIN_PAYLOAD, 'a BEGIN payload')
      case RecordType.object: {
        const raw = this.#u32(36)
        return this.#bounded(raw !== 0 ? raw : roundUp8(this.#u32(28)), MAX_BONUS, 'a bonus buffer')
      }
      case RecordType.write: {
        const isCompressed = (this.#bytes[50] ?? 0) !== 0
        return this.#bounded(this.#size(isCompressed ? 96 : 32), MAX_WRITE, 'a block')
      }
      case RecordType.spill: {
        const compressed = this.#size(40)
        const length = compressed !== 0 ? compressed : this.#size(16)
        return this.#bounded(isRaw ? length : roundUp8(length), MAX_SPILL, 'a spill block')
      }
      case RecordType.writeEmbedded:
        return this.#bounded(roundUp8(this.#u32(52)), MAX_EMBEDDED, 'an embedded block')
      case RecordType.freeObjects:
      case RecordType.free:
      case RecordType.end:
      case RecordType.writeByRef:
      case RecordType.objectRange:
      case RecordType.redact:
        return 0
      default:
        throw refusal(
          'CorruptStream',
          `zfs stream has the unknown record type ${this.type} as ${this.#where}`,
        )
    }
  }

  begin(): BeginInfo {
    const version = this.#u64(16)
    const name = this.#bytes.subarray(56, 312)
    const end = name.indexOf(0)
    return {
      headerType: Number(version & 3n),
      features: (version >> 2n) & 0xffffffffffffffn,
      flags: this.#u32(36),
      objsetType: this.#u32(32),
      toGuid: this.#u64(40).toString(),
      fromGuid: this.#u64(48).toString(),
      toName: new TextDecoder().decode(end < 0 ? name : name.subarray(0, end)),
    }
  }

  #u32(offset: number): number {
    return this.view.getUint32(offset, this.littleEndian)
  }

  #u64(offset: number): bigint {
    return this.view.getBigUint64(offset, this.littleEndian)
  }

  #size(offset: number): number {
    const size = this.#u64(offset)
    return size > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(size)
  }

  #bounded(size: number, limit: number, what: string): number {
    if (size <= limit) return size
    throw refusal(
      'CorruptStream',
      `zfs stream announces ${what} of ${size} bytes in ${this.#where}, expected at most ${limit}`,
    )
  }
}

function roundUp8(size: number): number {
  return Math.ceil(size / 8) * 8
}
