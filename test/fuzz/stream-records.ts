// A stream as a list of records that can be changed, and back into bytes with checksums that are right.
import { Fletcher4 } from '#core/zfs/fletcher4.ts'
import { CHECKSUM_OFFSET, RECORD_HEADER } from '#core/zfs/header-fields.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import { RecordType } from '#core/zfs/record.ts'

export interface RawRecord {
  header: Uint8Array
  payload: Uint8Array
}

export interface RawStream {
  littleEndian: boolean
  records: readonly RawRecord[]
}

export function splitStream(bytes: Uint8Array): RawStream {
  const records: RawRecord[] = []
  let payloadBytes = 0
  const reader = new RecordReader({
    record(record, { at }) {
      payloadBytes = 'payloadBytes' in record ? record.payloadBytes : 0
      records.push({
        header: bytes.subarray(at, at + RECORD_HEADER),
        payload: bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + payloadBytes),
      })
    },
    payload: () => {},
    recordEnd: () => {},
  })
  reader.push(bytes)
  reader.finish()
  return { littleEndian: reader.info().littleEndian, records }
}

/** Writes the checksums anew: in END's body, and in each header that had one. */
export function joinRecords({ littleEndian, records }: RawStream): Uint8Array {
  let sum: Fletcher4 | undefined
  const parts = records.flatMap(({ header: original, payload }) => {
    const header = Uint8Array.from(original)
    const view = new DataView(header.buffer)
    const type = view.getUint32(0, littleEndian)
    const store = (sums: Fletcher4, at: number) =>
      sums.value().forEach((word, index) => view.setBigUint64(at + 8 * index, word, littleEndian))
    const isChecked = header.subarray(CHECKSUM_OFFSET).some((byte) => byte !== 0)
    if (type === RecordType.begin) sum = new Fletcher4(littleEndian)
    else if (sum && type === RecordType.end) store(sum, 8)
    sum?.update(header.subarray(0, CHECKSUM_OFFSET))
    if (sum && isChecked && type !== RecordType.begin) store(sum, CHECKSUM_OFFSET)
    sum?.update(header.subarray(CHECKSUM_OFFSET))
    sum?.update(payload)
    if (type === RecordType.end) sum = undefined
    return [header, payload]
  })
  return Buffer.concat(parts)
}
