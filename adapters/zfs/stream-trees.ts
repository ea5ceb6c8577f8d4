/** Trees of streams in the blob store. The last few stay open: their metadata in memory, their bytes where they are stored. */
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
import type { SpoolOptions } from './stream-source.ts'

export interface KeptTrees {
  /** at most so many trees */
  trees: number
  /** that together have about so many objects; the last one stays whatever it has */
  objects: number
  /** a tree that nobody asks for is closed after this, milliseconds */
  idleMs: number
}

const KEPT: KeptTrees = { trees: 4, objects: 500_000, idleMs: 600_000 }

interface Shared {
  tree: Promise<OpenTree>
  objects: number
  users: number
  timer?: NodeJS.Timeout
}

export class StoredStreamTrees implements StreamTrees {
  readonly #blobs: BlobStore
  readonly #spool: SpoolOptions
  readonly #kept: KeptTrees
  /** the one that was used last is last */
  readonly #shared = new Map<string, Shared>()

  constructor(blobs: BlobStore, spool: SpoolOptions, kept: Partial<KeptTrees> = {}) {
    this.#blobs = blobs
    this.#spool = spool
    this.#kept = { ...KEPT, ...kept }
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
      if (this.#shared.get(key) === shared) this.#rest(key, shared)
      else await closeUnused(shared)
    }
  }

  /** Closes what nobody uses; what is in use is closed behind its last user. */
  async close(): Promise<void> {
    const all = [...this.#shared.values()]
    this.#shared.clear()
    await Promise.all(all.map(closeUnused))
  }

  #open(chain: readonly Artifact[]): Shared {
    const stored = chain.map((artifact) => storedBytes(artifact, { blobs: this.#blobs }))
    const tree = openStored(stored, this.#spool).then((sources) => openStreamTree(sources))
    tree.catch(() => undefined)
    return { tree, objects: 0, users: 0 }
  }

  /** One that could not be opened is opened anew for the next who asks. */
  async #opened(key: string, shared: Shared): Promise<OpenTree> {
    try {
      const tree = await shared.tree
      shared.objects = tree.set.objects.size
      return tree
    } catch (error) {
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
      throw error
    }
  }

  #rest(key: string, shared: Shared): void {
    if (shared.users === 0) {
      shared.timer = setTimeout(() => this.#drop(key, shared), this.#kept.idleMs).unref()
    }
    let [trees, objects] = [0, 0]
    for (const [name, one] of [...this.#shared].toReversed()) {
      trees += 1
      objects += one.objects
      const isTooMuch = trees > this.#kept.trees || objects > this.#kept.objects
      if (isTooMuch && trees > 1) this.#drop(name, one)
    }
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

async function closeUnused(shared: Shared): Promise<void> {
  clearTimeout(shared.timer)
  if (shared.users > 0) return
  const tree = await shared.tree.catch(() => undefined)
  // nothing follows for what was only read
  await tree?.close().catch(() => undefined)
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
