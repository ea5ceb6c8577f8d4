// Applies the records of a stream to a file system: empty, or the base of an increment (zfs-stream.md 4 and 11).
import { refusal } from '../archive/refusals.ts'
import { ProvisionError } from '../errors.ts'
import type { ContentSink, Extent } from './content-sink.ts'
import { decompressBlock, isPlain, type Inflaters } from './decompress.ts'
import { GrowthLimit } from './growth-limit.ts'
import { RECORD_HEADER, shownPlace } from './header-fields.ts'
import { KeptBlocks } from './kept-blocks.ts'
import { changeOf, isKept } from './object-change.ts'
import {
  ObjectType,
  type ObjectSet,
  type ObjectSetLimits,
  type SetUsage,
  type StreamObject,
} from './object-set.ts'
import { ObjectTable, type TableObject } from './object-table.ts'
import { PayloadGatherer, type PayloadTaker } from './payload-taker.ts'
import { SnapshotSequence, type UnreadableSnapshot } from './snapshot-sequence.ts'
import type {
  BeginInfo,
  FreeRecord,
  ObjectRecord,
  RecordPlace,
  RecordSink,
  SpillRecord,
  StreamRecord,
  WriteByRefRecord,
  WriteEmbeddedRecord,
} from './records.ts'

export interface ObjectSetOptions {
  inflaters: Inflaters
  limits: ObjectSetLimits
  /** what becomes of the contents of files; without it they only pass */
  contents?: ContentSink
  /** what an increment starts from; it is not changed */
  base?: ObjectSet
  /** which stream of a chain this is, for the extents: 0 the first */
  source?: number
}

/** A block of metadata: its bytes, and zeros behind them up to its length. */
interface KeptBlock {
  offset: number
  length: number
  bytes: Uint8Array
}

const zeros = new Uint8Array(64 * 1024)

export class ObjectSetBuilder implements RecordSink {
  readonly #inflaters: Inflaters
  readonly #contents: ContentSink | undefined
  readonly #source: number
  readonly #table: ObjectTable
  readonly #snapshots: SnapshotSequence
  readonly #growth = new GrowthLimit()
  #taker: PayloadTaker | undefined

  constructor({ inflaters, limits, contents, base, source = 0 }: ObjectSetOptions) {
    this.#inflaters = inflaters
    this.#contents = contents
    this.#source = source
    this.#table = new ObjectTable(limits, base)
    this.#snapshots = new SnapshotSequence(base?.begin)
  }

  /** The first snapshot that cannot be read. From it on nothing is applied, and result() refuses. */
  get unreadable(): UnreadableSnapshot | undefined {
    return this.#snapshots.unreadable
  }

  /** An object as far as it has come, for who cannot wait for the end. */
  peek(number: number): StreamObject | undefined {
    return this.#table.peek(number)
  }

  /** What it holds by now. */
  get usage(): SetUsage {
    return this.#table.usage
  }

  /** Call once, after the reader's finish(). @throws UnsupportedZfsStream when there is nothing that can be read */
  result(): ObjectSet {
    return { begin: this.#snapshots.held(), objects: this.#table.release() }
  }

  /** @throws CorruptStream, OriginMismatch, UnsupportedZfsStream, TooManyEntries, TooManyBytes */
  record(record: StreamRecord, place: RecordPlace): void {
    this.#taker = undefined
    if (record.type === 'begin') return this.#snapshots.onBegin(record, place)
    if (record.type === 'end') return this.#snapshots.onEnd()
    const begin = this.#snapshots.current
    if (begin === undefined) return
    switch (record.type) {
      case 'object':
        return this.#gather((payload) => this.#onObject(record, payload, begin, place))
      case 'freeObjects':
        this.#table.forget(record.first, record.count)
        return this.#contents?.forget(record.first, record.count)
      case 'write': {
        const { payloadBytes: stored, compression, offset, length } = record
        const position = place.at + RECORD_HEADER
        const extent = {
          offset,
          length,
          source: this.#source,
          position,
          stored,
          compression,
          logical: length,
        }
        return this.#onBlock(this.#known(record, place), extent, place)
      }
      case 'writeEmbedded':
        return this.#onEmbedded(record, place)
      case 'writeByRef':
        return this.#onReference(record, begin, place)
      case 'free':
        return this.#onFree(this.#known(record, place), record, place)
      case 'spill':
        return this.#onSpill(record, place)
      case 'objectRange':
      case 'redact':
        throw refusal(
          'CorruptStream',
          `zfs stream has ${shownPlace(place)} of a kind that its features exclude (${record.type})`,
        )
    }
  }

  payload(bytes: Uint8Array): void {
    this.#taker?.take(bytes)
  }

  recordEnd(): void {
    const taker = this.#taker
    this.#taker = undefined
    taker?.end()
  }

  #onObject(record: ObjectRecord, payload: Uint8Array, begin: BeginInfo, place: RecordPlace): void {
    const { object: number, objectType: type, bonusType, blockSize, slots } = record
    const occupant = this.#table.occupant(number)
    if (occupant !== undefined) {
      throw refusal(
        'CorruptStream',
        `zfs stream has object ${number} in ${shownPlace(place)}, inside object ${occupant.number} of ${occupant.slots} slots`,
      )
    }
    if (slots > 1) this.#forget(number + 1, slots - 1)
    const old = this.#table.get(number)
    const bonus = payload.subarray(0, record.bonusBytes)
    const now: TableObject = { number, type, bonusType, blockSize, slots, bonus }
    const change = changeOf(old, now, record.hasSpill, begin.littleEndian)
    if (isKept(now, begin.littleEndian)) now.blocks = (change.keepsData && old?.blocks) || new KeptBlocks()
    if (change.keepsSpill && old?.spill) now.spill = old.spill
    this.#table.put(now)
    if (type !== ObjectType.file && old?.type !== ObjectType.file) return
    if (!change.keepsData) this.#contents?.empty(number)
    if (change.isFile) this.#contents?.file?.(number, change.size)
  }

  #forget(first: number, count: number): void {
    this.#table.forget(first, count)
    this.#contents?.forget(first, count)
  }

  #onEmbedded(record: WriteEmbeddedRecord, place: RecordPlace): void {
    const { offset, length, physicalBytes: stored, logicalBytes: logical, compression, embeddedType } = record
    const object = this.#known(record, place)
    if (embeddedType !== 0) {
      throw refusal(
        'UnsupportedZfsStream',
        `zfs stream has an embedded block of type ${embeddedType} in ${shownPlace(place)}, expected 0`,
      )
    }
    const position = place.at + RECORD_HEADER
    this.#onBlock(
      object,
      { offset, length, source: this.#source, position, stored, compression, logical },
      place,
    )
  }

  #onBlock(object: TableObject, extent: Extent, place: RecordPlace): void {
    const { compression, stored, logical, offset, length } = extent
    const { number, type, blocks } = object
    if (isPlain(compression) && stored !== logical) {
      throw refusal(
        'CorruptStream',
        `zfs stream has ${stored} bytes for a plain block of ${logical} in ${shownPlace(place)}`,
      )
    }
    if (stored < length) this.#growth.make(length, place.at)
    const wanted = type === ObjectType.file && this.#contents?.block(number, extent) === true
    if (blocks === undefined && !wanted) return
    if (blocks === undefined && isPlain(compression) && logical === length) return this.#pass(number, offset)
    this.#gather((payload) => {
      const bytes = this.#plain(compression, payload.subarray(0, stored), logical, place)
      if (blocks !== undefined) this.#keep(object, blocks, { offset, length, bytes }, place)
      if (wanted) this.#deliver(number, offset, bytes, length)
    })
  }

  #keep({ number, blockSize }: TableObject, blocks: KeptBlocks, block: KeptBlock, place: RecordPlace): void {
    const { offset, length, bytes } = block
    if (offset % blockSize !== 0 || length > blockSize) {
      throw refusal(
        'CorruptStream',
        `zfs stream has ${length} bytes at ${offset} of object ${number} in ${shownPlace(place)}, expected a block of ${blockSize}`,
      )
    }
    this.#table.reserve(length - (blocks.map.get(offset)?.byteLength ?? 0))
    blocks.set(offset, filled(bytes, length))
  }

  /** Passes a plain payload on as it comes. */
  #pass(object: number, start: number): void {
    let offset = start
    this.#taker = {
      take: (bytes) => {
        this.#contents?.data(object, offset, bytes)
        offset += bytes.byteLength
      },
      end: () => {},
    }
  }

  #deliver(object: number, offset: number, bytes: Uint8Array, length: number): void {
    this.#contents?.data(object, offset, bytes)
    for (let at = bytes.byteLength; at < length; at += zeros.byteLength) {
      this.#contents?.data(object, offset + at, zeros.subarray(0, Math.min(zeros.byteLength, length - at)))
    }
  }

  #onFree({ number, type, blockSize, blocks }: TableObject, record: FreeRecord, place: RecordPlace): void {
    const { offset, length } = record
    if (blocks !== undefined) {
      if (offset % blockSize !== 0 || (length !== Infinity && length % blockSize !== 0)) {
        throw refusal(
          'CorruptStream',
          `zfs stream frees ${length} bytes at ${offset} of object ${number} in ${shownPlace(place)}, expected blocks of ${blockSize}`,
        )
      }
      const before = blocks.bytes
      blocks.clear(offset, length)
      this.#table.reserve(blocks.bytes - before)
    }
    if (type === ObjectType.file) this.#contents?.hole(number, offset, length)
  }

  #onSpill(record: SpillRecord, place: RecordPlace): void {
    const object = this.#known(record, place)
    if (record.unmodified) return
    this.#gather((payload) => {
      const spill = this.#plain(record.compression, payload, record.length, place)
      this.#table.put({ ...object, spill })
    })
  }

  #onReference(record: WriteByRefRecord, begin: BeginInfo, place: RecordPlace): void {
    const { object: number, offset, length, refGuid, refObject, refOffset } = record
    const object = this.#known(record, place)
    if (refGuid !== begin.toGuid)
      throw this.#unsupportedReference(`another snapshot (guid ${refGuid})`, place)
    const from = this.#known({ object: refObject }, place)
    if (object.blocks !== undefined) {
      const block = from.blocks?.map.get(refOffset)
      if (block?.byteLength !== length) throw this.#unsupportedReference(`object ${refObject}`, place)
      this.#keep(object, object.blocks, { offset, length, bytes: block }, place)
    }
    if (object.type !== ObjectType.file) return
    if (from.type !== ObjectType.file) throw this.#unsupportedReference(`object ${refObject}`, place)
    this.#contents?.copy(number, offset, length, { object: refObject, offset: refOffset })
  }

  #unsupportedReference(what: string, place: RecordPlace): Error {
    return refusal(
      'UnsupportedZfsStream',
      `zfs stream has a deduplicated block of ${what} in ${shownPlace(place)}, which cannot be followed: expected a send without -D`,
    )
  }

  #plain(compression: number, payload: Uint8Array, bytes: number, place: RecordPlace): Uint8Array {
    try {
      return decompressBlock(compression, payload, bytes, this.#inflaters)
    } catch (cause) {
      if (!(cause instanceof ProvisionError)) throw cause
      const message = `${cause.message} (in ${shownPlace(place)})`
      throw new ProvisionError(cause.kind, cause.code, message, { cause })
    }
  }

  #known({ object: number }: { object: number }, place: RecordPlace): TableObject {
    const object = this.#table.get(number)
    if (object !== undefined) return object
    throw refusal(
      'CorruptStream',
      `zfs stream speaks of object ${number} in ${shownPlace(place)}, expected its OBJECT record before`,
    )
  }

  #gather(then: (payload: Uint8Array) => void): void {
    this.#taker = new PayloadGatherer(then)
  }
}

/** The block, with zeros behind it when it is shorter. */
function filled(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength === length) return bytes
  const block = new Uint8Array(length)
  block.set(bytes)
  return block
}
