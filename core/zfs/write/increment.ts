// An increment: what changes make of a base, as records that a host receives onto it or as a clone of it (zfs-stream.md 11).
import { ObjectType, type ObjectSet } from '../object-set.ts'
import type { StreamTree } from '../tree.ts'
import { deviceReaderOf } from './attributes.ts'
import type { Change } from './change.ts'
import { guidOf, saltOf } from './content-digest.ts'
import { fileBlocks } from './file-blocks.ts'
import { gathered } from './gathered.ts'
import { baseForm, type BaseForm } from './increment/base-form.ts'
import { digestOf } from './increment/change-digest.ts'
import { ChangedTree } from './increment/changed-tree.ts'
import { LayoutTable } from './increment/layout-table.ts'
import { highestGeneration } from './increment/path-index.ts'
import {
  prepareObject,
  withEntries,
  type IncrementForm,
  type PreparedObject,
} from './increment/prepare-objects.ts'
import { RecordWriter } from './records.ts'
import { headRecords, objectRecords, spillRecords, type WrittenObject } from './written-object.ts'

export interface IncrementOptions {
  /** any that can be read: written by us or by a pool, in either byte order */
  base: ObjectSet
  /** its tree */
  tree: StreamTree
  /** in their order. Streamed contents are asked for in the order of the changes too */
  changes: Iterable<Change>
  /** `anything@snapshot` */
  toName: string
  /** whether it is received as a new file system, a clone of its base */
  clone: boolean
  /** of the snapshot, seconds since the epoch; also the time of whatever does not say its own */
  created: number
}

export interface Increment {
  /** decimal */
  toGuid: string
  fromGuid: string
  /** objects that are written */
  objects: number
  /** objects of the base that are gone */
  freed: number
  /** The stream; once. @throws SourceChanged when streamed contents are not as long as they should be */
  bytes: () => AsyncGenerator<Uint8Array, undefined>
}

/**
 * Everything but contents is prepared at once. New objects get numbers above all others; what did not change is not mentioned.
 * @throws ChangeInvalid when a change does not fit the tree, UnsupportedZfsStream when the base is of a kind that nothing can be added to, CorruptStream
 */
export function renderIncrement(options: IncrementOptions): Increment {
  const { base, tree, changes, created, clone, toName } = options
  const form = baseForm(base)
  const changed = new ChangedTree(form, tree)
  const all = [...changes]
  for (const change of all) changed.apply(change)
  const fromGuid = base.begin.toGuid
  const digest = digestOf({ fromGuid, clone, created, toName }, all)
  const how: IncrementForm = {
    base: form,
    layouts: new LayoutTable(form),
    now: { seconds: created, nanoseconds: 0 },
    generation: highestGeneration(tree) + 1n,
    devicesOf: () => deviceReaderOf(rawDevices(tree)),
    saltOf: (object) => saltOf(digest, object),
  }
  const prepared = changed.changed().map((node) => prepareObject(node, how))
  const freed = [...new Set([...changed.freed(), ...prepared.flatMap((object) => object.freed ?? [])])]
  const toGuid = guidOf(digest)
  const begin = { zpl: form.zpl, created, toGuid, fromGuid, toName, clone, features: form.features }
  return {
    toGuid,
    fromGuid,
    objects: prepared.length,
    freed: freed.length,
    bytes: () => gathered(records(begin, { prepared, freed, how })),
  }
}

interface Contents {
  prepared: readonly PreparedObject[]
  freed: readonly number[]
  how: IncrementForm
}

async function* records(
  begin: Parameters<RecordWriter['begin']>[0],
  { prepared, freed, how }: Contents,
): AsyncGenerator<Uint8Array, undefined> {
  const writer = new RecordWriter(how.base.littleEndian)
  yield* writer.begin(begin)
  for (const { first, count } of ranges(freed, how.base)) yield* writer.freeObjects(first, count)
  let layouts = changedLayouts(how)
  for (const object of prepared) {
    if (layouts && layouts.object < object.node.object) {
      yield* objectRecords(writer, layouts, { replace: true })
      layouts = undefined
    }
    const written = withEntries(object, how)
    yield* headRecords(writer, written, { replace: object.replaces })
    yield* contentRecords(writer, object, written)
    yield* spillRecords(writer, written)
  }
  if (layouts) yield* objectRecords(writer, layouts, { replace: true })
  yield* writer.end()
  return undefined
}

function changedLayouts({ layouts, base, saltOf: salt }: IncrementForm): WrittenObject | undefined {
  return layouts.changed(salt(base.saMasterNode ?? 0))
}

async function* contentRecords(
  writer: RecordWriter,
  { node, size }: PreparedObject,
  { object, blockSize }: WrittenObject,
): AsyncGenerator<Uint8Array, undefined> {
  if (node.contents === undefined || size === 0) return undefined
  const contents = node.contents instanceof Uint8Array ? once(node.contents) : node.contents.open()
  for await (const { offset, bytes } of fileBlocks(contents, { size, blockSize, path: `object ${object}` }))
    yield* writer.write(object, ObjectType.file, offset, bytes)
  return undefined
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}

/** Numbers that follow each other go by one record. */
function* ranges(freed: readonly number[], { set }: BaseForm): Generator<{ first: number; count: number }> {
  let open: { first: number; count: number } | undefined
  for (const number of freed.toSorted((a, b) => a - b)) {
    const slots = set.objects.get(number)?.slots ?? 1
    if (open && open.first + open.count === number) open.count += slots
    else {
      if (open) yield open
      open = { first: number, count: slots }
    }
  }
  if (open) yield open
}

function* rawDevices({ nodes }: StreamTree): Generator<bigint> {
  for (const { rawDevice } of nodes) if (rawDevice !== undefined) yield BigInt(rawDevice)
}
