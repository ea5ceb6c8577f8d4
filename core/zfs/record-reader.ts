// Reads the records of a ZFS send stream or package and verifies every checksum in it (zfs-stream.md 1 and 2). Payloads only pass.
import { joinBytes } from '../join-bytes.ts'
import type { PushReader } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { Fletcher4, type Checksum } from './fletcher4.ts'
import { CHECKSUM_OFFSET, HeaderFields, RECORD_HEADER, shownPlace } from './header-fields.ts'
import { byteOrderOf, parseRecord, RecordType } from './record.ts'
import type { BeginInfo, BeginRecord, RecordPlace, RecordSink, StreamRecord } from './records.ts'

/** What a reading has learnt once the stream is over. */
export interface ZfsStreamInfo {
  isPackage: boolean
  littleEndian: boolean
  /** one for a plain stream, one for each snapshot of a package, in order */
  snapshots: BeginInfo[]
  records: number
  /** how many of each type */
  counts: Partial<Record<StreamRecord['type'], number>>
  /** headers and payloads */
  bytes: number
  /** the nvlist of a package's preamble as it was (core/zfs/nvlist.ts reads it) */
  packageList?: Uint8Array
}

export class RecordReader implements PushReader {
  readonly #sink: RecordSink | undefined
  readonly #headerBytes = new Uint8Array(RECORD_HEADER)
  readonly #snapshots: BeginInfo[] = []
  readonly #counts: ZfsStreamInfo['counts'] = {}
  /** a package's nvlist, in the pieces in which it came: its length is announced, and so nothing is allocated for it */
  readonly #packageList: Uint8Array[] = []
  #fill = 0
  #payloadLeft = 0
  #position = 0
  #records = 0
  #place: RecordPlace | undefined
  #littleEndian = true
  #isPackage = false
  /** of the stream or preamble that is being read; undefined before it and between those of a package */
  #begin: BeginInfo | undefined
  #sum = new Fletcher4(true)
  #done = false

  /** `sink` gets every record as it is verified. */
  constructor(sink?: RecordSink) {
    this.#sink = sink
  }

  /** @throws CorruptStream with the record and its place, and whatever the sink throws */
  push(chunk: Uint8Array): void {
    // slice() of a Buffer is no copy: whoever keeps a piece would keep all that it came in
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let offset = 0; offset < bytes.byteLength;) {
      const rest = offset === 0 ? bytes : bytes.subarray(offset)
      const taken = this.#payloadLeft > 0 ? this.#takePayload(rest) : this.#takeHeader(rest)
      this.#position += taken
      offset += taken
    }
  }

  /** @throws TruncatedStream before the last END */
  finish(): void {
    if (this.#done) return
    throw refusal(
      'TruncatedStream',
      `zfs stream ends at byte ${this.#position}, in or after record ${this.#records}, without its END record`,
    )
  }

  /** The record that came last: where it is damaged when push() or finish() throws. Undefined before the first. */
  get place(): RecordPlace | undefined {
    return this.#place
  }

  /** Call after finish(). */
  info(): ZfsStreamInfo {
    return {
      isPackage: this.#isPackage,
      littleEndian: this.#littleEndian,
      snapshots: this.#snapshots,
      records: this.#records,
      counts: this.#counts,
      bytes: this.#position,
      ...(this.#packageList.length > 0 && { packageList: joinBytes(this.#packageList) }),
    }
  }

  #takePayload(bytes: Uint8Array): number {
    const payload = bytes.subarray(0, this.#payloadLeft)
    this.#payloadLeft -= payload.byteLength
    this.#sum.update(payload)
    if (this.#begin?.headerType === 2) this.#packageList.push(payload.slice())
    this.#sink?.payload(payload)
    if (this.#payloadLeft === 0) this.#sink?.recordEnd()
    return payload.byteLength
  }

  #takeHeader(bytes: Uint8Array): number {
    if (this.#done) {
      throw refusal('CorruptStream', `zfs stream has data at byte ${this.#position}, behind its end`)
    }
    const taken = Math.min(RECORD_HEADER - this.#fill, bytes.byteLength)
    this.#headerBytes.set(taken === bytes.byteLength ? bytes : bytes.subarray(0, taken), this.#fill)
    this.#fill += taken
    if (this.#fill === RECORD_HEADER) {
      this.#fill = 0
      this.#records += 1
      this.#onHeader({ number: this.#records, at: this.#position + taken - RECORD_HEADER })
    }
    return taken
  }

  #onHeader(place: RecordPlace): void {
    this.#place = place
    if (place.number === 1) this.#littleEndian = byteOrderOf(this.#headerBytes) !== 'big'
    const fields = new HeaderFields(this.#headerBytes, this.#littleEndian, place)
    // The checksum comes first: of a damaged header it is what people should hear, not that some number is odd.
    if (this.#begin !== undefined) this.#verifyHeader(fields, place)
    const record = parseRecord(this.#headerBytes, this.#littleEndian, this.#begin, place)
    if (record.type === 'begin') this.#onBegin(record, place)
    else if (record.type === 'end') this.#onEnd(fields, place)
    else if (this.#begin === undefined) throw misplaced('no BEGIN', place)
    this.#counts[record.type] = (this.#counts[record.type] ?? 0) + 1
    this.#payloadLeft = 'payloadBytes' in record ? record.payloadBytes : 0
    this.#sink?.record(record, place)
    if (this.#payloadLeft === 0) this.#sink?.recordEnd()
  }

  #onBegin(record: BeginRecord, place: RecordPlace): void {
    if (this.#begin !== undefined) throw misplaced('a BEGIN inside a stream', place)
    if (byteOrderOf(this.#headerBytes) !== (this.#littleEndian ? 'little' : 'big')) {
      throw misplaced('no BEGIN', place)
    }
    const { type: _type, payloadBytes: _payload, ...begin } = record
    if (begin.headerType === 2 && place.number === 1) this.#isPackage = true
    else if (begin.headerType === 1) this.#snapshots.push(begin)
    else {
      throw misplaced(`the header type ${begin.headerType}`, place, 'expected 1, or 2 at its start')
    }
    this.#begin = begin
    this.#sum = new Fletcher4(this.#littleEndian)
    this.#sum.update(this.#headerBytes)
  }

  #onEnd(fields: HeaderFields, place: RecordPlace): void {
    const begin = this.#begin
    if (begin === undefined) {
      if (!this.#isPackage) throw misplaced('no BEGIN', place)
      if (!fields.isZero(4, RECORD_HEADER)) throw misplaced('an END that is not empty', place)
      this.#done = true
      return
    }
    // Of a stream without checksums in its headers nothing else protects the last one.
    const guid = fields.guid(40)
    if (
      (guid !== begin.toGuid && guid !== '0') ||
      !fields.isZero(4, 8) ||
      !fields.isZero(48, CHECKSUM_OFFSET)
    ) {
      throw misplaced(`an END of guid ${guid}`, place, `expected ${begin.toGuid} and nothing else`)
    }
    this.#begin = undefined
    this.#done = !this.#isPackage
  }

  /** The header's own running checksum, which streams of software before 2015 leave zero, and before it the one in END's body. */
  #verifyHeader(fields: HeaderFields, place: RecordPlace): void {
    const sum = this.#sum
    const hasOwn = !fields.isZero(CHECKSUM_OFFSET, RECORD_HEADER)
    if (fields.u32(0) === RecordType.end) {
      const what = `the stream up to ${shownPlace(place)}`
      compare(fields.checksum(8), sum.value(), what, hasOwn ? undefined : ONE_CHECKSUM)
    }
    sum.update(this.#headerBytes.subarray(0, CHECKSUM_OFFSET))
    if (hasOwn) {
      compare(fields.checksum(CHECKSUM_OFFSET), sum.value(), shownPlace(place))
    }
    sum.update(this.#headerBytes.subarray(CHECKSUM_OFFSET))
  }
}

const ONE_CHECKSUM = 'a stream of this age has this checksum alone, so the damage is anywhere before'

function compare(stored: Checksum, computed: Checksum, what: string, hint?: string): void {
  if (stored.every((word, index) => word === computed[index])) return
  const hex = (sums: Checksum) => sums.map((sum) => sum.toString(16)).join('/')
  const said = `zfs stream: checksum of ${what} is ${hex(computed)}, expected ${hex(stored)}`
  throw refusal('CorruptStream', hint === undefined ? said : `${said}; ${hint}`)
}

function misplaced(what: string, place: RecordPlace, expected?: string): Error {
  const said = `zfs stream has ${what} in ${shownPlace(place)}`
  return refusal('CorruptStream', expected === undefined ? said : `${said}, ${expected}`)
}
