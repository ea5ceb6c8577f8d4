/** Walks the records of a ZFS send stream or package and verifies every checksum in it (zfs-stream.md 1 and 2). */
import type { PushReader } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { Fletcher4, type Checksum } from './fletcher4.ts'
import { CHECKSUM_OFFSET, RecordHeader, RecordType, RECORD_HEADER, type BeginInfo } from './record.ts'

const FEATURE_RAW = 1n << 24n

/** What a walk has learnt once the stream is over. */
export interface ZfsStreamInfo {
  isPackage: boolean
  littleEndian: boolean
  /** one for a plain stream, one for each snapshot of a package, in order */
  snapshots: BeginInfo[]
  records: number
}

export class ZfsStreamWalker implements PushReader {
  readonly #snapshots: BeginInfo[] = []
  readonly #headerBytes = new Uint8Array(RECORD_HEADER)
  #fill = 0
  #payloadLeft = 0
  #position = 0
  #records = 0
  #littleEndian = true
  #isPackage = false
  #isRaw = false
  /** undefined between streams: before a BEGIN */
  #sum: Fletcher4 | undefined
  #done = false

  push(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      const taken = this.#payloadLeft > 0 ? this.#takePayload(rest) : this.#takeHeader(rest)
      this.#position += taken
      rest = rest.subarray(taken)
    }
  }

  finish(): void {
    if (this.#done) return
    throw refusal(
      'TruncatedStream',
      `zfs stream ends at byte ${this.#position}, in or after record ${this.#records}, without its END record`,
    )
  }

  /** Call after finish(). */
  info(): ZfsStreamInfo {
    return {
      isPackage: this.#isPackage,
      littleEndian: this.#littleEndian,
      snapshots: this.#snapshots,
      records: this.#records,
    }
  }

  #takePayload(bytes: Uint8Array): number {
    const payload = bytes.subarray(0, Math.min(this.#payloadLeft, bytes.byteLength))
    this.#payloadLeft -= payload.byteLength
    this.#sum?.update(payload)
    return payload.byteLength
  }

  #takeHeader(bytes: Uint8Array): number {
    if (this.#done)
      throw refusal('CorruptStream', `zfs stream has data at byte ${this.#position}, behind its end`)
    const taken = Math.min(RECORD_HEADER - this.#fill, bytes.byteLength)
    this.#headerBytes.set(bytes.subarray(0, taken), this.#fill)
    this.#fill += taken
    if (this.#fill === RECORD_HEADER) {
      this.#fill = 0
      this.#onHeader(this.#position + taken - RECORD_HEADER)
    }
    return taken
  }

  #onHeader(at: number): void {
    if (this.#records === 0) this.#littleEndian = this.#detectByteOrder()
    this.#records += 1
    const where = `record ${this.#records} at byte ${at}`
    const header = new RecordHeader(this.#headerBytes, this.#littleEndian, where)
    if (this.#sum === undefined) this.#onFirstOfStream(header, where)
    else if (header.type === RecordType.begin) throw this.#misplaced('a BEGIN inside a stream', where)
    else if (header.type === RecordType.end) this.#onEnd(header, this.#sum, where)
    else this.#verifyHeader(header, this.#sum, where)
    if (!this.#done) this.#payloadLeft = header.payloadLength(this.#isRaw)
  }

  #onFirstOfStream(header: RecordHeader, where: string): void {
    if (header.type === RecordType.end && this.#isPackage) {
      // The package's own end: a body and a checksum of zeros.
      if (!header.checksumAt(8).every((word) => word === 0n))
        throw this.#misplaced('an END with a checksum', where)
      this.#done = true
      return
    }
    if (header.type !== RecordType.begin || !this.#hasMagic()) throw this.#misplaced('no BEGIN', where)
    const begin = header.begin()
    if (begin.headerType === 2 && this.#records === 1) this.#isPackage = true
    else if (begin.headerType === 1) this.#snapshots.push(begin)
    else
      throw refusal(
        'CorruptStream',
        `zfs stream has the header type ${begin.headerType} in ${where}, expected 1 or 2`,
      )
    this.#isRaw = (begin.features & FEATURE_RAW) !== 0n
    this.#sum = new Fletcher4(this.#littleEndian)
    this.#sum.update(this.#headerBytes)
  }

  #onEnd(header: RecordHeader, sum: Fletcher4, where: string): void {
    this.#compare(header.checksumAt(8), sum.value(), `the stream up to ${where}`)
    this.#verifyHeader(header, sum, where)
    this.#sum = undefined
    this.#done = !this.#isPackage
  }

  /** The header's own running checksum, which streams of software before 2015 leave zero. */
  #verifyHeader(header: RecordHeader, sum: Fletcher4, where: string): void {
    sum.update(this.#headerBytes.subarray(0, CHECKSUM_OFFSET))
    const stored = header.checksumAt(CHECKSUM_OFFSET)
    if (stored.some((word) => word !== 0n)) this.#compare(stored, sum.value(), where)
    sum.update(this.#headerBytes.subarray(CHECKSUM_OFFSET))
  }

  #compare(stored: Checksum, computed: Checksum, what: string): void {
    if (stored.every((word, index) => word === computed[index])) return
    const hex = (sums: Checksum) => sums.map((sum) => sum.toString(16)).join('/')
    throw refusal(
      'CorruptStream',
      `zfs stream: checksum of ${what} is ${hex(computed)}, expected ${hex(stored)}`,
    )
  }

  #hasMagic(): boolean {
    const view = new DataView(this.#headerBytes.buffer)
    return view.getBigUint64(8, this.#littleEndian) === 0x2f5bacbacn
  }

  #detectByteOrder(): boolean {
    return new DataView(this.#headerBytes.buffer).getBigUint64(8, true) === 0x2f5bacbacn
  }

  #misplaced(what: string, where: string): Error {
    return refusal('CorruptStream', `zfs stream has ${what} in ${where}`)
  }
}
