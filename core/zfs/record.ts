// Parses one record header (zfs-stream.md 1.1 to 1.9), as strictly as today's receivers do and as leniently as real streams need (16, 23).
import { refusal } from '../archive/refusals.ts'
import { decodeName } from '../archive/member.ts'
import { HeaderFields, RECORD_HEADER, shownPlace } from './header-fields.ts'
import type {
  BeginInfo,
  BeginRecord,
  ObjectRecord,
  RecordPlace,
  SpillRecord,
  StreamRecord,
  WriteEmbeddedRecord,
  WriteRecord,
} from './records.ts'

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

const FEATURE_LARGE_BLOCKS = 1n << 19n
const FEATURE_RAW = 1n << 24n
/** stream flag: spill flags of OBJECT and SPILL count */
const STREAM_FLAG_SPILL = 8

const SPILL_FLAG = 4
const MAX_BEGIN_PAYLOAD = 64 * 1024 * 1024
const MAX_BLOCK = 128 * 1024
const MAX_LARGE_BLOCK = 16 * 1024 * 1024
const MAX_SPILL = 128 * 1024
const MAX_EMBEDDED = 112
const SLOT = 512
const MAX_SLOTS = 32
/** of each object number, what is not bonus: the dnode's own fields and one block pointer */
const DNODE_CORE = 192

const MAGIC = 0x2f5bacbacn
const MAGIC_OFFSET = 8

/** The byte order that the magic of a BEGIN tells, or undefined when there is no magic (zfs-stream.md 13). */
export function byteOrderOf(header: Uint8Array): 'little' | 'big' | undefined {
  const view = new DataView(header.buffer, header.byteOffset, RECORD_HEADER)
  if (view.getBigUint64(MAGIC_OFFSET, true) === MAGIC) return 'little'
  return view.getBigUint64(MAGIC_OFFSET, false) === MAGIC ? 'big' : undefined
}

/**
 * The record that a header announces. `begin` is the BEGIN that it stands behind: it says how some fields are meant.
 * @throws CorruptStream for an unknown type and for numbers that ZFS does not make
 */
export function parseRecord(
  header: Uint8Array,
  littleEndian: boolean,
  begin: BeginInfo | undefined,
  place: RecordPlace,
): StreamRecord {
  const fields = new HeaderFields(header, littleEndian, place)
  const type = fields.u32(0)
  switch (type) {
    case RecordType.begin:
      return parseBegin(header, fields, littleEndian)
    case RecordType.object:
      return parseObject(fields, begin)
    case RecordType.freeObjects: {
      const first = fields.number(8, 'the first object')
      return { type: 'freeObjects', first, count: fields.count(16, first) }
    }
    case RecordType.write:
      return parseWrite(fields, begin)
    case RecordType.free: {
      const offset = fields.number(16, 'the offset')
      return { type: 'free', object: fields.object(8), offset, length: fields.count(24, offset) }
    }
    case RecordType.end:
      return { type: 'end', ofPackage: begin === undefined }
    case RecordType.writeByRef: {
      const reference = { refGuid: fields.guid(40), refObject: fields.object(48) }
      const refOffset = fields.number(56, 'the offset of its reference')
      return {
        type: 'writeByRef',
        object: fields.object(8),
        ...block(fields, 24, begin),
        ...reference,
        refOffset,
      }
    }
    case RecordType.spill:
      return parseSpill(fields, begin)
    case RecordType.writeEmbedded:
      return parseEmbedded(fields, begin)
    case RecordType.objectRange:
      return { type: 'objectRange', object: fields.number(8, 'the first object'), payloadBytes: 0 }
    case RecordType.redact:
      return { type: 'redact', object: fields.object(8), payloadBytes: 0 }
    default:
      throw refusal('CorruptStream', `zfs stream has the unknown record type ${type} in ${shownPlace(place)}`)
  }
}

function parseBegin(header: Uint8Array, fields: HeaderFields, littleEndian: boolean): BeginRecord {
  const version = fields.u64(16)
  const name = header.subarray(56, RECORD_HEADER)
  const end = name.indexOf(0)
  const payloadBytes = fields.bounded(fields.u32(4), MAX_BEGIN_PAYLOAD, 'a BEGIN payload')
  return {
    type: 'begin',
    headerType: Number(version & 3n),
    features: (version >> 2n) & (2n ** 56n - 1n),
    flags: fields.u32(36),
    objsetType: fields.u32(32),
    created: fields.number(24, 'the creation time'),
    toGuid: fields.guid(40),
    fromGuid: fields.guid(48),
    toName: decodeName(end < 0 ? name : name.subarray(0, end)),
    littleEndian,
    payloadBytes: wholeWords(fields, payloadBytes, 4),
  }
}

function parseObject(fields: HeaderFields, begin: BeginInfo | undefined): ObjectRecord {
  const [objectType, bonusType] = [fields.u32(16), fields.u32(20)]
  if (objectType < 1 || objectType > 255) throw fields.wrong(`has object type ${objectType}`, '1 to 255')
  if (bonusType > 255) throw fields.wrong(`has bonus type ${bonusType}`, '0 to 255')
  const slots = fields.u8(34) || 1
  if (slots > MAX_SLOTS) throw fields.wrong(`has an object of ${slots} slots`, `at most ${MAX_SLOTS}`)
  const bonusBytes = fields.bounded(fields.u32(28), slots * SLOT - DNODE_CORE, `a bonus of ${slots} slots`)
  if ((bonusBytes === 0) !== (bonusType === 0)) {
    throw fields.wrong(`has a bonus of ${bonusBytes} bytes and type ${bonusType}`, 'both zero or neither')
  }
  const rawBonus = fields.u32(36)
  if (rawBonus !== 0 && !isRaw(begin)) throw fields.wrong(`has a raw bonus of ${rawBonus} bytes`, 'none')
  const payloadBytes = fields.bounded(rawBonus || roundUp8(bonusBytes), MAX_SLOTS * SLOT, 'a bonus')
  return {
    type: 'object',
    object: fields.object(8),
    objectType,
    bonusType,
    blockSize: blockSize(fields, fields.u32(24), begin),
    bonusBytes,
    slots,
    hasSpill: countsSpillFlags(begin) ? (fields.u8(35) & SPILL_FLAG) !== 0 : undefined,
    payloadBytes,
  }
}

function parseWrite(fields: HeaderFields, begin: BeginInfo | undefined): WriteRecord {
  const { offset, length } = block(fields, 32, begin, 24)
  const compression = fields.u8(50)
  const compressed = fields.bounded(fields.number(96, 'the compressed size'), length, 'a compressed block')
  if (compression === 0 && compressed !== 0) {
    throw fields.wrong(`has a compressed size of ${compressed} bytes without compression`, '0')
  }
  return {
    type: 'write',
    object: fields.object(8),
    objectType: fields.u32(16),
    offset,
    length,
    compression,
    payloadBytes: wholeWords(fields, compression === 0 ? length : compressed, 8),
  }
}

function parseEmbedded(fields: HeaderFields, begin: BeginInfo | undefined): WriteEmbeddedRecord {
  const { offset, length } = block(fields, 24, begin)
  const physicalBytes = fields.bounded(fields.u32(52), MAX_EMBEDDED, 'an embedded block')
  return {
    type: 'writeEmbedded',
    object: fields.object(8),
    offset,
    length,
    compression: fields.u8(40),
    embeddedType: fields.u8(41),
    logicalBytes: fields.bounded(fields.u32(48), length, 'an embedded block that becomes one'),
    physicalBytes,
    payloadBytes: roundUp8(physicalBytes),
  }
}

function parseSpill(fields: HeaderFields, begin: BeginInfo | undefined): SpillRecord {
  const length = fields.bounded(fields.number(16, 'the length'), MAX_SPILL, 'a spill block')
  if (length < SLOT) throw fields.wrong(`has a spill block of ${length} bytes`, `at least ${SLOT}`)
  const compressed = fields.bounded(
    fields.number(40, 'the compressed size'),
    length,
    'a compressed spill block',
  )
  return {
    type: 'spill',
    object: fields.object(8),
    length,
    compression: fields.u8(33),
    unmodified: countsSpillFlags(begin) && (fields.u8(32) & SPILL_FLAG) !== 0,
    payloadBytes: wholeWords(fields, compressed || length, 8),
  }
}

/** A block's place in its object. */
function block(fields: HeaderFields, lengthAt: number, begin: BeginInfo | undefined, offsetAt = 16) {
  const place = fields.range(offsetAt, lengthAt)
  blockSize(fields, place.length, begin)
  return place
}

function blockSize(fields: HeaderFields, size: number, begin: BeginInfo | undefined): number {
  const isLarge = begin !== undefined && (begin.features & FEATURE_LARGE_BLOCKS) !== 0n
  fields.bounded(
    size,
    isLarge ? MAX_LARGE_BLOCK : MAX_BLOCK,
    isLarge ? 'a block' : 'a block without the large-blocks feature',
  )
  if (size >= SLOT && size % SLOT === 0) return size
  throw fields.wrong(`has a block of ${size} bytes`, `a multiple of ${SLOT}`)
}

/** Payloads are whole 64-bit words (an nvlist: 32-bit ones), else the checksum has no meaning. */
function wholeWords(fields: HeaderFields, bytes: number, word: number): number {
  if (bytes % word === 0) return bytes
  throw fields.wrong(`has a payload of ${bytes} bytes`, `a multiple of ${word}`)
}

function isRaw(begin: BeginInfo | undefined): boolean {
  return begin !== undefined && (begin.features & FEATURE_RAW) !== 0n
}

function countsSpillFlags(begin: BeginInfo | undefined): boolean {
  return begin !== undefined && (begin.flags & STREAM_FLAG_SPILL) !== 0
}

function roundUp8(size: number): number {
  return Math.ceil(size / 8) * 8
}
