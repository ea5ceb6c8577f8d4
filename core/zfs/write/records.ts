/** Writes the records of a send stream, little-endian and plain, with both checksums (zfs-stream.md 1, 2). */
import { refusal, shown } from '../../archive/refusals.ts'
import { Fletcher4, type Checksum } from '../fletcher4.ts'

const HEADER_BYTES = 312
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
export const SPILL_FEATURE = 0x4n
/** Stream flags: a clone of its base; flags of spill blocks count. */
export const StreamFlag = { clone: 1, spill: 8 } as const

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
}

export interface WrittenHeader {
  object: number
  type: number
  blockSize: number
  /** 0 without a bonus */
  bonusType: number
  bonus: Uint8Array
  hasSpill?: boolean
}

/**
 * Every method returns the bytes of one record in order: the header, and the payload as it was given. They go out in the order of
 * the calls, or the checksums are wrong.
 */
export class RecordWriter {
  readonly #sums = new Fletcher4(true)
  #toGuid = 0n

  /** @throws InvalidName for a name that BEGIN cannot hold */
  begin({ zpl, created, toGuid, fromGuid, toName, clone = false }: WrittenBegin): Uint8Array[] {
    const name = new TextEncoder().encode(toName)
    if (name.byteLength > NAME_BYTES || name.includes(0) || !toName.includes('@')) {
      throw refusal(
        'InvalidName',
        `${shown(toName)} names no snapshot, expected name@snapshot of at most 255 bytes`,
      )
    }
    this.#toGuid = BigInt(toGuid)
    const { bytes, view } = header(Type.begin)
    const features = zpl >= 5 ? SPILL_FEATURE : 0n
    view.setBigUint64(8, MAGIC, true)
    view.setBigUint64(16, SNAPSHOT | (features << 2n), true)
    view.setBigInt64(24, BigInt(created), true)
    view.setUint32(32, FILE_SYSTEM, true)
    view.setUint32(36, (clone ? StreamFlag.clone : 0) | (zpl >= 5 ? StreamFlag.spill : 0), true)
    view.setBigUint64(40, this.#toGuid, true)
    view.setBigUint64(48, BigInt(fromGuid), true)
    bytes.set(name, 56)
    this.#sums.update(bytes)
    return [bytes]
  }

  object({ object, type, blockSize, bonusType, bonus, hasSpill = false }: WrittenHeader): Uint8Array[] {
    const { bytes, view } = this.#header(Type.object, object, 40)
    view.setUint32(16, type, true)
    view.setUint32(20, bonusType, true)
    view.setUint32(24, blockSize, true)
    view.setUint32(28, bonus.byteLength, true)
    bytes[34] = 1
    bytes[35] = hasSpill ? SPILL_FLAG : 0
    return this.#sealed(bytes, view, padded(bonus))
  }

  /** One block; `block` is as long as the object's blocks are. */
  write(object: number, type: number, offset: number, block: Uint8Array): Uint8Array[] {
    const { bytes, view } = this.#header(Type.write, object, 40)
    view.setUint32(16, type, true)
    view.setBigUint64(24, BigInt(offset), true)
    view.setBigUint64(32, BigInt(block.byteLength), true)
    bytes[48] = NO_CHECKSUM
    return this.#sealed(bytes, view, block)
  }

  /** `spill` is a multiple of 512 bytes; the object was announced with it. */
  spill(object: number, spill: Uint8Array): Uint8Array[] {
    const { bytes, view } = this.#header(Type.spill, object, 24)
    view.setBigUint64(16, BigInt(spill.byteLength), true)
    return this.#sealed(bytes, view, spill)
  }

  /** Zeros from `offset` on, to the end unless a length is given. */
  free(object: number, offset: number, length = Infinity): Uint8Array[] {
    const { bytes, view } = this.#header(Type.free, object, 32)
    view.setBigUint64(16, BigInt(offset), true)
    view.setBigUint64(24, length === Infinity ? ALL : BigInt(length), true)
    return this.#sealed(bytes, view)
  }

  /** These objects are gone. */
  freeObjects(first: number, count: number): Uint8Array[] {
    const { bytes, view } = this.#header(Type.freeObjects, first, 24)
    view.setBigUint64(16, BigInt(count), true)
    return this.#sealed(bytes, view)
  }

  end(): Uint8Array[] {
    const { bytes, view } = header(Type.end)
    setChecksum(view, 8, this.#sums.value())
    view.setBigUint64(40, this.#toGuid, true)
    return this.#sealed(bytes, view)
  }

  #header(type: number, object: number, guidAt: number): { bytes: Uint8Array; view: DataView } {
    const made = header(type)
    made.view.setBigUint64(8, BigInt(object), true)
    made.view.setBigUint64(guidAt, this.#toGuid, true)
    return made
  }

  /** Puts the running checksum into the header, and counts both. */
  #sealed(bytes: Uint8Array, view: DataView, payload?: Uint8Array): Uint8Array[] {
    this.#sums.update(bytes.subarray(0, CHECKSUM_AT))
    setChecksum(view, CHECKSUM_AT, this.#sums.value())
    this.#sums.update(bytes.subarray(CHECKSUM_AT))
    if (payload === undefined || payload.byteLength === 0) return [bytes]
    this.#sums.update(payload)
    return [bytes, payload]
  }
}

function header(type: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  return { bytes, view }
}

function setChecksum(view: DataView, at: number, sums: Checksum): void {
  for (const [index, sum] of sums.entries()) view.setBigUint64(at + 8 * index, sum, true)
}

function padded(bonus: Uint8Array): Uint8Array {
  if (bonus.byteLength % 8 === 0) return bonus
  const bytes = new Uint8Array(Math.ceil(bonus.byteLength / 8) * 8)
  bytes.set(bonus)
  return bytes
}
