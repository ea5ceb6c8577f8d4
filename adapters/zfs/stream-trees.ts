// Trees of streams in the blob store. The last few stay open: their metadata in memory, their bytes where they are stored.
import path from 'node:path'
import type { BlobStore } from '#app/ports/blobs.ts'
import type { ReadableTree, StreamTrees } from '#app/ports/streams.ts'
import { storedBytes } from '#app/stream-chain.ts'
import { refusal } from '#core/archive/refusals.ts'
import type { Config } from '#core/config.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact } from '#core/manifest.ts'
import { openStreamTree, type OpenTree } from './open-tree.ts'
import { openStored } from './stored-source.ts'
import { streamMemory, type StreamMemory } from './stream-memory.ts'
import type { SpoolOptions } from './stream-source.ts'

/** What stays open. Those in use stay in any case, and so does the last one. */
export interface KeptTrees {
  /** so many trees */
  trees: number
  /** that together have about so many objects */
  objects: number
  /** a tree that nobody asks for is closed after this, milliseconds */
  idleMs: number
}

const KEPT = { trees: 4, idleMs: 600_000 }
/** The rest is for uploads and conversions; those may have this too when they need it. */
const SHARE_OF_MEMORY = 0.5

interface Shared {
  opening: Promise<OpenTree>
  /** once it is open */
  tree?: OpenTree
  /** as its manifest says, until it is open */
  objects: number
  users: number
  timer?: NodeJS.Timeout
}

export class StoredStreamTrees implements StreamTrees {
  readonly #blobs: BlobStore
  readonly #spool: SpoolOptions
  readonly #kept: KeptTrees
  readonly #memory: StreamMemory
  readonly #stopFreeing: () => void
  /** the one that was used last is last */
  readonly #shared = new Map<string, Shared>()

  constructor(blobs: BlobStore, spool: SpoolOptions, kept: Partial<KeptTrees> = {}, memory = streamMemory) {
    this.#blobs = blobs
    this.#spool = spool
    this.#kept = { ...KEPT, objects: Math.floor(memory.mostObjects * SHARE_OF_MEMORY), ...kept }
    this.#memory = memory
    this.#stopFreeing = memory.onShortage(() => this.#dropIdle())
  }

  /** How many trees are open, or being opened. */
  get size(): number {
    return this.#shared.size
  }

  async read<T>(chain: readonly Artifact[], use: (tree: ReadableTree) => Promise<T>): Promise<T> {
    const key = chain.map(({ sha256 }) => sha256).join(' ')
    const shared = this.#shared.get(key) ?? this.#open(chain)
    this.#shared.delete(key)
    this.#shared.set(key, shared)
    clearTimeout(shared.timer)
    shared.users += 1
    try {
      return await use(readable(await this.#opened(key, shared)))
    } finally {
      shared.users -= 1
      if (this.#shared.get(key) !== shared) await closeUnused(shared)
      else if (shared.users === 0) this.#rest(key, shared)
    }
  }

  /** Closes what nobody uses; what is in use is closed behind its last user. */
  async close(): Promise<void> {
    this.#stopFreeing()
    const all = [...this.#shared.values()]
    this.#shared.clear()
    await Promise.all(all.map(closeUnused))
  }

  #open(chain: readonly Artifact[]): Shared {
    const stored = chain.map((artifact) => storedBytes(artifact, { blobs: this.#blobs }))
    const objects = chain.at(-1)?.zfs?.objects ?? 0
    const opening = openStored(stored, this.#spool).then((sources) =>
      openStreamTree(sources, { memory: this.#memory, objects }),
    )
    opening.catch(() => undefined)
    return { opening, objects, users: 0 }
  }

  /** One that could not be opened is opened anew for the next who asks. */
  async #opened(key: string, shared: Shared): Promise<OpenTree> {
    try {
      shared.tree = await shared.opening
      shared.objects = shared.tree.set.objects.size
      return shared.tree
    } catch (error) {
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
      throw error
    }
  }

  #rest(key: string, shared: Shared): void {
    shared.timer = setTimeout(() => this.#drop(key, shared), this.#kept.idleMs).unref()
    const all = [...this.#shared].toReversed()
    const used = all.filter(([, { users }]) => users > 0)
    let trees = used.length
    let objects = used.reduce((sum, [, one]) => sum + one.objects, 0)
    for (const [name, one] of all) {
      if (one.users > 0) continue
      trees += 1
      objects += one.objects
      const isTooMuch = trees > this.#kept.trees || objects > this.#kept.objects
      if (isTooMuch && one !== shared) this.#drop(name, one)
    }
  }

  /** Their memory is free when this returns. */
  #dropIdle(): void {
    for (const [key, shared] of this.#shared) if (shared.users === 0) this.#drop(key, shared)
  }

  #drop(key: string, shared: Shared): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key)
    void closeUnused(shared)
  }
}

/** For a configuration; compressed streams are unpacked where the blob store sweeps. */
export function openStreamTrees(
  { blobs: { root }, limits }: Pick<Config, 'blobs' | 'limits'>,
  blobs: BlobStore,
): StoredStreamTrees {
  return new StoredStreamTrees(blobs, {
    directory: path.resolve(root, 'incoming'),
    maxBytes: limits.maxUncompressedBytes,
  })
}

async function closeUnused({ timer, users, tree }: Shared): Promise<void> {
  clearTimeout(timer)
  // nothing follows for what was only read
  if (users === 0) await tree?.close().catch(() => undefined)
}

function readable(open: OpenTree): ReadableTree {
  return {
    set: open.set,
    tree: open.tree,
    async contents(name, most) {
      const node = open.tree.nodes.find((one) => one.path === name)
      if (node?.type !== 'file') {
        throw new ProvisionError('missing', 'FileNotFound', `the stream holds no file ${name}`)
      }
      if (node.size > most) {
        throw refusal('TooManyBytes', `${name} has ${node.size} bytes, expected at most ${most}`)
      }
      const pieces: Uint8Array[] = []
      for await (const piece of open.contents(node)) pieces.push(piece.slice())
      return Buffer.concat(pieces)
    },
  }
}
