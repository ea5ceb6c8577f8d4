// A version as what it changed of its origin: an increment, and a full stream that gives the same snapshot.
import type { ConversionRequest, ConvertedForm, OriginStreams } from '#app/ports/conversion.ts'
import type { StoredBlob } from '#app/ports/blobs.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Entry } from '#core/entry.ts'
import { decodeName } from '#core/archive/member.ts'
import { readMasterNode } from '#core/zfs/master-node.ts'
import type { StreamTree, TreeNode } from '#core/zfs/tree.ts'
import { isPlain, writeFullOfSet } from '#core/zfs/write/full-of-set.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'
import { writeIncrement } from '#core/zfs/write/write-increment.ts'
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
  if (to.format !== 'zfs-incremental' && !isPlain({ set, tree }))
    return 'has blocks or names that not all receivers take'
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
  const digests = await digestsOf(origin.entries())
  const increment = writeIncrement(new WithTimesOf(base.tree, tree), {
    base: base.set,
    tree: base.tree,
    digestOf: ({ path, hardlinkTo }) => digests.get(hardlinkTo ?? path),
    toName: `zoneflash@${snapshot.name}`,
    clone: true,
    created: snapshot.created,
  })
  return storeForm(increment, 'none', request, blobs)
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

/** An index knows whole seconds. What has the time that it had before has it to the nanosecond: else every file would have changed. */
class WithTimesOf implements TreeSource {
  readonly #base = new Map<string, TreeNode>()
  readonly #tree: TreeSource

  constructor(base: StreamTree, tree: TreeSource) {
    for (const node of base.nodes) this.#base.set(node.path, node)
    this.#tree = tree
  }

  async *entries(): AsyncGenerator<SourceEntry> {
    for await (const entry of this.#tree.entries()) {
      const before = this.#base.get(entry.path.map(decodeName).join('/') || '.')
      const isSameTime = before?.mtime === entry.mtime && entry.mtimeNsec === 0
      yield isSameTime ? { ...entry, mtimeNsec: before.mtimeNsec } : entry
    }
  }

  contents(): AsyncIterable<SourceContents> {
    return this.#tree.contents()
  }
}
