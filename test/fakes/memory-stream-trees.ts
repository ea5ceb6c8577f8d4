// Trees of streams that were put there.
import type { ReadableTree, StreamTrees } from '#app/ports/streams.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact } from '#core/manifest.ts'

export class MemoryStreamTrees implements StreamTrees {
  /** by the digests of the chain */
  readonly trees = new Map<string, ReadableTree>()
  /** the chains that were read */
  readonly asked: string[] = []

  async read<T>(chain: readonly Artifact[], use: (tree: ReadableTree) => Promise<T>): Promise<T> {
    const key = chain.map(({ sha256 }) => sha256).join(' ')
    this.asked.push(key)
    const tree = this.trees.get(key)
    if (!tree) throw new ProvisionError('missing', 'BlobNotFound', `there is no blob ${key}`)
    return use(tree)
  }
}
