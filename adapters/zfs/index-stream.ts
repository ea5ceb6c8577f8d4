// Takes in a ZFS stream: verifies it to its END, reads its tree, hashes every file and makes its index (zfs-stream.md 16 item 1).
import { sha256Of } from '../archive/sha256-of.ts'
import { ContentHasher } from './content-hasher.ts'
import { firstSnapshot } from './first-snapshot.ts'
import { inflaters } from './inflaters.ts'
import { openStreamTree, STREAM_LIMITS, treeOf, type StreamLimits } from './open-tree.ts'
import { spool } from './spool.ts'
import { openStored } from './stored-source.ts'
import { streamMemory, type MemoryLease, type StreamMemory } from './stream-memory.ts'
import { FileSource, type SpoolOptions } from './stream-source.ts'
import type { ArtifactIndex, FindBase, StoredBytes } from '#app/ports/archives.ts'
import { checkDetachedXml, MAX_DETACHED_XML } from '#core/archive/detached-xml.ts'
import { DETACHED_XML } from '#core/archive/layout.ts'
import { refusal } from '#core/archive/refusals.ts'
import type { Limits } from '#core/config.ts'
import type { Entry } from '#core/entry.ts'
import { describeZfsStream } from '#core/zfs/describe-stream.ts'
import { featureNames, unreadable } from '#core/zfs/features.ts'
import { ObjectSetBuilder } from '#core/zfs/object-set-builder.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import { OneFileSystem } from '#core/zfs/one-file-system.ts'
import { RecordReader, type ZfsStreamInfo } from '#core/zfs/record-reader.ts'
import type { BeginInfo } from '#core/zfs/records.ts'
import { RootFile } from '#core/zfs/root-file.ts'
import { zfsFactsOf } from '#core/zfs/stream-facts.ts'
import { checkFileBytes, entriesOf } from '#core/zfs/tree-entries.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'

/** Zeros are hashed at a gigabyte a second or so: a few at once, most in slices. */
const HASH_LIMITS = {
  maxHoleBytes: Infinity,
  freeZeroBytes: 16 * 1024 ** 3,
  maxZerosAtOnce: 64 * 1024 ** 2,
}

interface Options {
  limits: Limits
  /** where streams lie that must be read twice */
  spool: SpoolOptions
  findBase: FindBase | undefined
  /** what is held is taken from; default: the process's */
  memory?: StreamMemory
  emit: (entry: Entry) => Promise<void>
}

interface Outcome {
  facts: Omit<ArtifactIndex['facts'], 'compression' | 'uncompressedSize'>
  detachedXml: string | undefined
}

/** A stream that has been read, with what its files are. */
interface Read {
  info: ZfsStreamInfo
  set: ObjectSet
  tree: StreamTree
  digestOf: (node: TreeNode) => string | undefined
  contentsOf: (node: TreeNode) => Promise<Uint8Array | undefined>
}

/**
 * Reads `chunks` to their end. Memory is that of the metadata. An increment is read on its base; where that is not here, its
 * records are verified and there is no index.
 * @throws the codes of core/archive/refusals.ts, OriginMismatch, NoSpace, StreamsBusy
 */
export async function indexZfsStream(chunks: AsyncIterable<Uint8Array>, options: Options): Promise<Outcome> {
  const { begin, isInPackage, all } = await firstSnapshot(chunks)
  const isReadable = begin !== undefined && unreadable(begin) === undefined
  // of a package a later snapshot may change a file in its middle
  const isInOrder = !isInPackage && begin?.fromGuid === '0' && !isDeduplicated(begin)
  if (!isReadable || isInOrder) return indexInPass(all, begin, options)
  const base = begin.fromGuid === '0' ? [] : await options.findBase?.(begin.fromGuid)
  if (base !== undefined) return readTwice(all, base, options)
  const reader = new RecordReader(new OneFileSystem())
  for await (const chunk of all) reader.push(chunk)
  reader.finish()
  const info = reader.info()
  return { facts: { ...describeZfsStream(info), zfs: zfsFactsOf(info, undefined) }, detachedXml: undefined }
}

async function indexInPass(
  chunks: AsyncIterable<Uint8Array>,
  begin: BeginInfo | undefined,
  options: Options,
): Promise<Outcome> {
  const lease = (options.memory ?? streamMemory).lease()
  try {
    return await describe(await readInPass(chunks, begin, lease, options), options)
  } finally {
    lease.release()
  }
}

/** Hashes files while their bytes pass. */
async function readInPass(
  chunks: AsyncIterable<Uint8Array>,
  begin: BeginInfo | undefined,
  lease: MemoryLease,
  { limits }: Options,
): Promise<Read> {
  const hasher = new ContentHasher(HASH_LIMITS)
  const xml =
    begin &&
    new RootFile(
      { name: DETACHED_XML, maxBytes: MAX_DETACHED_XML, begin, look: (number) => builder.peek(number) },
      hasher,
    )
  const builder = new ObjectSetBuilder({
    inflaters,
    limits: streamLimits(limits),
    contents: xml ?? hasher,
  })
  const reader = new RecordReader(new OneFileSystem(builder))
  for await (const chunk of chunks) {
    reader.push(chunk)
    lease.cover(builder.usage)
    await hasher.settle()
  }
  reader.finish()
  await hasher.settleAll()
  const set = builder.result()
  return {
    info: reader.info(),
    set,
    tree: treeOf(set, streamLimits(limits)),
    digestOf: ({ object }) => hasher.digestOf(object),
    contentsOf: async ({ object, size }) => xml?.contentsOf(object, size),
  }
}

/** Puts the stream aside, to read any file of it and of what it builds on. */
async function readTwice(
  chunks: AsyncIterable<Uint8Array>,
  base: readonly StoredBytes[],
  options: Options,
): Promise<Outcome> {
  const { limits } = options
  const file = await spool(verified(chunks), options.spool.directory, options.spool.maxBytes)
  const own = new FileSource(file)
  const below = await openStored(base, options.spool).catch(async (error: unknown) => {
    await own.close()
    throw error
  })
  const hasher = new ContentHasher()
  const open = await openStreamTree([...below, own], {
    limits: streamLimits(limits),
    contents: hasher,
    ...(options.memory && { memory: options.memory }),
  })
  try {
    const { set, tree, infos } = open
    checkFileBytes(tree, limits)
    const again = new Map<number, string>()
    for (const node of tree.nodes) {
      if (node.type !== 'file' || again.has(node.object) || hasher.digestOf(node.object) !== undefined)
        continue
      again.set(node.object, await sha256Of(open.contents(node)))
    }
    const info = infos.at(-1)
    if (info === undefined) throw new Error('the tree was made of no stream')
    const digestOf = ({ object }: TreeNode) => hasher.digestOf(object) ?? again.get(object)
    const contentsOf = async (node: TreeNode) => gathered(open.contents(node))
    return await describe({ info, set, tree, digestOf, contentsOf }, options)
  } finally {
    await open.close()
  }
}

async function describe(
  { info, set, tree, digestOf, contentsOf }: Read,
  { limits, emit }: Options,
): Promise<Outcome> {
  const stream = describeZfsStream(info)
  const xml = tree.nodes.find(({ path }) => path === DETACHED_XML)
  if (xml) checkDetachedXml(xml)
  const entries = entriesOf(tree, limits, digestOf)
  let next = entries.next()
  for (; next.done !== true; next = entries.next()) await emit(next.value)
  const index = next.value
  return {
    facts: {
      ...stream,
      layout: index.layout,
      entries: index.entries,
      zfs: zfsFactsOf(info, { set, tree, index }),
    },
    detachedXml: xml && (await textOf(xml, contentsOf)),
  }
}

async function textOf(node: TreeNode, contentsOf: Read['contentsOf']): Promise<string> {
  const contents = await contentsOf(node)
  if (contents !== undefined) return new TextDecoder().decode(contents)
  throw refusal(
    'DetachedXmlRefused',
    `${DETACHED_XML} comes before the directory that names it, or in pieces, expected an ordinary send`,
  )
}

/** What passes is verified as it does: what is damaged is not put aside to its end. */
async function* verified(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new RecordReader(new OneFileSystem())
  for await (const chunk of chunks) {
    reader.push(chunk)
    yield chunk
  }
  reader.finish()
}

function isDeduplicated({ features }: BeginInfo): boolean {
  return featureNames(features).includes('dedup')
}

function streamLimits({ maxEntries, maxNameBytes }: Limits): StreamLimits {
  return { ...STREAM_LIMITS, maxEntries, maxNameBytes }
}

async function gathered(contents: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const bytes of contents) pieces.push(bytes.slice())
  return Buffer.concat(pieces)
}
