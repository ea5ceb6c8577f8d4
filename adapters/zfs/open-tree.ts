// Opens a stream, or a full one and increments on it, as a tree whose files can be read in any order.
import { inflaters } from './inflaters.ts'
import { OpeningQueue } from './opening-queue.ts'
import { streamMemory, type MemoryLease, type StreamMemory } from './stream-memory.ts'
import type { StreamSource } from './stream-source.ts'
import { withTurns } from './with-turns.ts'
import { refusal } from '#core/archive/refusals.ts'
import type { ContentSink } from '#core/zfs/content-sink.ts'
import { contentsOf, writtenOf, type ByteRange } from '#core/zfs/contents.ts'
import { ExtentMap } from '#core/zfs/extents.ts'
import { ObjectSetBuilder } from '#core/zfs/object-set-builder.ts'
import type { ObjectSet, ObjectSetLimits } from '#core/zfs/object-set.ts'
import { OneFileSystem } from '#core/zfs/one-file-system.ts'
import { readTree } from '#core/zfs/read-tree.ts'
import { RecordReader, type ZfsStreamInfo } from '#core/zfs/record-reader.ts'
import { teeContents } from '#core/zfs/tee-contents.ts'
import { MAX_PATH_BYTES, MAX_PATH_DEPTH, type StreamTree, type TreeNode } from '#core/zfs/tree.ts'

export interface StreamLimits extends ObjectSetLimits {
  maxEntries: number
  maxNameBytes: number
  maxDepth: number
  /** pieces in which all files together may lie in the streams */
  maxPieces: number
}

/** What the process can hold at most; how much of it is left is for its StreamMemory to say. */
export const STREAM_LIMITS: StreamLimits = limitsOf(streamMemory)

/** Each is opened at full speed, so more at a time would only hold more memory for longer. */
const openings = new OpeningQueue(2)

export interface LoadOptions {
  limits?: Partial<StreamLimits>
  /** what an increment starts from */
  base?: ObjectSet
  /** gets the contents of files as they pass */
  contents?: ContentSink
  /** which stream of a chain this is: 0 the first */
  source?: number
  signal?: AbortSignal
  /** grows with what is read */
  lease?: MemoryLease
  /** pieces so far, for the lease */
  pieces?: () => number
}

export interface OpenOptions extends Pick<LoadOptions, 'limits' | 'contents' | 'signal'> {
  /** what the tree is taken from until it is closed; default: the process's */
  memory?: StreamMemory
  /** objects that it is known to have: there must be room for them before anything is read */
  objects?: number
}

export interface LoadedStream {
  set: ObjectSet
  info: ZfsStreamInfo
}

export interface OpenTree {
  set: ObjectSet
  tree: StreamTree
  /** of each stream of the chain */
  infos: ZfsStreamInfo[]
  /** The bytes of a file, or a range of them; holes as zeros. Nobody may write to the pieces. */
  contents(node: Pick<TreeNode, 'object' | 'size'>, range?: ByteRange): AsyncIterable<Uint8Array>
  /** Where a file has bytes, in order; what is between is zeros. */
  written(node: Pick<TreeNode, 'object' | 'size'>): Iterable<Required<ByteRange>>
  /** Closes the sources. */
  close(): Promise<void>
}

/**
 * Reads a stream once, to its end: nothing of it counts before. `chunks` are as they are after decompression.
 * @throws CorruptStream, TruncatedStream, UnsupportedZfsStream, OriginMismatch, TooManyEntries, TooManyBytes, StreamsBusy
 */
export async function loadStream(
  chunks: AsyncIterable<Uint8Array>,
  { limits, signal, lease, pieces, ...options }: LoadOptions = {},
): Promise<LoadedStream> {
  const builder = new ObjectSetBuilder({ inflaters, limits: { ...STREAM_LIMITS, ...limits }, ...options })
  const reader = new RecordReader(new OneFileSystem(builder))
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    reader.push(chunk)
    lease?.cover({ ...builder.usage, pieces: pieces?.() ?? 0 })
  }
  reader.finish()
  return { set: builder.result(), info: reader.info() }
}

/** The names of what loadStream gave. @throws CorruptStream, TooManyEntries */
export function treeOf(set: ObjectSet, limits: Partial<StreamLimits> = {}): StreamTree {
  const maxEntries = Math.min(limits.maxEntries ?? Infinity, STREAM_LIMITS.maxEntries)
  return readTree(set, { ...STREAM_LIMITS, ...limits, maxEntries })
}

/**
 * The tree that a full stream and increments on it, in order, give. The sources are its own from here on: close() closes them,
 * and so does a failure. `contents` sees all bytes as they pass. Of many that are to be opened at once, some wait.
 * @throws what loadStream throws, and the signal's reason
 */
export async function openStreamTree(
  sources: readonly StreamSource[],
  { memory = streamMemory, objects = 0, ...options }: OpenOptions = {},
): Promise<OpenTree> {
  const lease = memory.lease()
  const close = async () => {
    lease.release()
    await Promise.all(sources.map((source) => source.close()))
  }
  try {
    return await openings.run(async () => {
      lease.cover({ objects, metadataBytes: 0 })
      return { ...(await readChain(sources, lease, options)), close }
    }, options.signal)
  } catch (error) {
    await close()
    throw error
  }
}

/** In order, each on the one before. */
async function readChain(
  sources: readonly StreamSource[],
  lease: MemoryLease,
  options: Pick<LoadOptions, 'limits' | 'contents' | 'signal'>,
): Promise<Omit<OpenTree, 'close'>> {
  const extents = new ExtentMap(options.limits?.maxPieces ?? STREAM_LIMITS.maxPieces)
  const contents = options.contents ? teeContents(extents, options.contents) : extents
  const infos: ZfsStreamInfo[] = []
  let base: ObjectSet | undefined
  for (const [index, source] of sources.entries()) {
    const loaded = await loadStream(source.read(), {
      ...options,
      contents,
      source: index,
      lease,
      pieces: () => extents.size,
      ...(base && { base }),
    })
    infos.push(loaded.info)
    base = loaded.set
  }
  if (base === undefined)
    throw refusal('UnsupportedZfsStream', 'no zfs stream is given, expected one or more')
  const tree = treeOf(base, options.limits)
  // names of a file beyond its first have no object
  lease.cover({
    objects: Math.max(base.objects.size, tree.nodes.length),
    metadataBytes: 0,
    pieces: extents.size,
  })
  return {
    set: base,
    tree,
    infos,
    contents: ({ object, size }, range) =>
      withTurns(
        contentsOf(
          extents,
          object,
          size,
          (index, position, length) => read(sources, index, position, length),
          inflaters,
          range,
        ),
      ),
    written: ({ object, size }) => writtenOf(extents, object, size),
  }
}

/** What one stream may have when nothing else is open. */
function limitsOf({ total, mostObjects, mostPieces }: StreamMemory): StreamLimits {
  return {
    maxObjects: mostObjects,
    maxMetadataBytes: total,
    maxEntries: mostObjects,
    maxNameBytes: MAX_PATH_BYTES,
    maxDepth: MAX_PATH_DEPTH,
    maxPieces: mostPieces,
  }
}

async function read(
  sources: readonly StreamSource[],
  index: number,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const source = sources[index]
  if (source === undefined) throw new RangeError(`stream ${index} of a chain of ${sources.length}`)
  return source.readAt(position, length)
}
