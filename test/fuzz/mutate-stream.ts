// Changes to streams: to bytes as they are, which checksums must find, and to records whose checksums are made right again.
import { RECORD_HEADER } from '#core/zfs/header-fields.ts'
import { RecordType } from '#core/zfs/record.ts'
import type { Random } from './random.ts'
import {
  CHUNK,
  extremes,
  fields,
  FIRST_CHUNK,
  inChunk,
  MICRO_ENTRY,
  MICRO_ZAP,
  NAME,
  NAME_BYTES,
  oddNames,
  structure,
} from './stream-fields.ts'
import { joinRecords, type RawRecord, type RawStream } from './stream-records.ts'

/** Bytes as they are: whatever this does, a checksum or the end tells. */
export function damage(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.byteLength)
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes, bytes.subarray(at)])
    case 2: {
      const length = 1 + random.below(400)
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    }
    default: {
      const changed = bytes.slice()
      const value = random.chance(2) ? (changed[at] ?? 0) ^ (1 << random.below(8)) : random.below(256)
      changed[at] = value
      return changed
    }
  }
}

/** One to four changes to records, with right checksums over them. `others` are streams to take records from. */
export function rewrite(stream: RawStream, others: readonly RawStream[], random: Random): Uint8Array {
  const records = [...stream.records]
  for (let left = random.chance(3) ? 1 + random.below(4) : 1; left > 0; left--) {
    const index = random.below(records.length)
    const record = records[index]
    if (record === undefined) continue
    switch (random.below(18)) {
      case 0:
        records.splice(index, 1)
        break
      case 1:
        records.splice(random.below(records.length), 0, record)
        break
      case 2:
        records.splice(index, 1)
        records.splice(random.below(records.length), 0, record)
        break
      case 3: {
        const other = random.pick(others.filter(({ littleEndian }) => littleEndian === stream.littleEndian))
        const start = random.below(other?.records.length ?? 0)
        records.splice(
          index,
          random.below(3),
          ...(other?.records.slice(start, start + 1 + random.below(8)) ?? []),
        )
        break
      }
      case 4:
      case 5:
      case 6:
        records[index] = withField(record, stream.littleEndian, random)
        break
      case 7:
        records[index] = withLength(record, stream.littleEndian, random)
        break
      case 8: {
        const donor = random.pick(
          records.filter(({ payload }) => payload.byteLength === record.payload.byteLength),
        )
        records[index] = { header: record.header, payload: donor?.payload ?? record.payload }
        break
      }
      default: {
        // metadata is where the parsers are: most files' blocks are left alone
        const chosen = random.chance(8) ? index : random.below(records.length)
        const target = pickMetadata(records, chosen, stream.littleEndian)
        const changed = records[target]
        if (changed === undefined) break
        const change = random.chance(3) ? withName : withBytes
        records[target] = {
          header: changed.header,
          payload: change(changed.payload, stream.littleEndian, random),
        }
      }
    }
  }
  return joinRecords({ littleEndian: stream.littleEndian, records })
}

/** From `start` on the first record with a payload that is no file's block. */
function pickMetadata(records: readonly RawRecord[], start: number, littleEndian: boolean): number {
  for (let step = 0; step < records.length; step++) {
    const index = (start + step) % records.length
    const record = records[index]
    if (record === undefined || record.payload.byteLength === 0) continue
    const view = viewOf(record.header)
    const isFile =
      view.getUint32(0, littleEndian) === RecordType.write && view.getUint32(16, littleEndian) === 19
    if (!isFile) return index
  }
  return start
}

/** A directory in one block gets an odd name, or one entry the name or the object of another (zfs-stream.md 6.1). */
function withName(original: Uint8Array, littleEndian: boolean, random: Random): Uint8Array {
  const payload = original.slice()
  const view = viewOf(payload)
  const entries = Math.floor(payload.byteLength / MICRO_ENTRY) - 1
  if (entries < 1 || view.getBigUint64(0, littleEndian) !== MICRO_ZAP) return payload
  const used = Array.from({ length: entries }, (_, index) => MICRO_ENTRY * (index + 1)).filter(
    (at) => payload[at + NAME] !== 0,
  )
  const [one, other] = [random.pick(used), random.pick(used)]
  if (one === undefined || other === undefined) return payload
  if (random.chance(2)) {
    const name = random.chance(3)
      ? payload.slice(other + NAME, other + MICRO_ENTRY)
      : Buffer.from(random.pick(oddNames), 'latin1')
    payload.fill(0, one + NAME, one + MICRO_ENTRY)
    payload.set(name.subarray(0, NAME_BYTES), one + NAME)
  } else {
    const value = random.chance(3)
      ? BigInt(random.below(40)) | (4n << 60n)
      : view.getBigUint64(other, littleEndian)
    view.setBigUint64(one, value, littleEndian)
  }
  return payload
}

function withField(
  { header: original, payload }: RawRecord,
  littleEndian: boolean,
  random: Random,
): RawRecord {
  const header = original.slice()
  const view = viewOf(header)
  const [offset, bytes] = random.pick(fields[view.getUint32(0, littleEndian)] ?? []) ?? [
    random.below(RECORD_HEADER - 8),
    8,
  ]
  change(view, offset, bytes, littleEndian, random)
  return { header, payload }
}

/** A payload of another length, announced as such. */
function withLength(
  { header: original, payload }: RawRecord,
  littleEndian: boolean,
  random: Random,
): RawRecord {
  const header = original.slice()
  const view = viewOf(header)
  const length = random.pick([
    0,
    8,
    64,
    192,
    264,
    320,
    512,
    1024,
    8 * random.below(64),
    512 * random.below(64),
  ] as const)
  const bytes = new Uint8Array(length)
  bytes.set(payload.subarray(0, length))
  const type = view.getUint32(0, littleEndian)
  if (type === RecordType.object) view.setUint32(28, length - random.below(8), littleEndian)
  else if (type === RecordType.write) {
    const isPlain = view.getUint8(50) === 0
    view.setBigUint64(isPlain ? 32 : 96, BigInt(length), littleEndian)
  } else if (type === RecordType.spill) view.setBigUint64(16, BigInt(length), littleEndian)
  else return { header, payload }
  return { header, payload: bytes }
}

function withBytes(original: Uint8Array, littleEndian: boolean, random: Random): Uint8Array {
  const payload = original.slice()
  const view = viewOf(payload)
  for (let left = 1 + random.below(3); left > 0; left--) {
    const [offset, bytes] = place(payload.byteLength, random)
    if (offset + bytes <= payload.byteLength) change(view, offset, bytes, littleEndian, random)
  }
  return payload
}

function place(length: number, random: Random): readonly [offset: number, bytes: 1 | 2 | 4 | 8] {
  const kind = random.below(4)
  if (kind === 0) return random.pick(structure) ?? [0, 8]
  if (kind === 1 && length > FIRST_CHUNK) {
    // the first chunks are those in use
    const chunk = random.below(Math.min(40, Math.floor((length - FIRST_CHUNK) / CHUNK)))
    const [offset, bytes] = random.pick(inChunk)
    return [FIRST_CHUNK + CHUNK * chunk + offset, bytes]
  }
  if (kind === 2) return [random.below(Math.min(length, 400)), 1]
  return [8 * random.below(length / 8), 8]
}

function change(
  view: DataView,
  offset: number,
  bytes: 1 | 2 | 4 | 8,
  littleEndian: boolean,
  random: Random,
): void {
  const bits = 8 * bytes
  const old =
    bytes === 8
      ? view.getBigUint64(offset, littleEndian)
      : BigInt(
          bytes === 4
            ? view.getUint32(offset, littleEndian)
            : bytes === 2
              ? view.getUint16(offset, littleEndian)
              : view.getUint8(offset),
        )
  const value = BigInt.asUintN(bits, changed(old, bits, random))
  if (bytes === 8) view.setBigUint64(offset, value, littleEndian)
  else if (bytes === 4) view.setUint32(offset, Number(value), littleEndian)
  else if (bytes === 2) view.setUint16(offset, Number(value), littleEndian)
  else view.setUint8(offset, Number(value))
}

function changed(old: bigint, bits: number, random: Random): bigint {
  switch (random.below(5)) {
    case 0:
      return random.pick(extremes)
    case 1:
      return old ^ (1n << BigInt(random.below(bits)))
    case 2:
      return old + BigInt(random.below(9) - 4)
    case 3:
      return BigInt(random.below(64))
    default:
      return (BigInt(random.u32()) << 32n) | BigInt(random.u32())
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
