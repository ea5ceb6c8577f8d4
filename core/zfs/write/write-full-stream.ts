// Second pass: the whole stream, object by object in ascending number (zfs-stream.md 4, 12).
import { directoryEntry, encodeDevice, type WrittenAttributes } from './attributes.ts'
import { saltOf } from './content-digest.ts'
import { ContentsInOrder } from './contents-in-order.ts'
import { fileBlocks } from './file-blocks.ts'
import { fixedObjects } from './fixed-objects.ts'
import { gathered } from './gathered.ts'
import { planObjects, type ObjectPlan, type PlanOptions } from './plan-objects.ts'
import { nameBytes, pathOf, type PlannedNode } from './planned-tree.ts'
import { RecordWriter } from './records.ts'
import { DATASET } from './snapshot-name.ts'
import type { TreeSource } from './tree-source.ts'
import { ObjectType } from '../object-set.ts'
import {
  blockSizeOf,
  directoryObject,
  headRecords,
  nodeObject,
  objectRecords,
  spillRecords,
  type WrittenObject,
} from './written-object.ts'

export interface FullStreamOptions extends PlanOptions {
  /** name of the snapshot, behind the `@` */
  snapshot: string
  /** told between the two passes */
  onPlanned?: (planned: PlannedStream) => void
}

/** What is known of a stream before its first byte. */
export interface PlannedStream {
  toGuid: string
  /** seconds since the epoch */
  created: number
  /** files, directories and all else that has a name */
  objects: number
  skippedSockets: number
}

/** of an object that is there since the file system was made */
const FIRST_GENERATION = 1n

/**
 * A full stream of `source`, little-endian, with no feature that any receiver of its ZPL version could lack. The same tree in the
 * same order gives the same bytes. The tree is passed twice; contents go through in pieces, the pace is the reader's.
 * @throws SourceChanged when contents are not as long as their entry said; those of planObjects; InvalidName for the snapshot
 */
export async function* writeFullStream(
  source: TreeSource,
  options: FullStreamOptions,
): AsyncGenerator<Uint8Array, undefined> {
  const plan = await planObjects(source, options)
  const { toGuid, created, skippedSockets } = plan
  const objects = plan.nodes.filter(({ names }) => names > 0).length
  options.onPlanned?.({ toGuid, created, objects, skippedSockets })
  yield* gathered(records(plan, source, options.snapshot))
  return undefined
}

async function* records(
  plan: ObjectPlan,
  source: TreeSource,
  snapshot: string,
): AsyncGenerator<Uint8Array, undefined> {
  const { zpl, created, toGuid } = plan
  const writer = new RecordWriter()
  yield* writer.begin({ zpl, created, toGuid, fromGuid: '0', toName: `${DATASET}@${snapshot}` })
  for (const object of fixedObjects(zpl, (number) => saltOf(plan.digest, number)))
    yield* objectRecords(writer, object)
  const contents = new ContentsInOrder(source)
  try {
    for (const node of plan.nodes) {
      if (node.names === 0) continue
      const written = encodeNode(node, plan)
      yield* headRecords(writer, written)
      if (node.entry !== undefined)
        yield* contentRecords(
          writer,
          node,
          await contents.of(node.entry, { path: pathOf(node), size: node.size }),
        )
      yield* spillRecords(writer, written)
    }
    await contents.finish()
  } finally {
    await contents.close()
  }
  yield* writer.end()
  return undefined
}

async function* contentRecords(
  writer: RecordWriter,
  node: PlannedNode,
  contents: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  const { size, object } = node
  for await (const { offset, bytes } of fileBlocks(contents, {
    size,
    blockSize: blockSizeOf(size),
    path: pathOf(node),
  })) {
    yield* writer.write(object, ObjectType.file, offset, bytes)
  }
  return undefined
}

function encodeNode(node: PlannedNode, { zpl, devices, digest }: ObjectPlan): WrittenObject {
  const { object, type, mode, uid, gid, time, names, children } = node
  const common = {
    type,
    mode,
    uid,
    gid,
    time,
    parent: node.parent?.object ?? object,
    generation: FIRST_GENERATION,
  }
  if (!children) {
    const { size, target, device } = node
    const attributes: WrittenAttributes = {
      ...common,
      size: target?.byteLength ?? size,
      links: names,
      ...(target && { target }),
      ...(device && { device: encodeDevice(device, devices) }),
    }
    return nodeObject(object, attributes, { zpl })
  }
  const entries = Array.from(children, ([name, child]) => ({
    name: nameBytes(name),
    value: directoryEntry(child.object, child.type),
  }))
  const directories = Array.from(children.values()).filter((child) => child.children).length
  const attributes = { ...common, size: children.size + 2, links: directories + 2 }
  return directoryObject(object, attributes, { zpl, entries, salt: saltOf(digest, object) })
}
