// Gives the snapshot of a send stream another name on the way, with every checksum behind it made anew (zfs-stream.md 1.1, 2).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { Fletcher4 } from './fletcher4.ts'
import { CHECKSUM_OFFSET, HeaderFields, RECORD_HEADER } from './header-fields.ts'
import { byteOrderOf, parseRecord } from './record.ts'
import { RecordReader } from './record-reader.ts'
import type { BeginInfo, RecordPlace, StreamRecord } from './records.ts'
import { DATASET, isSnapshotName } from './write/snapshot-name.ts'

const NAME_AT = 56
/** a zero stands behind it */
const NAME_BYTES = RECORD_HEADER - NAME_AT - 1
/** of the sum that END holds beside its own */
const END_SUM_AT = 8

/**
 * A package of one snapshot (`zfs send -p`) comes out as that stream alone: its list of names and properties stays behind.
 * What comes in is verified before anything made of it goes out. Memory does not grow with the stream; the pieces that push() returns
 * may be parts of what it was given.
 */
export class SnapshotRenamer {
  readonly #name: string
  readonly #reader = new RecordReader()
  readonly #headerBytes = new Uint8Array(RECORD_HEADER)
  #fill = 0
  #payloadLeft = 0
  #position = 0
  #records = 0
  #snapshots = 0
  #begin: BeginInfo | undefined
  #littleEndian = true
  #sum = new Fletcher4(true)

  /** `name` is what stands behind the `@`. @throws InvalidName */
  constructor(name: string) {
    if (!isSnapshotName(name))
      throw refusal(
        'InvalidName',
        `${quoted(name)} is no name of a snapshot, expected letters, digits and _.:-`,
      )
    this.#name = name
  }

  /** @throws CorruptStream, UnsupportedZfsStream for several snapshots */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#reader.push(chunk)
    const pieces: Uint8Array[] = []
    for (let offset = 0; offset < chunk.byteLength;) {
      const rest = chunk.subarray(offset)
      const taken = this.#payloadLeft > 0 ? this.#passPayload(rest, pieces) : this.#fillHeader(rest, pieces)
      offset += taken
      this.#position += taken
    }
    return pieces
  }

  /** @throws TruncatedStream */
  finish(): void {
    this.#reader.finish()
  }

  #passPayload(bytes: Uint8Array, pieces: Uint8Array[]): number {
    const payload = bytes.subarray(0, this.#payloadLeft)
    this.#payloadLeft -= payload.byteLength
    if (!this.#isPreamble) {
      this.#sum.update(payload)
      pieces.push(payload)
    }
    return payload.byteLength
  }

  #fillHeader(bytes: Uint8Array, pieces: Uint8Array[]): number {
    const taken = Math.min(RECORD_HEADER - this.#fill, bytes.byteLength)
    this.#headerBytes.set(bytes.subarray(0, taken), this.#fill)
    this.#fill += taken
    if (this.#fill === RECORD_HEADER) {
      this.#fill = 0
      this.#records += 1
      const place = { number: this.#records, at: this.#position + taken - RECORD_HEADER }
      const header = this.#rewritten(place)
      if (header) pieces.push(header)
    }
    return taken
  }

  /** A copy of the header, with its name or its sums as they are now; undefined for what makes a stream a package. */
  #rewritten(place: RecordPlace): Uint8Array | undefined {
    const bytes = this.#headerBytes.slice()
    if (place.number === 1) this.#littleEndian = byteOrderOf(bytes) !== 'big'
    const record = parseRecord(bytes, this.#littleEndian, this.#begin, place)
    this.#payloadLeft = 'payloadBytes' in record ? record.payloadBytes : 0
    if (record.type === 'begin') {
      this.#begin = record
      if (this.#isPreamble) return undefined
      if (this.#snapshots++ > 0) throw severalSnapshots()
      this.#sum = new Fletcher4(this.#littleEndian)
      this.#rename(bytes, record.toName)
      this.#sum.update(bytes)
      return bytes
    }
    const isOfPackage = this.#begin === undefined || this.#isPreamble
    if (record.type === 'end') this.#begin = undefined
    if (isOfPackage) return undefined
    this.#seal(bytes, record, place)
    return bytes
  }

  get #isPreamble(): boolean {
    return this.#begin?.headerType === 2
  }

  #rename(bytes: Uint8Array, toName: string): void {
    const dataset = toName.slice(0, Math.max(0, toName.indexOf('@'))) || DATASET
    const encode = (text: string) => new TextEncoder().encode(`${text}@${this.#name}`)
    const whole = encode(dataset)
    bytes.fill(0, NAME_AT)
    bytes.set(whole.byteLength <= NAME_BYTES ? whole : encode(DATASET), NAME_AT)
  }

  /** Streams of software before 2015 have no sum in their headers but END's: it stays so. */
  #seal(bytes: Uint8Array, { type }: StreamRecord, place: RecordPlace): void {
    const hasOwn = !new HeaderFields(bytes, this.#littleEndian, place).isZero(CHECKSUM_OFFSET, RECORD_HEADER)
    if (type === 'end') this.#setSum(bytes, END_SUM_AT)
    this.#sum.update(bytes.subarray(0, CHECKSUM_OFFSET))
    if (hasOwn) this.#setSum(bytes, CHECKSUM_OFFSET)
    this.#sum.update(bytes.subarray(CHECKSUM_OFFSET))
  }

  #setSum(bytes: Uint8Array, at: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (const [index, sum] of this.#sum.value().entries())
      view.setBigUint64(at + 8 * index, sum, this.#littleEndian)
  }
}

function severalSnapshots(): Error {
  return refusal(
    'UnsupportedZfsStream',
    'zfs stream is a package of several snapshots (zfs send -R), expected one to rename',
  )
}
