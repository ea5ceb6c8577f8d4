// A file system as a full stream, object by object with the numbers that it has: what `zfs send` gives where an increment was received.
import { refusal } from '../../archive/refusals.ts'
import { decodeAttributes } from '../attributes/decode.ts'
import { ModeType, TYPE_BITS } from '../attributes/node-attributes.ts'
import { readSaTables, type SaTables } from '../attributes/sa-tables.ts'
import { readMasterNode } from '../master-node.ts'
import { ObjectType, type ObjectSet, type StreamObject } from '../object-set.ts'
import type { StreamTree } from '../tree.ts'
import { fileBlocks } from './file-blocks.ts'
import { gathered } from './gathered.ts'
import { RecordWriter } from './records.ts'

const PLAIN_BLOCK = 128 * 1024
const MAX_NAME = 255
/** features for long names and large micro ZAPs: what is written here has none */
const LONGER = (1n << 28n) | (1n << 29n)

export interface SetContents {
  /** The bytes of a file, holes as zeros. */
  contents(file: { object: number; size: number }): AsyncIterable<Uint8Array>
  /** more than so many in all files together are refused */
  maxBytes: number
}

/** Whether any receiver of its ZPL version can take it as it is: its blocks, its dnodes and its names are of the usual sizes. */
export function isPlain({ set, tree }: { set: ObjectSet; tree: StreamTree }): boolean {
  const { begin, objects } = set
  if (!begin.littleEndian || (begin.features & LONGER) !== 0n) return false
  for (const { blockSize, slots } of objects.values()) if (blockSize > PLAIN_BLOCK || slots > 1) return false
  return tree.nodes.every(({ name }) => name.byteLength <= MAX_NAME)
}

/** Writes a full stream with the snapshot's own guid, so that what builds on it builds on what an increment gave as well. @throws TooManyBytes */
export async function* writeFullOfSet(
  set: ObjectSet,
  toName: string,
  open: SetContents,
): AsyncGenerator<Uint8Array, undefined> {
  yield* gathered(records(set, toName, open))
  return undefined
}

async function* records(
  set: ObjectSet,
  toName: string,
  open: SetContents,
): AsyncGenerator<Uint8Array, undefined> {
  const { littleEndian, toGuid, created } = set.begin
  const writer = new RecordWriter(littleEndian)
  const tables = readSaTables(set)
  let left = open.maxBytes
  yield* writer.begin({ zpl: readMasterNode(set).zplVersion, created, toGuid, fromGuid: '0', toName })
  for (const object of [...set.objects.values()].toSorted((a, b) => a.number - b.number)) {
    const { number, type, blockSize, spill } = object
    yield* writer.object({ ...object, object: number, hasSpill: spill !== undefined })
    for (const [offset, block] of [...(object.blocks ?? [])].toSorted(([a], [b]) => a - b))
      yield* writer.write(number, type, offset, block)
    const size = fileSize(object, tables, littleEndian)
    if (size > 0) {
      left -= size
      if (left < 0)
        throw refusal('TooManyBytes', `the files of ${toName} have more than ${open.maxBytes} bytes`)
      const contents = open.contents({ object: number, size })
      for await (const { offset, bytes } of fileBlocks(contents, {
        size,
        blockSize,
        path: `object ${number}`,
      }))
        yield* writer.write(number, type, offset, bytes)
    }
    if (spill) yield* writer.spill(number, spill)
  }
  yield* writer.end()
  return undefined
}

/** 0 for what is no file with contents. */
function fileSize(object: StreamObject, tables: SaTables | undefined, littleEndian: boolean): number {
  if (object.type !== ObjectType.file || object.bonusType === 0) return 0
  const { mode, size } = decodeAttributes(object, tables, littleEndian)
  return (mode & TYPE_BITS) === ModeType.file ? Number(size) : 0
}
