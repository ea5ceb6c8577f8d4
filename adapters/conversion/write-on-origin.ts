/** A version as what it changed of its origin: an increment, and a full stream that gives the same snapshot. */
import type { ConversionRequest, ConvertedForm, OriginStreams } from '#app/ports/conversion.ts'
import type { StoredBlob } from '#app/ports/blobs.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Entry } from '#core/entry.ts'
import { readMasterNode } from '#core/zfs/master-node.ts'
import { isPlainSet, writeFullOfSet } from '#core/zfs/write/full-of-set.ts'
import { renderIncrement } from '#core/zfs/write/increment.ts'
import { treeChanges } from '#core/zfs/write/tree-changes.ts'
import type { SourceContents, TreeSource } from '#core/zfs/write/tree-source.ts'
import type { OpenTree } from '../zfs/open-tree.ts'
import type { ConverterNeeds } from './convert.ts'
import { openChain } from './open-chain.ts'
import { storeForm } from './recompress.ts'

/** An increment of more than this part of the full stream is not worth having beside it. */
const WORTH = 0.6

/**
 * Undefined when the origin's file system is none that a plain stream of the wanted ZPL version can build on.
 * @throws CannotConvert for that, when the increment itself is what is wanted
 */
export async function writeOnOrigin(
  tree: TreeSource,
  origin: OriginStreams,
  request: ConversionRequest,
  needs: ConverterNeeds,
): Promise<ConvertedForm[] | undefined> {
  const base = await openChain(origin.artifacts, needs, request.signal)
  try {
    const unfit = whyUnfit(base, request)
    if (unfit !== undefined) return notOnOrigin(unfit, request)
    const increment = await storeIncrement(tree, base, origin, request, needs)
    const form = { format: 'zfs-incremental', blob: increment, layout: 'zonepath' } as const
    if (request.to.format === 'zfs-incremental') return [form]
    const blob = await storeFull([...origin.artifacts, increment], request, needs)
    const full = { format: 'zfs', blob, layout: 'zonepath' } as const
    return increment.size < blob.size * WORTH ? [full, form] : [full]
  } finally {
    await base.close()
  }
}

function whyUnfit({ set, tree }: OpenTree, { to, zpl, isZplFree }: ConversionRequest): string | undefined {
  const there = readMasterNode(set).zplVersion
  if (to.format !== 'zfs-incremental' && !isPlainSet(set)) return 'has blocks that not all receivers take'
  if (there !== zpl && !isZplFree) return `is of ZPL version ${there}`
  if (!tree.nodes.some(({ path, type }) => path === 'root' && type === 'directory'))
    return 'holds no zonepath'
  return undefined
}

function notOnOrigin(unfit: string, { to }: ConversionRequest): undefined {
  if (to.format !== 'zfs-incremental') return undefined
  throw new ProvisionError(
    'conflict',
    'CannotConvert',
    `the origin's ZFS stream ${unfit}, expected one that an increment can build on`,
  )
}

async function storeIncrement(
  tree: TreeSource,
  base: OpenTree,
  origin: OriginStreams,
  request: ConversionRequest,
  { blobs }: ConverterNeeds,
): Promise<StoredBlob> {
  const { snapshot } = request
  const contents = new ContentsByIndex(tree)
  try {
    const digests = await digestsOf(origin.entries())
    const changes = await treeChanges(
      { tree: base.tree, digestOf: (path) => digests.get(path) },
      tree,
      (index) => contents.of(index),
    )
    const increment = renderIncrement({
      base: base.set,
      tree: base.tree,
      changes,
      toName: `zoneflash@${snapshot.name}`,
      clone: true,
      created: snapshot.created,
    })
    return await storeForm(increment.bytes(), 'none', request, blobs)
  } finally {
    await contents.close()
  }
}

async function storeFull(
  chain: readonly Pick<StoredBlob, 'sha256'>[],
  request: ConversionRequest,
  needs: ConverterNeeds,
): Promise<StoredBlob> {
  const open = await openChain(chain, needs, request.signal)
  try {
    const bytes = writeFullOfSet(open.set, `zoneflash@${request.snapshot.name}`, {
      contents: (file) => open.contents(file),
      maxBytes: needs.limits.maxUncompressedBytes,
    })
    return await storeForm(bytes, request.to.compression, request, needs.blobs)
  } finally {
    await open.close()
  }
}

async function digestsOf(entries: AsyncIterable<Entry>): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>()
  for await (const { path, sha256 } of entries) if (sha256 !== undefined) digests.set(path, sha256)
  return digests
}

/** One pass over the contents of a tree, for files that are asked for in ascending order. */
class ContentsByIndex {
  readonly #contents: AsyncIterator<SourceContents>

  constructor(tree: TreeSource) {
    this.#contents = tree.contents()[Symbol.asyncIterator]()
  }

  async *of(index: number): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = await this.#contents.next()
      if (next.done === true || next.value.index > index) break
      if (next.value.index === index) return yield* next.value.bytes
    }
    throw new ProvisionError(
      'conflict',
      'SourceChanged',
      `entry ${index} of the tree has no contents any more`,
    )
  }

  async close(): Promise<void> {
    await this.#contents.return?.()
  }
}
