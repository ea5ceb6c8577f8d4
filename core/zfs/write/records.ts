// Writes the records of a send stream, plain, with both checksums (zfs-stream.md 1, 2).
import { refusal } from '../../archive/refusals.ts'
import { quoted } from '../../quoted.ts'
import { Fletcher4 } from '../fletcher4.ts'
import { RECORD_HEADER } from '../header-fields.ts'

const CHECKSUM_AT = 280
const MAGIC = 0x2f5bacbacn
const NAME_BYTES = 255
/** of a dedup key that is not there */
const NO_CHECKSUM = 2
const SPILL_FLAG = 4
const ALL = 0xffffffffffffffffn
const FILE_SYSTEM = 2
const SNAPSHOT = 1n

const Type = { begin: 0, object: 1, freeObjects: 2, write: 3, free: 4, end: 5, spill: 7 } as const

/** Features that a stream of ours can have: spill blocks, from ZPL 5 on. */
const SPILL_FEATURE = 0x4n
/** Stream flags: a clone of its base; flags of spill blocks count. */
const StreamFlag = { clone: 1, spill: 8 } as const

export interface WrittenBegin {
  /** 1 to 5: of it follow the features and the flag for spill blocks */
  zpl: number
  /** seconds since the epoch */
  created: number
  /** decimal, not `0` */
  toGuid: string
  /** decimal; `0` makes a full stream */
  fromGuid: string
  /** `anything@snapshot`, at most 255 bytes */
  toName: string
  /** an increment that is received as a clone of its base */
  clone?: boolean
  /** that a base has beside those of its ZPL version */
  features?: bigint
}

export interface WrittenHeader {
  object: number
  type: number
  blockSize: number
  /** 0 without a bonus */
  bonusType: number
  bonus: Uint8Array
  hasSpill?: boolean
  /** numbers that it takes; 1 when not given */
  slots?: number
}

/**
 * Every method returns the bytes of one record in order: the header, and the payload as it was given. They go out in the order of
 * the calls, or the checksums are wrong.
 */
export class RecordWriter {
  readonly #littleEndian: boolean
  readonly #sums: Fletcher4
  #toGuid = 0n

  constructor(littleEndian = true) {
    this.#littleEndian = littleEndian
    this.#sums = new Fletcher4(littleEndian)
  }

  /** @throws InvalidName for a name that BEGIN cannot hold */
  begin({
    zpl,
    created,
    toGuid,
    fromGuid,
    toName,
    clone = false,
    features = 0n,
  }: WrittenBegin): Uint8Array[] {
    const name = new TextEncoder().encode(toName)
    if (name.byteLength > NAME_BYTES || name.includes(0) || !toName.includes('@')) {
      throw refusal(
        'InvalidName',
        `${quoted(toName)} names no snapshot, expected name@snapshot of at most 255 bytes`,
      )
    }
    this.#toGuid = BigInt(toGuid)
    const { bytes, view } = this.#blank(Type.begin)
    const all = features | (zpl >= 5 ? SPILL_FEATURE : 0n)
    view.setBigUint64(8, MAGIC, this.#littleEndian)
    view.setBigUint64(16, SNAPSHOT | (all << 2n), this.#littleEndian)
    view.setBigInt64(24, BigInt(created), this.#littleEndian)
    view.setUint32(32, FILE_SYSTEM, this.#littleEndian)
    view.setUint32(36, (clone ? StreamFlag.clone : 0) | (zpl >= 5 ? StreamFlag.spill : 0), this.#littleEndian)
    view.setBigUint64(40, this.#toGuid, this.#littleEndian)
    view.setBigUint64(48, BigInt(fromGuid), this.#littleEndian)
    bytes.set(name, 56)
    this.#sums.update(bytes)
    return [bytes]
  }

  object({
    object,
    type,
    blockSize,
    bonusType,
    bonus,
    hasSpill = false,
    slots = 1,
  }: WrittenHeader): Uint8Array[] {
    const { bytes, view } = this.#header(Type.object, object, 40)
    view.setUint32(16, type, this.#littleEndian)
    view.setUint32(20, bonusType, this.#littleEndian)
    view.setUint32(24, blockSize, this.#littleEndian)
    view.setUint32(28, bonus.byteLength, this.#littleEndian)
    bytes[34] = slots
    bytes[35] = hasSpill ? SPILL_FLAG : 0
    return this.#sealed(bytes, view, padded(bonus))
  }

  /** One block; `block` is as long as the object's blocks are. */
  write(object: number, type: number, offset: number, block: Uint8Array): Uint8Array[] {
    const { bytes, view } = this.#header(Type.write, object, 40)
    view.setUint32(16, type, this.#littleEndian)
    view.setBigUint64(24, BigInt(offset), this.#littleEndian)
    view.setBigUint64(32, BigInt(block.byteLength), this.#littleEndian)
    bytes[48] = NO_CHECKSUM
    return this.#sealed(bytes, view, block)
  }

  /** `spill` is a multiple of 512 bytes; the object was announced with it. */
  spill(object: number, spill: Uint8Array): Uint8Array[] {
    const { bytes, view } = this.#header(Type.spill, object, 24)
    view.setBigUint64(16, BigInt(spill.byteLength), this.#littleEndian)
    return this.#sealed(bytes, view, spill)
  }

  /** Zeros from `offset` on, to the end unless a length is given. */
  free(object: number, offset: number, length = Infinity): Uint8Array[] {
    const { bytes, view } = this.#header(Type.free, object, 32)
    view.setBigUint64(16, BigInt(offset), this.#littleEndian)
    view.setBigUint64(24, length === Infinity ? ALL : BigInt(length), this.#littleEndian)
    return this.#sealed(bytes, view)
  }

  /** These objects are gone. */
  freeObjects(first: number, count: number): Uint8Array[] {
    const { bytes, view } = this.#header(Type.freeObjects, first, 24)
    view.setBigUint64(16, BigInt(count), this.#littleEndian)
    return this.#sealed(bytes, view)
  }

  end(): Uint8Array[] {
    const { bytes, view } = this.#blank(Type.end)
    this.#setChecksum(view, 8)
    view.setBigUint64(40, this.#toGuid, this.#littleEndian)
    return this.#sealed(bytes, view)
  }

  #header(type: number, object: number, guidAt: number): { bytes: Uint8Array; view: DataView } {
    const made = this.#blank(type)
    made.view.setBigUint64(8, BigInt(object), this.#littleEndian)
    made.view.setBigUint64(guidAt, this.#toGuid, this.#littleEndian)
    return made
  }

  /** Puts the running checksum into the header, and counts both. */
  #sealed(bytes: Uint8Array, view: DataView, payload?: Uint8Array): Uint8Array[] {
    this.#sums.update(bytes.subarray(0, CHECKSUM_AT))
    this.#setChecksum(view, CHECKSUM_AT)
    this.#sums.update(bytes.subarray(CHECKSUM_AT))
    if (payload === undefined || payload.byteLength === 0) return [bytes]
    this.#sums.update(payload)
    return [bytes, payload]
  }

  #blank(type: number): { bytes: Uint8Array; view: DataView } {
    const bytes = new Uint8Array(RECORD_HEADER)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, type, this.#littleEndian)
    return { bytes, view }
  }

  #setChecksum(view: DataView, at: number): void {
    for (const [index, sum] of this.#sums.value().entries())
      view.setBigUint64(at + 8 * index, sum, this.#littleEndian)
  }
}

function padded(bonus: Uint8Array): Uint8Array {
  if (bonus.byteLength % 8 === 0) return bonus
  const bytes = new Uint8Array(Math.ceil(bonus.byteLength / 8) * 8)
  bytes.set(bonus)
  return bytes
}
